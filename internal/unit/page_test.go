package unit

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

const page = "../../docs/directives.md"

// TestGeneratedDirectives keeps the reference page fresh; -update rewrites it.
func TestGeneratedDirectives(t *testing.T) {
	fresh := directivesPage()
	if *update {
		if err := os.MkdirAll("../../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(page, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(page); err != nil || !bytes.Equal(kept, fresh) {
		t.Errorf("docs/directives.md is stale: run go test ./internal/unit -run Generated -update (%v)", err)
	}
}

// parts are the headings of the page: a directive belongs under the first whose
// sections all have it.
var parts = []struct {
	heading, manual string
	sections        []string
}{
	{"In [Service], [Socket] and [Slice]: resources", "systemd.resource-control(5)", []string{"Service", "Socket", "Slice"}},
	{"In [Service] and [Socket]: how commands run and end", "systemd.exec(5) and systemd.kill(5)", []string{"Service", "Socket"}},
	{"[Unit]", "systemd.unit(5)", []string{"Unit"}},
	{"[Install]", "systemd.unit(5)", []string{"Install"}},
	{"[Socket]", "systemd.socket(5)", []string{"Socket"}},
	{"[Service]", "systemd.service(5)", []string{"Service"}},
	{"[Timer]", "systemd.timer(5)", []string{"Timer"}},
	{"[Path]", "systemd.path(5)", []string{"Path"}},
	{"[Slice]", "systemd.slice(5)", []string{"Slice"}},
	{"[X-Wakesock]", "ours alone; systemd ignores this section", []string{"X-Wakesock"}},
}

// part finds the index of a directive's group.
func part(d *Directive) int {
	for i, g := range parts {
		own, all := false, true
		for _, s := range g.sections {
			twin := Lookup(s, d.Name)
			own = own || s == d.Section
			all = all && twin != nil && twin.Text == d.Text
		}
		if own && all {
			return i
		}
	}
	return -1
}

func directivesPage() []byte {
	lines, counts := make([][]string, len(parts)), make(map[Standing]int)
	for _, d := range Directives() {
		i := part(d)
		if d.Section != parts[i].sections[0] {
			continue // told in the first of the group's sections
		}
		counts[d.Standing]++
		lines[i] = append(lines[i], pageLine(d))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Directives

<!-- Generated from the table in internal/unit: go test ./internal/unit -run Generated -update -->

Every directive that unit files may hold, and what Wakesock does about it: %d are enforced, %d are emulated, which
means that they reach the same end by other means or for most values only, and %d are read and checked but have no effect
yet or never will, for the reason given. Directives that protect are marked with a shield (🛡): where they have no effect, loading a
unit that has them warns. A number behind a name is the version of systemd that brought it, if that is newer than 252.
`, counts[Enforced], counts[Emulated], counts[NotEnforced])
	order := []int{2, 3, 4, 5, 1, 0, 6, 7, 8, 9} // as one reads, not as one looks up
	for _, i := range order {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n| directive | what it says | value | default | standing |\n| --- | --- | --- | --- | --- |\n%s",
			parts[i].heading, capital(parts[i].manual), strings.Join(lines[i], ""))
	}
	return b.Bytes()
}

func pageLine(d *Directive) string {
	name := "`" + d.Name + "=`"
	if d.Since != 0 {
		name += fmt.Sprintf(" %d", d.Since)
	}
	if d.Security {
		name += " 🛡"
	}
	kind := d.Kind
	if len(d.Words) > 0 && (kind == "word" || kind == "words" || kind == "boolean or word" || kind == "stream") {
		kind = strings.Join(d.Words, ", ")
	}
	if d.List {
		kind += "; adds up"
	}
	standing := d.says()
	if twin := Lookup("Socket", d.Name); twin != nil && d.Section == "Service" && twin.Text == d.Text && twin.says() != standing {
		standing += "; in [Socket] " + twin.says()
	}
	text := d.Text
	if d.Now != "" && !strings.Contains(text, d.Now) {
		text += " Write " + d.Now + " instead."
	}
	cells := []string{name, text, kind, d.Default, standing}
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// says is the standing with its reason.
func (d *Directive) says() string {
	if d.Reason == "" {
		return d.Standing.String()
	}
	return d.Standing.String() + ": " + d.Reason
}

func capital(s string) string {
	if strings.HasPrefix(s, "systemd") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
