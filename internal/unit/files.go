package unit

// Access to files through an fs.FS that stands for the root directory. Symbolic
// links are followed here and not by the file system, so that an absolute link
// below another root stays below that root.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// MaxFile is the size above which a unit file or drop-in is refused, in bytes.
const MaxFile = 10 << 20

var (
	errLinks = errors.New("too many symbolic links, or links that go round in a circle")
	errEmpty = errors.New("file is empty")
)

// relative turns an absolute path into the form that io/fs wants.
func relative(p string) string {
	if p = strings.TrimPrefix(path.Clean(p), "/"); p == "" {
		return "."
	}
	return p
}

// resolve follows every symbolic link in the absolute path p. What does not
// exist is kept as it is, so that a dangling link's target can be told.
func resolve(fsys fs.FS, p string) (string, error) {
	const most = 40 // as the kernel
	done, rest := "/", p
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		if part == "" || part == "." {
			continue
		}
		next := path.Join(done, part)
		target, err := fs.ReadLink(fsys, relative(next))
		if err != nil || part == ".." { // not a link
			done = next
			continue
		}
		if links++; links > most {
			return "", errLinks
		}
		if path.IsAbs(target) {
			done = "/"
		}
		rest = target + "/" + rest
	}
	return done, nil
}

// readFile reads the regular file at the absolute path p, which holds no links.
// An empty file is the error errEmpty. It opens nothing but regular files, since
// opening a pipe could wait for ever.
func readFile(fsys fs.FS, p string) ([]byte, error) {
	info, err := fs.Lstat(fsys, relative(p))
	if err != nil {
		return nil, plainError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is %s, not a file", kindOf(info.Mode()))
	}
	f, err := fsys.Open(relative(p))
	if err != nil {
		return nil, plainError(err)
	}
	defer f.Close()
	data := make([]byte, 0, min(info.Size(), MaxFile)+1)
	for len(data) <= MaxFile {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			if len(data) == 0 {
				return nil, errEmpty
			}
			return data, nil
		}
		if err != nil {
			return nil, plainError(err)
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
	return nil, fmt.Errorf("is larger than %d MiB, the most that is read", MaxFile>>20)
}

// plainError drops operation and path, which the place of a problem tells.
func plainError(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// kindOf names what is not a regular file.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "a special file"
}

// DefaultExecPath is where plain program names are looked up unless
// ExecSearchPath= says otherwise.
var DefaultExecPath = []string{
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
}

// LookPath finds the executable file that a command's Path names: itself if it
// is absolute, else the first of that name in dirs.
func LookPath(fsys fs.FS, name string, dirs []string) (string, error) {
	if path.IsAbs(name) {
		return name, executable(fsys, name)
	}
	var first error
	for _, d := range dirs {
		p := path.Join(d, name)
		err := executable(fsys, p)
		if err == nil {
			return p, nil
		}
		if first == nil && !errors.Is(err, fs.ErrNotExist) {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("program %q is in none of %s", name, strings.Join(dirs, ":"))
	}
	return "", first
}

// executable checks that p is a file that somebody may execute.
func executable(fsys fs.FS, p string) error {
	real, err := resolve(fsys, p)
	if err != nil {
		return fmt.Errorf("program %q: %w", p, err)
	}
	info, err := fs.Lstat(fsys, relative(real))
	switch {
	case err != nil:
		return fmt.Errorf("program %q: %w", p, plainError(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("program %q is %s", p, kindOf(info.Mode()))
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("program %q is not executable", p)
	}
	return nil
}
