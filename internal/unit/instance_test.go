package unit

import (
	"slices"
	"testing"
)

func template(t testing.TB, file string) *Unit {
	t.Helper()
	l := &Loader{FS: serviceFS(map[string]string{"echo@.service": file}), Path: testPath, Host: testHost}
	u := l.Load("echo@.service")
	return u
}

func TestInstantiatePlain(t *testing.T) {
	u := template(t, "[Unit]\nDescription=%p on %H with %%i, from %y\n[Service]\nExecStart=-/bin/cat\nStandardInput=socket\n")
	if !u.plain || u.State != Loaded {
		t.Fatalf("plain %v, %s %v", u.plain, u.State, u.Problems)
	}
	i := u.Instantiate("echo@1.service")
	if i.Name != "echo@1.service" || i.Service != u.Service || i.Common != u.Common || i.items != nil {
		t.Errorf("%+v", i)
	}
	if want := "echo on box.example.org with %i, from /etc/systemd/system/echo@.service"; i.Common.Description != want {
		t.Errorf("description %q", i.Common.Description)
	}
}

func TestInstantiateVarying(t *testing.T) {
	for _, file := range []string{
		"[Unit]\nDescription=%i\n", "[Unit]\nDescription=%n\n", "[Unit]\nDescription=%f\n", "[Unit]\nWants=other@.service\n",
		"[Service]\nEnvironment=D=%d\n", "[Service]\nWorkingDirectory=/srv/%I\n", "[Service]\nUser=%i\n", "[Service]\nExecStart=/bin/%i\n",
	} {
		u := template(t, file+"[Service]\nExecStart=/bin/true\nType=oneshot\n")
		if u.plain {
			t.Errorf("%q: taken for plain", file)
		}
		if u.State != Loaded || len(u.Problems) != 0 {
			t.Errorf("%q: %s %v", file, u.State, u.Problems)
		}
		i := u.Instantiate("echo@one.service")
		if i.State != Loaded || len(i.Problems) != 0 {
			t.Errorf("%q: %s %v", file, i.State, i.Problems)
		}
	}
	u := template(t, "[Unit]\nDescription=to %i\nWants=other@.service\n[Service]\nExecStart=/bin/echo %i %f\nUser=u%i\n")
	a, b := u.Instantiate("echo@a.service"), u.Instantiate("echo@b-c.service")
	if a.Common.Description != "to a" || b.Common.Description != "to b-c" || a.Exec.User != "ua" ||
		!slices.Equal(a.Common.Wants, []Name{"other@a.service"}) || !slices.Equal(b.Service.ExecStart[0].Args, []string{"/bin/echo", "b-c", "/b/c"}) {
		t.Errorf("%+v\n%+v", a.Common, b.Service.ExecStart)
	}
	if u.Service == a.Service || a.Service == b.Service {
		t.Error("instances share a section that differs")
	}
}

// TestInstantiateBadInstance has an instance for which the template does not work.
func TestInstantiateBadInstance(t *testing.T) {
	u := template(t, "[Service]\nExecStart=/bin/echo %f\n")
	if i := u.Instantiate("echo@a..b.service"); i.State != Loaded {
		t.Errorf("%s %s", i.State, i.Refused)
	}
	if i := u.Instantiate("echo@a-..-b.service"); i.State != BadSetting || i.Refused == "" {
		t.Errorf("%s %s", i.State, i.Refused)
	}
	u = template(t, "[Service]\n")
	if u.State != BadSetting || u.Instantiate("echo@1.service").State != BadSetting {
		t.Error("an empty template is no good, nor are its instances")
	}
}

// TestInstantiateAllocates guards the road of every accepted connection.
func TestInstantiateAllocates(t *testing.T) {
	u := template(t, "[Service]\nExecStart=-/bin/cat\nStandardInput=socket\n")
	if n := testing.AllocsPerRun(100, func() { u.Instantiate("echo@1.service") }); n > 1 {
		t.Errorf("%v allocations for an instance of a plain template", n)
	}
}

func BenchmarkInstantiate(b *testing.B) {
	for name, file := range map[string]string{
		"plain":   "[Unit]\nDescription=Echo\n[Service]\nExecStart=-/bin/cat\nStandardInput=socket\n",
		"varying": "[Unit]\nDescription=Echo %i\n[Service]\nExecStart=-/bin/cat %i\nStandardInput=socket\n",
	} {
		u := template(b, file)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u.Instantiate("echo@12-127.0.0.1:4444-127.0.0.1:55555.service")
			}
		})
	}
}
