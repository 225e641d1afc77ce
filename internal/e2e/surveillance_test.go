package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The surveillance system from its own unit files: a camera's manager, a receiver's
// manager, and a network between them.

// surveillance is one side of examples/surveillance, its unit files as they are but
// for where things lie and which user runs them. Conf is its configuration file.
func surveillance(t *testing.T, side, conf string) setup {
	t.Helper()
	need(t, "python3")
	from, err := filepath.Abs("../../examples/surveillance/" + side)
	if err != nil {
		t.Fatal(err)
	}
	s := setup{files: map[string]string{
		"../etc/key":               "a key that both sides have\n",
		"../etc/" + side + ".conf": conf,
		"service.d/here.conf":      "[Service]\nUser=\nSupplementaryGroups=\nStateDirectory=\nUMask=0022\n",
	}}
	units, err := filepath.Glob(from + "/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range units {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.files[filepath.Base(path)] = strings.NewReplacer("/path/to", from, "/var/lib/surveillance", "{dir}/var", "/etc/surveillance", "{dir}/etc").Replace(string(text))
	}
	return s
}

// receiver is the receiving side at an address.
func receiver(t *testing.T, address string) setup {
	s := surveillance(t, "receiver", "FREE_MB=1\n")
	s.files["surveillance.socket.d/here.conf"] = "[Socket]\nListenStream=\nListenStream=" + address + "\n"
	s.units = []string{"surveillance.socket"}
	return s
}

// A network forwards connections to an address, unless it is cut.
type network struct {
	address string
	to      string
	cable   sync.RWMutex // held for reading by those who forward
}

func newNetwork(t *testing.T, to string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{address: l.Addr().String(), to: to}
	var all sync.WaitGroup
	all.Go(func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { n.forward(c) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return n
}

// cut stops every byte for so long. Connections stay, and nobody is told.
func (n *network) cut(d time.Duration) {
	n.cable.Lock()
	defer n.cable.Unlock()
	time.Sleep(d)
}

// forward carries a connection until one of its sides has ended.
func (n *network) forward(c net.Conn) {
	defer c.Close()
	n.cable.RLock()
	far, err := net.Dial("tcp", n.to)
	n.cable.RUnlock()
	if err != nil {
		return
	}
	defer far.Close()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{c, far}, {far, c}} {
		both.Go(func() {
			buf := make([]byte, 2000)
			for {
				got, err := way[0].Read(buf)
				n.cable.RLock()
				if got > 0 {
					_, _ = way[1].Write(buf[:got])
				}
				if err != nil {
					_ = way[1].(*net.TCPConn).CloseWrite()
				}
				n.cable.RUnlock()
				if err != nil {
					return
				}
			}
		})
	}
	both.Wait()
}

// stored lists the pictures that a receiver has, by name and so by their moment.
func stored(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "var/store/*/*.*"))
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), ".") })
	slices.Sort(files)
	return files
}

// sums are the SHA-256 of files.
func sums(t testing.TB, files []string) (list []string) {
	t.Helper()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%x", sha256.Sum256(text)))
	}
	return list
}

// fakecam builds the stand-in for the camera.
func fakecam(t *testing.T) string {
	t.Helper()
	path := filepath.Join(folder(t), "fakecam")
	cmd := exec.Command("go", "build", "-o", path, "../../examples/surveillance/fakecam")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build fakecam: %v\n%s", err, out)
	}
	return path
}

