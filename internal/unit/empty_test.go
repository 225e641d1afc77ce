package unit

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestEmptyValues holds the table against testdata/refuse-empty.txt, which lists
// the directives that systemd 252 gives a warning for when the value is empty.
func TestEmptyValues(t *testing.T) {
	text, err := os.ReadFile("testdata/refuse-empty.txt")
	if err != nil {
		t.Fatal(err)
	}
	refused := make(map[string]bool)
	for l := range strings.Lines(string(text)) {
		refused[strings.TrimSpace(l)] = true
	}
	different := map[string]string{
		"Service PrivateMounts": "systemd allows an empty value since it has three states",
	}
	for _, d := range Directives() {
		if d.Since != 0 || goneRow(d) {
			continue
		}
		id := d.Section + " " + d.Name
		if d.Section == "Socket" && !refused[id] && Lookup("Service", d.Name) != nil {
			continue // shared with [Service], and asked there
		}
		if d.Section == "Slice" || d.Section == "Install" || d.Section == "X-Wakesock" || different[id] != "" {
			continue
		}
		u := newUnit(nameFor[d.Section])
		err := d.assign(&Context{Unit: u, Host: &Host{}}, "")
		if refused[id] && err == nil {
			t.Errorf("[%s] %s=: systemd refuses an empty value", d.Section, d.Name)
		}
		if !refused[id] && err != nil {
			t.Errorf("[%s] %s=: systemd allows an empty value", d.Section, d.Name)
		}
		if diff := differences("", reflect.ValueOf(*u), reflect.ValueOf(*newUnit(nameFor[d.Section]))); len(diff) > 0 && d.Name != "CapabilityBoundingSet" && d.Name != "Delegate" { // empty means none there
			t.Errorf("[%s] %s=: changed %v", d.Section, d.Name, diff)
		}
	}
}
