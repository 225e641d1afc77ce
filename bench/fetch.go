package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// program says where a peer's program comes from.
type program struct {
	installed string   // name to look up on PATH first; empty: another program may bear it
	deb       string   // Debian package
	path      string   // where in the package
	libs      []string // packages of libraries, fetched when the machine lacks one of them
}

// tools finds programs, fetching what is not installed into a cache folder.
// Nothing is installed: packages are downloaded and unpacked, their scripts are
// never run, so packages that conflict with each other live side by side.
type tools struct {
	ctx    context.Context
	cache  string
	say    func(format string, args ...any)
	update sync.Once
}

// find returns the command that runs the program: its path, or the dynamic
// loader with a library path when libraries had to be fetched. A library path in
// the environment would reach the services too, an argument of the loader does not.
func (t *tools) find(p program) ([]string, error) {
	if p.installed != "" {
		if path, err := exec.LookPath(p.installed); err == nil {
			return []string{path}, nil
		}
	}
	dir, err := t.unpack(p.deb)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, p.path)
	missing, err := missingLibraries(t.ctx, path)
	if err != nil || len(missing) == 0 {
		return []string{path}, err
	}
	var folders []string
	for _, lib := range p.libs {
		dir, err := t.unpack(lib)
		if err != nil {
			return nil, err
		}
		found, err := libraryFolders(dir)
		if err != nil {
			return nil, err
		}
		folders = append(folders, found...)
	}
	loader, err := interpreter(path)
	if err != nil {
		return nil, err
	}
	return []string{loader, "--library-path", strings.Join(folders, ":"), path}, nil
}

// unpack downloads a package, unless the cache has it, and returns the folder
// that holds its files. The folder appears whole or not at all.
func (t *tools) unpack(deb string) (string, error) {
	dir := filepath.Join(t.cache, deb)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "", fmt.Errorf("package %q: not installed, and there is no apt-get to fetch it", deb)
	}
	if err := os.MkdirAll(t.cache, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(t.cache, ".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	err = t.download(tmp, deb)
	if err != nil && os.Getuid() == 0 {
		t.update.Do(func() {
			t.say("package lists seem to be missing or old: apt-get update")
			err = combined(exec.CommandContext(t.ctx, "apt-get", "-q", "update"))
		})
		err = t.download(tmp, deb)
	}
	if err != nil {
		return "", fmt.Errorf("package %q: %w", deb, err)
	}
	files, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("package %q: apt-get download left %d files", deb, len(files))
	}
	root := filepath.Join(tmp, "root")
	if err := combined(exec.CommandContext(t.ctx, "dpkg-deb", "-x", files[0], root)); err != nil {
		return "", fmt.Errorf("package %q: %w", deb, err)
	}
	if err := os.Rename(root, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, nil
}

func (t *tools) download(dir, deb string) error {
	// The sandbox user of apt cannot write to the cache; packages are
	// verified against the signed lists either way.
	args := []string{"-q"}
	if os.Getuid() == 0 {
		args = append(args, "-o", "APT::Sandbox::User=root")
	}
	cmd := exec.CommandContext(t.ctx, "apt-get", append(args, "download", deb)...)
	cmd.Dir = dir
	return combined(cmd)
}

// missingLibraries asks the dynamic loader which libraries of a program this machine lacks.
func missingLibraries(ctx context.Context, path string) ([]string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	// The exit status says "not a dynamic program" too, which lacks nothing.
	out, _ := exec.CommandContext(ctx, "ldd", path).CombinedOutput()
	return parseMissing(string(out)), nil
}

// parseMissing reads what ldd prints.
func parseMissing(out string) []string {
	var missing []string
	for line := range strings.Lines(out) {
		name, rest, found := strings.Cut(line, "=>")
		if found && strings.TrimSpace(rest) == "not found" {
			missing = append(missing, strings.TrimSpace(name))
		}
	}
	return missing
}

// libraryFolders lists the folders below dir that hold shared libraries.
func libraryFolders(dir string) ([]string, error) {
	var folders []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), ".so") {
			return err
		}
		if parent := filepath.Dir(path); len(folders) == 0 || folders[len(folders)-1] != parent {
			folders = append(folders, parent)
		}
		return nil
	})
	return folders, err
}

// interpreter returns the dynamic loader that a program names.
func interpreter(path string) (string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	section := f.Section(".interp")
	if section == nil {
		return "", fmt.Errorf("%q names no dynamic loader", path)
	}
	name, err := section.Data()
	return strings.TrimRight(string(name), "\x00"), err
}
