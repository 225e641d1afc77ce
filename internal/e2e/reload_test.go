package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inode is that of the manager's socket that listens at an address, which no two
// sockets share.
func (m *manager) inode(address string) string {
	m.t.Helper()
	out, err := exec.Command("ss", "-Hlnet", "src", address).CombinedOutput()
	if err != nil {
		m.t.Fatalf("ss: %v %s", err, out)
	}
	for word := range strings.FieldsSeq(string(out)) {
		if n, ok := strings.CutPrefix(word, "ino:"); ok {
			return n
		}
	}
	m.t.Fatalf("nobody listens on %s: %s", address, out)
	return ""
}

// TestReloadKeepsSockets: who waits in the backlog of a socket that did not change
// does not notice; what changed is bound anew, alone.
func TestReloadKeepsSockets(t *testing.T) {
	t.Parallel()
	need(t, "ss")
	const wait = "TriggerLimitIntervalSec=2s\nTriggerLimitBurst=1\n"
	m := start(t, with(map[string]string{
		// One client is more than the trigger limit allows, the next one waits.
		"keep.socket":   "[Socket]\nListenStream={address}\nListenStream={address}\nAccept=yes\n" + wait,
		"keep@.service": "[Service]\nExecStart=/usr/bin/tr a-z A-Z\nStandardInput=socket\n",
	}), "echo.socket", "keep.socket")
	before := m.holds()
	var rows []socketRow
	for _, r := range m.sockets() {
		if r.Unit == "keep.socket" {
			rows = append(rows, r)
		}
	}
	if len(rows) != 2 {
		t.Fatalf("%+v", rows)
	}
	stays, goes, echoes := rows[0].Listen, rows[1].Listen, m.address("echo.socket")
	ino := map[string]string{stays: m.inode(stays), echoes: m.inode(echoes)}
	if got := ask(t, goes, "first"); got != "FIRST" {
		t.Errorf("got %q", got)
	}
	if !m.socket("keep.socket").Paused {
		t.Error("the socket is not paused")
	}
	waiting := dial(t, stays)
	if _, err := io.WriteString(waiting, "patience"); err != nil {
		t.Fatal(err)
	}
	if err := waiting.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	comes := freeAddress()
	m.write("keep.socket", "[Unit]\nDescription=Changed\n[Socket]\nListenStream="+comes+"\nListenStream="+stays+"\nAccept=yes\n"+wait)
	m.must("daemon-reload")
	m.is("keep.socket", "Description", "Changed")
	for address, want := range ino {
		if got := m.inode(address); got != want {
			t.Errorf("%s was inode %s and is %s", address, want, got)
		}
	}
	if c, err := net.Dial("tcp", goes); err == nil {
		c.Close()
		t.Errorf("%s still listens", goes)
	}
	m.inode(comes)
	if got, err := io.ReadAll(waiting); err != nil || string(got) != "PATIENCE" {
		t.Errorf("who waited got %q, %v", got, err)
	}
	if got := ask(t, comes, "new"); got != "NEW" {
		t.Errorf("the new address answers %q", got)
	}
	m.empty("keep.socket")
	m.settles(before)
}

