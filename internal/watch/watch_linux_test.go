package watch

import (
	"testing"
)

// TestNews: on the real file system, what makes news and what does not. Each step
// is told before the next one happens; between them, the next news are asked for.
func TestNews(t *testing.T) {
	const (
		changed = "change /f"
		exists  = "exists /f"
		nothing = ""
	)
	type step struct{ do, want string }
	for name, tt := range map[string]struct {
		before string
		watch  string
		steps  []step
	}{
		"exists: file":       {"", "PathExists=/f", []step{{"write /f", exists}, {"touch /f", exists}, {"rm /f", exists}, {"write /g", nothing}}},
		"exists: already":    {"write /f", "PathExists=/f", []step{{"", exists}}},
		"exists: folder":     {"", "PathExists=/f", []step{{"mkdir /f", exists}}},
		"exists: parents":    {"", "PathExists=/a/b/c/f", []step{{"mkdir /a", nothing}, {"mkdir /a/b/c", nothing}, {"write /a/b/c/f", "exists /a/b/c/f"}}},
		"exists: at once":    {"", "PathExists=/a/b/c/f", []step{{"mkdir /a/b/c; write /a/b/c/f", "exists /a/b/c/f"}}},
		"exists: moved in":   {"mkdir /x/b; write /x/b/f", "PathExists=/a/b/f", []step{{"mv /x /a", "exists /a/b/f"}}},
		"exists: by a link":  {"mkdir /a; ln /a /l", "PathExists=/l/f", []step{{"write /a/f", "exists /l/f"}}},
		"exists: link later": {"mkdir /a; write /a/f", "PathExists=/l/f", []step{{"ln /nowhere /l", nothing}, {"ln +a /l", "exists /l/f"}}},
		"exists: dangling":   {"ln +to /f", "PathExists=/f", []step{{"write /g", nothing}, {"write /to", exists}}},

		"changed: already":       {"write /f", "PathChanged=/f", []step{{"", nothing}, {"write /g", nothing}}},
		"changed: created":       {"", "PathChanged=/f", []step{{"write /f", changed}}},
		"changed: written":       {"write /f", "PathChanged=/f", []step{{"append /f", nothing}, {"write /f", changed}, {"write /f", changed}}},
		"changed: touched":       {"write /f", "PathChanged=/f", []step{{"touch /f", changed}, {"chmod /f /700", changed}}},
		"changed: deleted":       {"write /f", "PathChanged=/f", []step{{"rm /f", changed}, {"write /f", changed}}},
		"changed: renamed over":  {"write /f; write /g; write /h", "PathChanged=/f", []step{{"mv /g /f", changed}, {"mv /h /f", changed}, {"write /f", changed}}},
		"changed: over an open":  {"write /f; append /f; write /g", "PathChanged=/f", []step{{"mv /g /f", changed}, {"write /f", changed}}},
		"changed: moved away":    {"write /f", "PathChanged=/f", []step{{"mv /f /g", changed}, {"write /g", nothing}, {"mv /g /f", changed}}},
		"changed: others":        {"mkdir /d; write /d/f", "PathChanged=/d/f", []step{{"write /d/g", nothing}, {"rm /d/g", nothing}, {"write /d/f", "change /d/f"}}},
		"changed: in a folder":   {"mkdir /f", "PathChanged=/f", []step{{"write /f/a", changed}, {"write /f/a", changed}, {"append /f/a", nothing}, {"mv /f/a /f/b", changed}, {"rm /f/b", changed}, {"mkdir /f/c", changed}, {"write /f/c/d", nothing}}},
		"changed: hidden":        {"mkdir /f", "PathChanged=/f", []step{{"write /f/.a", changed}}},
		"changed: folder anew":   {"mkdir /f", "PathChanged=/f", []step{{"rm /f", changed}, {"mkdir /f", changed}, {"write /f/a", changed}}},
		"changed: parent anew":   {"mkdir /d; write /d/f", "PathChanged=/d/f", []step{{"rm /d", "change /d/f"}, {"mkdir /d", nothing}, {"write /d/f", "change /d/f"}, {"write /d/f", "change /d/f"}}},
		"changed: parent moved":  {"mkdir /d; write /d/f; mkdir /e; write /e/f", "PathChanged=/d/f", []step{{"mv /d /x", "change /d/f"}, {"write /x/f", nothing}, {"mv /e /d", "change /d/f"}, {"write /d/f", "change /d/f"}}},
		"changed: link switched": {"write /a; write /b; ln +a /f", "PathChanged=/f", []step{{"write /a", changed}, {"ln +b /f", changed}, {"write /a", nothing}, {"write /b", changed}}},
		"changed: link over":     {"write /a; write /b; ln +a /f; ln +b /g", "PathChanged=/f", []step{{"mv /g /f", changed}, {"write /b", changed}}},
		"changed: folder link":   {"mkdir /v1; mkdir /v2; write /v1/f; write /v2/f; ln +v1 /now", "PathChanged=/now/f", []step{{"write /v1/f", "change /now/f"}, {"ln +v2 /now", "change /now/f"}, {"write /v1/f", nothing}, {"write /v2/f", "change /now/f"}}},
		"changed: links in a row": {"mkdir /x; write /x/f; ln +x /c; ln +c /b; ln +b /a", "PathChanged=/a/f",
			[]step{{"write /x/f", "change /a/f"}, {"mkdir /y; write /y/f", nothing}, {"ln +y /c", "change /a/f"}, {"write /y/f", "change /a/f"}}},
		"changed: link upwards": {"mkdir /a/b; write /f; ln +../../f /a/b/l", "PathChanged=/a/b/l", []step{{"write /f", "change /a/b/l"}}},
		"changed: below a file": {"write /d", "PathChanged=/d/f", []step{{"write /d", nothing}, {"rm /d; mkdir /d", nothing}, {"write /d/f", "change /d/f"}}},
		"changed: link ring":    {"ln +b /a; ln +a /b", "PathChanged=/a", []step{{"touch /", nothing}, {"rm /b; write /b", "change /a"}}},

		"modified: written": {"write /f", "PathModified=/f", []step{{"append /f", changed}, {"append /f", changed}, {"write /f", changed}, {"rm /f", changed}}},
		"modified: folder":  {"mkdir /f; write /f/a", "PathModified=/f", []step{{"append /f/a", changed}}},
		"modified: over":    {"write /f; write /g", "PathModified=/f", []step{{"mv /g /f", changed}, {"append /f", changed}}},

		"glob: later":     {"", "PathExistsGlob=/*.txt", []step{{"write /a.png", nothing}, {"write /.x.txt", nothing}, {"write /a.txt", "exists /a.txt"}}},
		"glob: already":   {"write /b.txt; write /a.txt", "PathExistsGlob=/*.txt", []step{{"", "exists /a.txt"}}},
		"glob: moved":     {"write /a", "PathExistsGlob=/[!b-z]?", []step{{"mv /a /bb", nothing}, {"mv /bb /ab", "exists /ab"}}},
		"glob: deep":      {"mkdir /x1", "PathExistsGlob=/x*/y*/f", []step{{"mkdir /x1/y1", nothing}, {"mkdir /x2", nothing}, {"mkdir /x2/y2; write /x2/y2/g", nothing}, {"write /x1/y1/f", "exists /x1/y1/f"}}},
		"glob: deep anew": {"mkdir /x1/y1", "PathExistsGlob=/x*/y*/f", []step{{"rm /x1", nothing}, {"mkdir /x1/y1", nothing}, {"write /x1/y1/f", "exists /x1/y1/f"}}},
		"glob: link":      {"mkdir /t; ln +t /x1", "PathExistsGlob=/x*/f", []step{{"write /t/f", "exists /x1/f"}}},
		"glob: braces":    {"mkdir /a; mkdir /b", "PathExistsGlob=/{a,b}/{f,g*}", []step{{"write /a/x", nothing}, {"write /b/g1", "exists /b/g1"}}},
		"glob: plain":     {"", "PathExistsGlob=/f", []step{{"write /f", exists}}},

		"not empty: later":   {"mkdir /f", "DirectoryNotEmpty=/f", []step{{"write /f/a", exists}, {"", exists}, {"rm /f/a", exists}, {"", nothing}}},
		"not empty: already": {"mkdir /f/a", "DirectoryNotEmpty=/f", []step{{"", exists}}},
		"not empty: no such": {"", "DirectoryNotEmpty=/f", []step{{"mkdir /f", nothing}, {"write /f/a", exists}}},
		"not empty: moved":   {"mkdir /f; write /a", "DirectoryNotEmpty=/f", []step{{"mv /a /f/a", exists}}},
		"not empty: ignored": {"mkdir /f", "DirectoryNotEmpty=/f", []step{
			{"write /f/.hidden", nothing}, {"write /f/a~; write /f/b.swp; write /f/c.dpkg-new; mkdir /f/lost+found", nothing}, {"write /f/a.ignore", exists}}},
		"not empty: a file": {"write /f", "DirectoryNotEmpty=/f", []step{{"write /f", nothing}, {"rm /f; mkdir /f", nothing}, {"write /f/x", exists}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.do(tt.before)
			r.watch(tt.watch)
			for _, s := range tt.steps {
				r.do(s.do)
				if got := r.told(); got != s.want {
					t.Errorf("%q: %q, want %q", s.do, got, s.want)
				}
				r.again()
			}
		})
	}
}
