package bus

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// start starts a message bus of the test's own and returns its address.
func start(t *testing.T) (address string, stop func()) {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "conf")
	address = "unix:path=" + filepath.Join(dir, "bus")
	if err := os.WriteFile(config, []byte(`<busconfig><listen>`+address+`</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(stop)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return address, stop
}

func next(t *testing.T, news chan News) News {
	t.Helper()
	select {
	case n := <-news:
		return n
	case <-time.After(20 * time.Second):
		t.Fatal("no news")
		return News{}
	}
}

// TestWatch: a name comes and goes; then the bus itself does.
func TestWatch(t *testing.T) {
	address, stop := start(t)
	news := make(chan News, 16)
	w := New(address, func(n News) { news <- n })
	defer w.Close()
	w.Watch("org.example.A")
	if n := next(t, news); n.Owned || n.Err != nil || n.Name != "org.example.A" {
		t.Fatalf("at first %+v", n)
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName("org.example.B", 0); err != nil { // nobody wants to know
		t.Fatal(err)
	}
	if _, err := conn.RequestName("org.example.A", 0); err != nil {
		t.Fatal(err)
	}
	if n := next(t, news); !n.Owned || n.Name != "org.example.A" {
		t.Fatalf("with its owner %+v", n)
	}
	w.Watch("org.example.B")
	if n := next(t, news); !n.Owned || n.Name != "org.example.B" {
		t.Fatalf("another one %+v", n)
	}
	w.Unwatch("org.example.B")
	if _, err := conn.ReleaseName("org.example.A"); err != nil {
		t.Fatal(err)
	}
	if n := next(t, news); n.Owned || n.Name != "org.example.A" {
		t.Fatalf("without its owner %+v", n)
	}
	stop()
	if n := next(t, news); n.Err == nil {
		t.Fatalf("without a bus %+v", n)
	}
}

// TestNoBus: who asks for a name where there is no bus is told.
func TestNoBus(t *testing.T) {
	news := make(chan News, 1)
	for _, address := range []string{"", "unix:path=" + filepath.Join(t.TempDir(), "none"), "nonsense"} {
		w := New(address, func(n News) { news <- n })
		w.Watch("org.example.A")
		if n := next(t, news); n.Err == nil || n.Name != "org.example.A" {
			t.Errorf("%q: %+v", address, n)
		}
		w.Close()
	}
}