// TestReloadLeavesInstances: connections that are open go on by what they were
// started with.
func TestReloadLeavesInstances(t *testing.T) {
	t.Parallel()
	m := start(t, with(nil), "echo.socket")
	c := dial(t, m.address("echo.socket"))
	m.is("echo.socket", "NConnections", "1")
	unit := "echo@0-" + m.address("echo.socket") + "-" + c.LocalAddr().String() + ".service"
	pid := m.show(unit, "MainPID")
	m.write("echo@.service", "[Unit]\nDescription=Another\n[Service]\nExecStart=/bin/sh -c 'echo changed'\nStandardInput=socket\n")
	for range 3 {
		m.must("daemon-reload")
	}
	if got := m.show(unit, "MainPID"); got != pid {
		t.Errorf("its process was %s and is %s", pid, got)
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	if got := ask(t, m.address("echo.socket"), ""); got != "changed\n" {
		t.Errorf("the next one gets %q", got)
	}
	c.Close()
	m.empty("echo.socket")
}

// TestReloadOfBad: a file that is broken now does not take its unit down.
func TestReloadOfBad(t *testing.T) {
	t.Parallel()
	busy := freeAddress()
	l, err := net.Listen("tcp", busy)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := start(t, with(map[string]string{
		"x.socket":  "[Socket]\nListenStream={address}\n",
		"x.service": "[Service]\nExecStart={helper} take {dir}/out 1\n",
	}), "echo.socket", "x.socket")
	address := m.address("x.socket")
	m.write("x.socket", "[Socket]\nListenStream="+address+"\nListenStream="+busy+"\n")
	m.must("daemon-reload")
	m.says("x.socket: {units}/x.socket:3: listen on", "address already in use")
	m.is("x.socket", "ActiveState", "active")
	if got := ask(t, address, "still\n"); got != "STILL\n" {
		t.Errorf("got %q", got)
	}
	m.is("x.service", "ActiveState", "inactive")
	for _, text := range []string{"[Socket\nListenStream=1\n", "[Socket]\nListenStream=nonsense\n", ""} {
		m.write("x.socket", text)
		m.ctl("daemon-reload")
		m.works()
		m.is("x.socket", "ActiveState", "active")
		if got := ask(t, address, "still\n"); got != "STILL\n" {
			t.Errorf("after %q: got %q", text, got)
		}
		m.is("x.service", "ActiveState", "inactive")
	}
	if err := os.Remove(filepath.Join(m.units, "x.socket")); err != nil {
		t.Fatal(err)
	}
	m.must("daemon-reload")
	m.works()
	m.must("stop", "x.socket")
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("a socket without a file cannot be stopped")
	}
}

// TestReloadUnderLoad: reloads while connections come lose none of them.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	m := start(t, with(map[string]string{
		"x.socket":   "[Socket]\nListenStream={address}\nAccept=yes\nTriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n",
		"x@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
	}), "echo.socket", "x.socket")
	before := m.holds()
	address := m.address("x.socket")
	errs := make(chan error, 1)
	stop := make(chan struct{})
	asked := 0
	go func() { // ends with stop
		defer close(errs)
		for {
			select {
			case <-stop:
				return
			default:
			}
			c, err := net.DialTimeout("tcp", address, patience)
			if err == nil {
				_ = c.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(c, "hello")
				_ = c.(*net.TCPConn).CloseWrite()
				var got []byte
				if got, err = io.ReadAll(c); err == nil && string(got) != "hello" {
					err = fmt.Errorf("got %q", got)
				}
				c.Close()
			}
			if err != nil {
				errs <- err
				return
			}
			asked++
		}
	}()
	for i := range 20 {
		m.write("x.socket", fmt.Sprintf("[Unit]\nDescription=%d\n[Socket]\nListenStream=%s\nListenStream=%s\nAccept=yes\nTriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n", i, address, freeAddress()))
		m.must("daemon-reload")
	}
	close(stop)
	if err := <-errs; err != nil {
		t.Error(err)
	}
	if asked == 0 {
		t.Error("nobody was asked")
	}
	m.write("x.socket", "[Socket]\nListenStream="+address+"\nAccept=yes\n")
	m.must("daemon-reload")
	m.empty("x.socket")
	m.settles(before)
}

// TestTwoManagers: any number of managers run side by side.
func TestTwoManagers(t *testing.T) {
	t.Parallel()
	a, b := start(t, echo, "echo.socket"), start(t, echo, "echo.socket")
	a.works()
	b.works()
	a.is("echo.socket", "NAccepted", "1")
	b.is("echo.socket", "NAccepted", "1")
	// But not at one control socket.
	out, err := exec.Command(wakesock, "run", "--unit-path", a.units, "--control", a.control, "--state-dir", a.state+"2", "echo.socket").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another manager answers there") {
		t.Errorf("a third at the same control socket: %v %s", err, out)
	}
	a.works()
	a.quit(syscall.SIGTERM)
	if out, code := a.ctl("list-units"); code == 0 || !strings.Contains(out, a.control) {
		t.Errorf("nobody answers: %d %s", code, out)
	}
	b.works()
	// The socket of one that was killed is taken over.
	_ = syscall.Kill(b.pid, syscall.SIGKILL)
	<-b.ended
	c := setup{files: echo, units: []string{"echo.socket"}}.launchIn(t, b.dir)
	c.ready()
	c.works()
}

