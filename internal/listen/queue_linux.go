package listen

// POSIX message queues, mq_overview(7). Their descriptors are file descriptors
// on Linux, but the functions for them are not in x/sys.

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mqAttr is struct mq_attr: flags, most messages, size of one, how many there are.
type mqAttr struct {
	flags, maxMessages, messageSize, messages int
	_                                         [4]int
}

// openQueue opens the queue of that name, which begins with '/', and makes it
// where there is none, with MessageQueueMaxMessages= and MessageQueueMessageSize=
// if both are set.
func (o *opening) openQueue(name string) (int, error) {
	s := o.set.Unit.Socket
	var want *mqAttr
	switch most, size := s.MessageQueueMaxMessages, s.MessageQueueMessageSize; {
	case most > 0 && size > 0:
		want = &mqAttr{maxMessages: int(most), messageSize: int(size)}
	case most > 0 || size > 0:
		o.set.warn("%s: MessageQueueMaxMessages= and MessageQueueMessageSize= only count if both are set", name)
	}
	fd, err := mqOpen(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_CREAT|unix.O_EXCL, ownMode(s.SocketMode), want)
	made := err == nil
	if made {
		o.undo = append(o.undo, func() { _ = unlinkQueue(name) })
	} else if err == unix.EEXIST {
		fd, err = mqOpen(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0, nil)
	}
	switch err {
	case nil:
	case unix.EINVAL:
		return -1, hint(err, "MessageQueueMaxMessages= and MessageQueueMessageSize= are bounded by /proc/sys/fs/mqueue, see mq_overview(7)")
	case unix.EMFILE:
		return -1, hint(err, "message queues count against LimitMSGQUEUE= too")
	default:
		return -1, err
	}
	if err := o.checkQueue(fd, name, made, want); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (o *opening) checkQueue(fd int, name string, made bool, want *mqAttr) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if uid := int(st.Uid); !made && uid != 0 && uid != os.Geteuid() && uid != o.owner.uid {
		return hint(fmt.Errorf("the queue belongs to uid %d", uid), "remove it, or name its owner with SocketUser=")
	}
	if got, err := mqGetAttr(fd); err == nil && want != nil &&
		(got.maxMessages != want.maxMessages || got.messageSize != want.messageSize) {
		o.set.warn("%s: the queue exists with %d messages of %d bytes, and stays so", name, got.maxMessages, got.messageSize)
	}
	return permit(fd, "", o.owner, o.set.Unit.Socket.SocketMode)
}

func mqOpen(name string, flags int, mode uint32, attr *mqAttr) (int, error) {
	p, err := unix.BytePtrFromString(strings.TrimPrefix(name, "/"))
	if err != nil {
		return -1, err
	}
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(p)), uintptr(flags), uintptr(mode),
		uintptr(unsafe.Pointer(attr)), 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func unlinkQueue(name string) error {
	p, err := unix.BytePtrFromString(strings.TrimPrefix(name, "/"))
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_MQ_UNLINK, uintptr(unsafe.Pointer(p)), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func mqGetAttr(fd int) (mqAttr, error) {
	var a mqAttr
	if _, _, errno := unix.Syscall(unix.SYS_MQ_GETSETATTR, uintptr(fd), 0, uintptr(unsafe.Pointer(&a))); errno != 0 {
		return a, errno
	}
	return a, nil
}

// mqReceive takes one message, without waiting as the descriptor is non-blocking.
func mqReceive(fd int, b []byte) error {
	if _, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDRECEIVE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
