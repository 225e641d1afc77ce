package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// root is the module's folder, seen from here.
const root = "../.."

// A source is one file of the module.
type source struct {
	path string // slashes, from the root
	text []byte
}

// files returns every file of the module whose path keep says yes to. Folders
// that hold no sources of ours are left out.
func files(t *testing.T, keep func(path string) bool) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if base := d.Name(); rel != "." && (base == ".git" || base == "out" || base == "vendor") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !keep(rel) {
			return nil
		}
		text, err := os.ReadFile(name)
		all = append(all, source{rel, text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isGo(p string) bool { return path.Ext(p) == ".go" && !inTestdata(p) }

func isTest(p string) bool { return strings.HasSuffix(p, "_test.go") }

func inTestdata(p string) bool { return strings.Contains("/"+p, "/testdata/") }

// room returns the folder of a file below internal/, or of the module: "unit",
// "cmd/wakesock", "bench".
func room(p string) string { return strings.TrimPrefix(path.Dir(p), "internal/") }

// parse reads the Go file s.
func parse(t *testing.T, s source, mode parser.Mode) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, mode)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
