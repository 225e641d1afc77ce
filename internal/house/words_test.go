package house

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/parser"
	"path"
	"regexp"
	"strings"
	"testing"
)

// longest is how many lines a file may have. Most good ones have 50 to 250.
const longest = 500

// long are the files that may be longer, each with the reason.
var long = map[string]string{}

func TestLength(t *testing.T) {
	for _, s := range files(t, isGo) {
		if n := bytes.Count(s.text, []byte("\n")); n > longest && long[s.path] == "" {
			t.Errorf("%s has %d lines, more than %d: it is probably two nouns", s.path, n, longest)
		}
	}
}

// TestPackageDocs: every package says in its doc.go what it is, who calls it,
// who owns its state, and where to start reading. A test can count sentences and
// look for the last two; the rest is for the reviewer.
func TestPackageDocs(t *testing.T) {
	docs := map[string]string{}
	for _, s := range files(t, isGo) {
		if isTest(s.path) {
			continue
		}
		dir := path.Dir(s.path)
		text := parse(t, s, parser.ParseComments|parser.PackageClauseOnly).Doc.Text()
		if text != "" && docs[dir] != "" {
			t.Errorf("%s: package %s has its documentation in two files", s.path, dir)
		}
		if docs[dir] += text; text != "" && path.Base(s.path) != "doc.go" && path.Base(s.path) != "main.go" {
			t.Errorf("%s: the package documentation belongs in doc.go", s.path)
		}
	}
	sentence := regexp.MustCompile(`[.:?!](\s|$)`)
	for dir, text := range docs {
		switch {
		case text == "":
			t.Errorf("%s has no package documentation", dir)
		case strings.HasPrefix(dir, "internal/") && len(sentence.FindAllString(text, -1)) < 3:
			t.Errorf("%s: the package documentation does not answer four questions in %q", dir, text)
		case strings.HasPrefix(dir, "internal/") && !regexp.MustCompile(`(?i)start(ing)?\s+(reading|at|with|in)`).MatchString(text):
			t.Errorf("%s: the package documentation does not say where to start reading", dir)
		}
	}
}

// TestExportedDocs: every exported thing below internal/ says what it is. (That
// the sentence begins with the name is staticcheck's to say.)
func TestExportedDocs(t *testing.T) {
	for _, s := range files(t, isGo) {
		if isTest(s.path) {
			continue
		}
		for _, d := range parse(t, s, parser.ParseComments).Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no documentation", s.path, name)
			}
		}
	}
}

// undocumented returns the exported names of a declaration that has no comment.
// Members of a documented group may go without one, as may the methods that
// every reader knows from the standard library.
func undocumented(d ast.Decl) (names []string) {
	wellKnown := map[string]bool{"String": true, "Error": true, "Unwrap": true, "Close": true, "Len": true, "Less": true,
		"Swap": true, "Read": true, "Write": true, "MarshalText": true, "UnmarshalText": true, "MarshalJSON": true, "UnmarshalJSON": true}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || !wellKnown[d.Name.Name] && receiverExported(d)) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					names = append(names, spec.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					if n.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// receiverExported reports whether the method belongs to an exported type.
func receiverExported(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// elsewhere matches words that speak of how or where the project was made rather
// than of the project: its files speak of the project alone.
var elsewhere = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`/wo` + `rk/(shared|main|\.)`, `/tmp/(wt|br` + `iefs)\b`, `\bAI[- ](agent|assist|generated)`, `language model (wrote|made)`,
	`\b(this|my|our|the) (sess` + `ion|sand` + `box|work` + `place)('s)? (machine|told|was asked|brief)`,
	`\bas (told|asked) in the (br` + `ief|prompt)`, `\bhelper sess` + `ion`, `\bco-authored-by\b`,
}, "|"))

func TestNothingFromElsewhere(t *testing.T) {
	text := map[string]bool{".go": true, ".md": true, ".sh": true, ".py": true, ".txt": true, ".service": true, ".socket": true, ".mod": true, ".c": true, "": true}
	for _, s := range files(t, func(p string) bool { return text[path.Ext(p)] }) {
		if bytes.IndexByte(s.text, 0) >= 0 {
			continue // a program somebody built
		}
		for i, line := range bytes.Split(s.text, []byte("\n")) {
			if found := elsewhere.Find(line); found != nil {
				t.Errorf("%s:%d: %q speaks of something other than the project", s.path, i+1, found)
			}
		}
	}
}

// TestSentences: the first sentence of a package's documentation fits on a line
// of a list.
func TestSentences(t *testing.T) {
	for _, s := range files(t, func(p string) bool { return path.Base(p) == "doc.go" && !inTestdata(p) }) {
		f := parse(t, s, parser.ParseComments|parser.PackageClauseOnly)
		if first := new(doc.Package).Synopsis(f.Doc.Text()); len(first) > 320 {
			t.Errorf("%s: the first sentence has %d letters: %q", s.path, len(first), first)
		}
	}
}
