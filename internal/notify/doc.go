// Package notify is the edge of the notification socket, sd_notify(3): it makes the
// socket, receives datagrams with the credentials of their senders and with
// descriptors, and reads what they say.
//
// The loop in package daemon is its only caller; the Socket belongs to the loop's
// goroutine, and the descriptors of a Datagram to whoever received it, who closes
// them. It does not judge: whose process a sender is, and whether it is listened
// to, others decide.
//
// Everything that comes in is bounded: a datagram is at most [MaxMessage] bytes
// long, a longer one is dropped whole; the kernel allows 253 descriptors with one,
// and what does not fit is closed by it.
//
// Start reading at socket_linux.go, then message.go.
package notify
