package demo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A store is a folder in which a file is either whole or not there.
//
// Bytes go to a hidden temporary file in the same folder. When the sender has
// finished, and only if all of it is right, the file is flushed to the disk and
// given its name by a link, which unlike a rename never replaces another file;
// when the name is taken the next one is tried. Then the folder is flushed too.
// Whatever fails before that leaves nothing behind. A receiver that is killed
// leaves at most the hidden file.
type store struct {
	dir   string
	limit int64                // most bytes of one file
	name  func(try int) string // the names to try, try = 1, 2, 3 …
	check checker              // nil: any bytes will do
}

// A checker looks at the bytes as they pass and says at the end whether they
// were a whole file of its kind. An error from Write refuses the file at once.
type checker interface {
	io.Writer
	Close() error
}

// partial is how the names of unfinished files begin.
const partial = ".incoming-"

// tries bounds the search for a free name.
const tries = 100_000

var (
	errEmpty    = errors.New("nothing was sent")
	errTooLarge = errors.New("too large")
)

// receive reads one file to the end of in and returns its name, without the
// folder, and its size in bytes.
func (s store) receive(in io.Reader) (name string, size int64, err error) {
	body := bufio.NewReader(in)
	// A port scan or a health check connects and leaves: no file for them.
	if _, err := body.Peek(1); errors.Is(err, io.EOF) {
		return "", 0, errEmpty
	}
	f, err := os.CreateTemp(s.dir, partial+"*")
	if err != nil {
		return "", 0, fmt.Errorf("begin a file: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()

	size, err = s.copy(f, body)
	if err != nil {
		return "", 0, err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return "", 0, fmt.Errorf("finish the file: %w", err)
	}
	if name, err = s.publish(f.Name()); err != nil {
		return "", 0, err
	}
	return name, size, s.sync()
}

// copy writes body to f within the limit, past the checker.
func (s store) copy(f io.Writer, body io.Reader) (int64, error) {
	if s.check != nil {
		f = io.MultiWriter(s.check, f)
	}
	size, err := io.Copy(f, io.LimitReader(body, s.limit+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("receive after %d bytes: %w", size, err)
	case size > s.limit:
		return 0, fmt.Errorf("%w: more than %d bytes", errTooLarge, s.limit)
	case s.check != nil:
		return size, s.check.Close()
	}
	return size, nil
}

// publish gives the finished file its first free name and returns it.
func (s store) publish(temporary string) (string, error) {
	for try := 1; try <= tries; try++ {
		name := s.name(try)
		final := filepath.Join(s.dir, name)
		err := os.Link(temporary, final)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = claim(temporary, final)
		}
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
	return "", fmt.Errorf("no free name like %q in %q", s.name(1), s.dir)
}

// claim is link for file systems without hard links (FAT, some network shares):
// the name is taken with an empty file first, then the real one replaces it.
func claim(temporary, final string) error {
	f, err := os.OpenFile(final, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	f.Close()
	return os.Rename(temporary, final)
}

// sync flushes the folder, so that the new name outlives a power cut.
func (s store) sync() error {
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