// crash ends a manager and all that it has started at once, as a power cut does.
func (m *manager) crash() {
	m.t.Helper()
	_ = syscall.Kill(m.pid, syscall.SIGSTOP) // so that it starts nobody meanwhile
	for _, pid := range append(descendants(m.pid), m.pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-m.ended
}

// TestSurveillance is the whole chain: what the device would start, a timer, a path,
// a service, the sender, the socket, an instance, a file. 200 changes at uneven
// speed; the receiver is killed twice, the network cut for five seconds. Every
// change is in the store once, whole, in order.
func TestSurveillance(t *testing.T) {
	t.Parallel()
	const changes = 200
	address := freeAddress()
	far, dir := receiver(t, address), folder(t)
	r := far.launchIn(t, dir)
	r.ready()
	n := newNetwork(t, address)

	near := surveillance(t, "camera", fmt.Sprintf(
		"RECEIVER=%s\nCAMERA=door\nTIMEOUT=2\nFAKECAM=%s -n %d -every 60ms -uneven -mode place -list {dir}/list\n", n.address, fakecam(t), changes))
	near.files["surveillance-delay.timer.d/here.conf"] = "[Timer]\nOnActiveSec=\nOnActiveSec=100ms\nAccuracySec=1ms\n"
	near.units = []string{"surveillance-delay.timer"} // what the device wants
	c := near.start(t)

	arrive := func(count int) {
		t.Helper()
		c.eventually(fmt.Sprintf("%d pictures have arrived", count), func() bool { return len(stored(t, dir)) >= count })
	}
	arrive(30)
	r.crash()
	time.Sleep(time.Second) // while nobody listens
	r = far.launchIn(t, dir)
	r.ready()
	arrive(70)
	n.cut(5 * time.Second)
	arrive(110)
	r.quit(syscall.SIGKILL) // its instance goes on without it
	r = far.launchIn(t, dir)
	r.ready()
	arrive(changes)

	want := strings.Fields(c.read("list"))
	files := stored(t, dir)
	if got := sums(t, files); len(want) != changes || !slices.Equal(got, want) {
		t.Errorf("%d pictures were made and %d are in the store, which are not the same in the same order", len(want), len(got))
	}
	var before time.Time
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.ModTime().Before(before) {
			t.Errorf("%s arrived before the one before it", filepath.Base(f))
		}
		before = info.ModTime()
	}
	c.is("surveillance-send.service", "ActiveState", "inactive")
	for _, empty := range []string{"pictures", "spool"} {
		if left, err := os.ReadDir(filepath.Join(c.dir, "var", empty)); err != nil || len(left) > 0 {
			t.Errorf("%s has still %v, %v", empty, left, err)
		}
	}
	if got := c.lines("queued 2"); got != changes {
		t.Errorf("%d pictures were queued", got)
	}
	t.Logf("%d runs were started by the path unit, %d pauses of the sender", c.lines("Starting surveillance-pictures.service"), c.lines("again in"))
	c.is("surveillance-camera.service", "ActiveState", "inactive")
}

// TestSurveillanceStop: stopping the timer, as a device that leaves does, ends path
// and camera, which are PartOf= it, and leaves the sender alone; another start begins again.
func TestSurveillanceStop(t *testing.T) {
	t.Parallel()
	near := surveillance(t, "camera", "RECEIVER="+freeAddress()+"\nCAMERA=door\nFAKECAM="+fakecam(t)+" -every 50ms\n")
	near.files["surveillance-delay.timer.d/here.conf"] = "[Timer]\nOnActiveSec=\nOnActiveSec=100ms\nAccuracySec=1ms\n"
	near.units = []string{"surveillance-delay.timer"}
	c := near.start(t)
	for range 2 {
		c.is("surveillance-pictures.path", "ActiveState", "active")
		c.is("surveillance-camera.service", "ActiveState", "active")
		c.is("surveillance-send.path", "ActiveState", "active")
		c.must("stop", "surveillance-delay.timer")
		for _, u := range []string{"surveillance-delay.timer", "surveillance-pictures.path", "surveillance-camera.service"} {
			c.is(u, "ActiveState", "inactive")
		}
		c.is("surveillance-send.path", "ActiveState", "active")
		c.must("start", "surveillance-delay.timer")
	}
}

