package listen

// Opening: all or nothing. While a set is being opened, each step that changes
// something pushes its reversal on undo, and what must wait until everything is
// open (closing what an earlier set had) goes to after. One of the two lists is
// carried out in the end.
//
// On a reload the earlier set's descriptors are kept wherever the key is the
// same and, for sockets and FIFOs in the file system, the path still leads to
// them. Where an old and a new socket are in each other's way (127.0.0.1:80
// becomes 0.0.0.0:80, a stream socket becomes a seqpacket one on the same path),
// the new one is bound while the old one still listens: ports are shared for
// that moment, paths are moved aside.

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// An opening is one call of Open.
type opening struct {
	set   *Set
	prev  *Set // never nil
	kept  []bool
	owner owner
	undo  []func()
	after []func()
}

// Open opens every address of u. What prev (which may be nil) holds is kept with
// the same descriptor where address and kind did not change, with the options
// that can change brought up to date; the rest is opened anew, and what prev has
// and u no longer wants is closed after. prev is empty then. On error what was
// newly opened is closed and prev is as it was.
//
// The error names the address, the cause and, where we know, what helps:
//
//	listen on "[::]:80": permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE
//
// Options that could not be set do not fail it; they are in Warnings.
func Open(u *unit.Unit, prev *Set) (*Set, error) {
	if prev == nil {
		prev = &Set{}
	}
	o := &opening{set: &Set{Unit: u}, prev: prev, kept: make([]bool, len(prev.Files))}
	if err := o.run(); err != nil {
		for _, f := range slices.Backward(o.undo) {
			f()
		}
		return nil, err
	}
	for _, f := range o.after {
		f()
	}
	o.update()
	o.release()
	o.set.prepareSetup()
	return o.set, nil
}

func (o *opening) run() error {
	s := o.set.Unit.Socket
	var err error
	if o.owner, err = lookupOwner(s.SocketUser, s.SocketGroup); err != nil {
		return err
	}
	// Mark all that is kept before anything is opened: what is not may be displaced.
	from := make([]int, len(s.Listen))
	for i, l := range s.Listen {
		from[i] = o.match(keyOf(l, s))
	}
	for i, l := range s.Listen {
		if from[i] >= 0 {
			o.add(o.prev.Files[from[i]].FD, l, o.prev.Files[from[i]].Address, o.prev.held[from[i]])
			continue
		}
		if err := o.open(l); err != nil {
			return &Error{Index: i, err: fmt.Errorf("listen on %q: %w", l.Address.String(), err)}
		}
	}
	return nil
}

// match returns the index of the file of prev that k can keep, or -1.
func (o *opening) match(k key) int {
	for i := range o.prev.held {
		if h := &o.prev.held[i]; !o.kept[i] && h.key == k && h.node.intact() {
			o.kept[i] = true
			return i
		}
	}
	return -1
}

// open opens l anew and adds it to the set.
func (o *opening) open(l unit.Listen) error {
	h := held{key: keyOf(l, o.set.Unit.Socket)}
	var fd int
	var err error
	switch l.Protocol {
	case unit.ListenStream, unit.ListenDatagram, unit.ListenSequentialPacket, unit.ListenNetlink:
		fd, err = o.openSocket(l, &h)
	case unit.ListenFIFO:
		fd, err = o.openFIFO(l.Address.Path, &h)
	case unit.ListenSpecial:
		fd, err = openSpecial(l.Address.Path, o.set.Unit.Socket.Writable)
	case unit.ListenMessageQueue:
		fd, err = o.openQueue(l.Address.Path)
	case unit.ListenUSBFunction:
		err = fmt.Errorf("USB gadget functions are not supported")
	default:
		panic("BUG: listen protocol " + string(l.Protocol))
	}
	if err != nil {
		return err
	}
	fd = raise(fd)
	o.undo = append(o.undo, func() { unix.Close(fd) })
	address := l.Address
	switch address.Kind {
	case value.AddressPort, value.AddressInet, value.AddressVsock:
		address = bound(fd, address)
	case value.AddressNone, value.AddressPath, value.AddressAbstract, value.AddressNetlink, value.AddressQueue:
	}
	o.add(fd, l, address.String(), h)
	return nil
}

func (o *opening) add(fd int, l unit.Listen, address string, h held) {
	u := o.set.Unit
	name := u.Socket.FileDescriptorName
	if name == "" {
		name = string(u.Name)
	}
	o.set.Files = append(o.set.Files, File{
		FD: fd, Listen: l, Address: address, Name: name, Connection: h.sock.accepts(),
	})
	o.set.held = append(o.set.held, h)
}

// update brings what was kept to the settings of the new unit, and the links of
// both. Nothing of it is fatal: the files are open already.
func (o *opening) update() {
	s := o.set
	if old := o.prev.Unit; old != nil && (old.Socket.SocketUser != "" || old.Socket.SocketGroup != "") && o.owner == (owner{-1, -1}) {
		o.owner = owner{os.Geteuid(), os.Getegid()}
	}
	for i := range s.Files {
		f, h := &s.Files[i], &s.held[i]
		if !slices.ContainsFunc(o.prev.Files, func(old File) bool { return old.FD == f.FD }) {
			continue
		}
		s.changeOptions(f.FD, h, f.Address, o.prev.Unit.Socket)
		if f.Connection && s.Unit.Socket.Backlog != o.prev.Unit.Socket.Backlog {
			if err := unix.Listen(f.FD, backlog(s.Unit.Socket.Backlog)); err != nil {
				s.warn("%s: Backlog= could not be changed: %v", f.Address, err)
			}
		}
		if err := o.permit(f.FD, h); err != nil {
			s.warn("%s: owner and mode could not be changed: %v", f.Address, err)
		}
		if h.key.Protocol == unit.ListenFIFO {
			s.sizePipe(f.FD, f.Address)
		}
	}
	s.link()
}

// release closes what prev has and the new set does not, and empties prev.
func (o *opening) release() {
	if o.prev.Unit == nil {
		return
	}
	rest := Set{Unit: o.prev.Unit}
	for i, f := range o.prev.Files {
		if !o.kept[i] {
			rest.Files = append(rest.Files, f)
			rest.held = append(rest.held, o.prev.held[i])
		}
	}
	rest.shut()
	if o.prev.Unit.Socket.RemoveOnStop {
		rest.remove()
		for _, l := range o.prev.Unit.Socket.Symlinks {
			if !slices.Contains(o.set.Unit.Socket.Symlinks, l) {
				o.prev.unlink(l)
			}
		}
	}
	o.prev.Files, o.prev.held = nil, nil
}

// Close closes every descriptor. With remove, and if the unit has
// RemoveOnStop=yes, the sockets, FIFOs, queues and links in the file system are
// removed too, as far as they still are the ones that were opened.
func (s *Set) Close(remove bool) {
	if len(s.Files) == 0 {
		return
	}
	s.shut()
	if remove && s.Unit.Socket.RemoveOnStop {
		for _, l := range s.Unit.Socket.Symlinks {
			s.unlink(l)
		}
		s.remove()
	}
	s.Files, s.held = nil, nil
}

func (s *Set) shut() {
	for _, f := range s.Files {
		unix.Close(f.FD)
	}
}

func (s *Set) remove() {
	for i, f := range s.Files {
		if h := &s.held[i]; f.Listen.Protocol == unit.ListenMessageQueue {
			_ = unlinkQueue(f.Listen.Address.Path)
		} else if h.node.path != "" && h.node.intact() {
			_ = os.Remove(h.node.path)
		}
	}
}