// TestUser: a user's own manager, with what a login gives and without.
func TestUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	need(t, "setpriv")
	for _, login := range []bool{true, false} {
		t.Run(fmt.Sprintf("login=%v", login), func(t *testing.T) {
			dir := folder(t)
			// Another uid for each, as one without a login has its socket in /tmp.
			uid := 64000 + int(os.Getpid())%500*2
			env := []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "MINE=1"}
			if login {
				uid++
				env = append(env, "XDG_RUNTIME_DIR="+dir+"/run")
			} else {
				t.Cleanup(func() { _ = os.RemoveAll("/tmp/wakesock-" + strconv.Itoa(uid)) })
			}
			m := &manager{t: t, dir: dir, units: filepath.Join(dir, ".config/wakesock/user")}
			m.write("echo.socket", echo["echo.socket"])
			m.write("echo@.service", echo["echo@.service"])
			m.write("who.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo $(id -u) $(pwd) $MINE %h %t %U >{dir}/who'\n")
			if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("chown", "-R", strconv.Itoa(uid), dir).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			command := func(args ...string) *exec.Cmd {
				cmd := exec.Command(wakesock, args...)
				cmd.Env = env
				cmd.Dir = "/"
				cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
				return cmd
			}
			run := command("run", "echo.socket")
			log := new(buffer)
			run.Stdout, run.Stderr = log, log
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() { _ = run.Wait(); close(ended) }() // ends with the manager
			defer func() {
				_ = run.Process.Signal(syscall.SIGTERM)
				<-ended
				if t.Failed() {
					t.Logf("log:\n%s", log)
				}
			}()
			ctl := func(args ...string) (string, error) {
				out, err := command(args...).CombinedOutput()
				return string(out), err
			}
			eventually(t, "it listens", func() bool {
				out, err := ctl("is-active", "echo.socket")
				return err == nil && out == "active\n"
			})
			out, err := ctl("list-sockets", "--no-legend")
			if err != nil {
				t.Fatal(out)
			}
			if got := ask(t, strings.Fields(out)[0], "hello"); got != "hello" {
				t.Errorf("got %q", got)
			}
			if out, err := ctl("start", "who.service"); err != nil {
				t.Error(out)
			}
			runtime := dir + "/run"
			control := runtime + "/wakesock/control.sock"
			if !login {
				runtime = "/run/user/" + strconv.Itoa(uid)
				control = "/tmp/wakesock-" + strconv.Itoa(uid) + "/control.sock"
			}
			who := strings.Fields(m.read("who"))
			if len(who) != 6 || who[0] != strconv.Itoa(uid) || who[1] != dir || who[2] != "1" || who[3] != dir || who[5] != who[0] {
				t.Errorf("the service says %q", who)
			}
			if login && who[4] != runtime {
				t.Errorf("%%t is %s", who[4])
			}
			fi, err := os.Stat(control)
			if err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("control socket: %v %v", fi, err)
			}
			if fi, err := os.Stat(filepath.Dir(control)); err != nil || fi.Mode().Perm() != 0o700 {
				t.Errorf("its folder: %v %v", fi, err)
			}
			if _, err := os.Stat(filepath.Join(dir, ".local/state/wakesock")); err != nil {
				t.Error(err)
			}
			if out, err := ctl("logs", "-u", "echo.socket", "-n", "5"); err != nil || !strings.Contains(out, "Listening on") {
				t.Errorf("logs: %v %s", err, out)
			}
			// Another user may not.
			other := exec.Command(wakesock, "--control", control, "list-units")
			other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody - 1, Gid: nobody - 1}}
			if out, err := other.CombinedOutput(); err == nil {
				t.Errorf("another user is answered:\n%s", out)
			}
		})
	}
}