// TestSurveillanceCrash: the camera's machine loses its power twice. What was made
// before and after is in the store once and in order, but for the picture that was
// being written at that moment.
func TestSurveillanceCrash(t *testing.T) {
	t.Parallel()
	address := freeAddress()
	r := receiver(t, address).start(t)
	near := surveillance(t, "camera", "RECEIVER="+address+"\nCAMERA=door\nFAKECAM="+fakecam(t)+" -n 50 -every 20ms -uneven -list {dir}/list\n")
	near.files["surveillance-delay.timer.d/here.conf"] = "[Timer]\nOnActiveSec=\nOnActiveSec=100ms\nAccuracySec=1ms\n"
	near.units = []string{"surveillance-delay.timer"}
	dir := folder(t)
	var c *manager
	for _, arrive := range []int{15, 30, 0} {
		c = near.launchIn(t, dir)
		c.ready()
		if arrive > 0 {
			c.eventually("some pictures have arrived", func() bool { return len(stored(t, r.dir)) >= arrive })
			c.crash()
		}
	}
	c.says("surveillance-camera.service: Deactivated successfully")
	c.eventually("all has been sent", func() bool {
		made := strings.Fields(c.read("list"))
		return slices.Contains(sums(t, stored(t, r.dir)), made[len(made)-1])
	})
	made, got, missed := strings.Fields(c.read("list")), sums(t, stored(t, r.dir)), 0
	for _, sum := range made {
		if len(got) > 0 && got[0] == sum {
			got = got[1:]
		} else {
			missed++
		}
	}
	if len(got) > 0 || missed > 2 {
		t.Errorf("of %d pictures, %d have not arrived, and %d are in a wrong place", len(made), missed, len(got))
	}
}

// TestSurveillanceDisk: a spool and a store that cannot be written to. What is there
// waits and arrives when they can, without another change.
func TestSurveillanceDisk(t *testing.T) {
	t.Parallel()
	address := freeAddress()
	far := receiver(t, address)
	far.files["../etc/receiver.conf"] = "FREE_MB=1000000000\n"
	far.files["surveillance@.service.d/small.conf"] = "[Service]\nLimitFSIZE=1K\n"
	r := far.start(t)
	near := surveillance(t, "camera", "RECEIVER="+address+"\nCAMERA=door\nFAKECAM="+fakecam(t)+" -n 1 -every 10ms\n")
	near.files["../var/spool"] = "in the way"
	near.units = []string{"surveillance-pictures.path"}
	c := near.start(t)
	c.says("surveillance-pictures.service: Failed with result 'exit-code'")
	if err := os.Remove(filepath.Join(c.dir, "var/spool")); err != nil {
		t.Fatal(err)
	}
	c.says("LATER the disk is full")
	r.write("../etc/receiver.conf", "FREE_MB=0\n")
	r.says("File too large")
	if files := stored(t, r.dir); len(files) > 0 {
		t.Errorf("stored: %v", files)
	}
	if err := os.RemoveAll(filepath.Join(r.units, "surveillance@.service.d")); err != nil {
		t.Fatal(err)
	}
	r.must("daemon-reload")
	r.eventually("the picture has arrived", func() bool { return len(stored(t, r.dir)) == 1 })
	if hidden, err := filepath.Glob(filepath.Join(r.dir, "var/store/door/.*")); err != nil || len(hidden) > 0 {
		t.Errorf("left behind: %v, %v", hidden, err)
	}
}

// TestSurveillanceSend: the sender and the receiver alone, and every way in which a
// connection can be bad.
func TestSurveillanceSend(t *testing.T) {
	t.Parallel()
	address := freeAddress()
	far := receiver(t, address)
	far.files["../etc/receiver.conf"] += "TIMEOUT=2\nMAX_MB=1\n"
	r := far.start(t)
	near := surveillance(t, "camera", "RECEIVER="+address+"\nCAMERA=door\n")
	near.units = []string{"surveillance-send.service"}
	for i := range 20 {
		near.files[fmt.Sprintf("../var/spool/20261122T231500.%09dZ.jpg", i)] = string(jpegOf(t, i))
	}
	near.files["../var/spool/20261122T231500.000000100Z.jpg"] = "not a picture"
	near.files["../var/spool/20261122T231500.000000101Z.jpg"] = string(bytes.Repeat([]byte("large"), 300_000))
	near.files["../var/spool/20261122T231500.000000102Z.jpg"] = string(jpegOf(t, 102))
	near.files["../var/spool/notes"] = "something else"

	// Strangers first: silent, without the key, with the half of a line.
	stay := dial(t, address)
	defer stay.Close()
	for _, words := range []string{"", "GET / HTTP/1.0\r\n\r\n", "PICTURE 1 door 20261122", strings.Repeat("x", 10_000),
		"PICTURE 1 ../door 20261122T231500.000000000Z.jpg 3 " + strings.Repeat("0", 64) + " " + strings.Repeat("0", 64) + "\nabc"} {
		if got, _ := send(address, []byte(words)); words != "" && !strings.HasPrefix(got, "LATER ") {
			t.Errorf("%.20q: got %q", words, got)
		}
	}

	c := near.start(t)
	c.is("surveillance-send.service", "ActiveState", "inactive")
	if left, err := os.ReadDir(c.dir + "/var/spool"); err != nil || len(left) > 0 {
		t.Errorf("the spool has still %v, %v", left, err)
	}
	if got := len(stored(t, r.dir)); got != 21 {
		t.Errorf("%d pictures are stored", got)
	}
	if refused, err := os.ReadDir(c.dir + "/var/spool.refused"); err != nil || len(refused) != 3 {
		t.Errorf("put aside: %v, %v", refused, err)
	}
	before := sums(t, stored(t, r.dir))

	// The same once more, as if no answer had come.
	for i := range 20 {
		c.write(fmt.Sprintf("../var/spool/20261122T231500.%09dZ.jpg", i), string(jpegOf(t, i)))
	}
	c.must("start", "surveillance-send.service")
	c.is("surveillance-send.service", "ActiveState", "inactive")
	if left, err := os.ReadDir(c.dir + "/var/spool"); err != nil || len(left) > 0 {
		t.Errorf("the spool has still %v, %v", left, err)
	}
	if !slices.Equal(sums(t, stored(t, r.dir)), before) {
		t.Error("sending again has changed the store")
	}
	// Another key: nothing is stored, nothing lost.
	c.write("../etc/key", "a key that only one side has\n")
	c.write("../var/spool/20261122T231501.000000000Z.jpg", string(jpegOf(t, 1)))
	c.must("start", "surveillance-send.service")
	c.says("LATER not a picture from somebody with our key")
	c.must("stop", "surveillance-send.service")
	if _, err := os.Stat(c.dir + "/var/spool/20261122T231501.000000000Z.jpg"); err != nil || len(stored(t, r.dir)) != 21 {
		t.Errorf("with another key: %v, %d stored", err, len(stored(t, r.dir)))
	}
	// The silent one has been sent away, and nobody who failed is listed.
	r.is("surveillance.socket", "NConnections", "0")
	if out := r.must("list-units", "--all", "--no-legend", "surveillance@*"); out != "" {
		t.Errorf("instances are left:\n%s", out)
	}
}

// TestSurveillanceRun: what the example's page tells people to type.
func TestSurveillanceRun(t *testing.T) {
	t.Parallel()
	need(t, "python3")
	address, dir := freeAddress(), folder(t)
	side := func(name string) *foreground {
		f := &foreground{t: t, dir: folder(t), out: new(buffer), done: make(chan error, 1)}
		f.cmd = exec.Command("../../examples/surveillance/run", name, address)
		f.cmd.Env = append(os.Environ(), "WAKESOCK="+managing, "SURVEILLANCE="+dir, "CAMERA=door", "FAKECAM="+fakecam(t)+" -n 3 -every 50ms")
		f.cmd.Stdout, f.cmd.Stderr = f.out, f.out
		f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := f.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { f.done <- f.cmd.Wait() }() // ends with the program
		t.Cleanup(func() { _ = f.cmd.Process.Kill() })
		return f
	}
	receiver := side("receiver")
	camera := side("camera")
	camera.says(`sent \d+T`)
	eventually(t, "three pictures have arrived", func() bool {
		files, err := filepath.Glob(dir + "/receiver/store/door/2*.jpg")
		return err == nil && len(files) == 3
	})
	camera.interrupt()
	receiver.interrupt()
}
