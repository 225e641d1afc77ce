// Package journal keeps log lines: what services write to their standard output
// and error, and what the manager itself has to tell. It is what journald and
// journalctl are to systemd, in one package without a daemon of its own.
//
// The manager calls it to write: [Open] makes a [Journal], [Journal.Stream] makes
// a pipe for a child's output, [Journal.Append] adds an event of the manager's
// own. The tool calls it to read: [Read] and [Follow] need only the directory, no
// running manager. The Journal owns its directory (one writer at a time, by a
// lock), its queue, its one writer goroutine and a goroutine for each stream and
// for the mirror; readers own nothing but open files. Start reading at [Entry],
// then queue.go for the way in, store.go for the disk, scan.go for the way out.
//
// # Who may wait for whom
//
// [Journal.Append] never waits: an entry that finds the queue full is counted and
// dropped, and a line tells how many. A stream does wait: the goroutine that reads
// a service's pipe stops reading, the pipe fills, and the service is slowed down to
// what the disk can take, so none of its lines is lost as long as its rate limit
// admits them. Streams may fill only three quarters of the queue; the rest is
// kept for the manager, so that a chattering service cannot push its events out.
// The mirror has a bounded buffer and a goroutine of its own and drops what a
// blocked reader does not fetch.
//
// # What is kept of a line
//
// All of it. journald drops empty lines, takes white space off the end of others
// and splits them at NUL bytes; here the message is the bytes between two newlines.
// Only the "<3>" of [Meta.LevelPrefix] goes, and it holds for all pieces of a line
// that is too long for one entry (in journald for the first). What is shown to
// people is tidied: the mirror, and a [Printer] for a terminal.
//
// # On disk
//
// A journal is a directory of segments, 0000000000000007-9f3c2a1b.wlog: a number that
// only grows (the order of reading) and the key of the segment, both in hex.
// A segment is only appended to; at a size it is closed and the next one begins;
// the oldest closed ones are removed to stay within the bound. All integers are
// little-endian, a uvarint is that of encoding/binary, and CRC is CRC-32C.
//
// The header, 24 bytes:
//
//	0   7  "wakelog"
//	7   1  version of the format: 1
//	8   8  time of creation, microseconds since 1970 UTC
//	16  4  key, random
//	20  4  CRC of the 20 bytes before
//
// Then frames, each:
//
//	0   4  key: where a frame may begin
//	4   4  CRC of the next 4 bytes and the payload
//	8   3  length of the payload, at most 256 KiB
//	11  1  kind of the payload: 1 is an entry; readers skip kinds they don't know
//	12  …  payload
//
// An entry's payload:
//
//	8 bytes  time, microseconds since 1970 UTC
//	1 byte   facility times 8 plus priority, as syslog has it
//	1 byte   source: 0 manager, 1 stdout, 2 stderr
//	1 byte   how the line ended: 0 newline, 1 too long (it goes on in the next
//	         entry), 2 end of the stream
//	uvarint  pid, 0 if unknown
//	3 ×      uvarint length and bytes: unit, invocation id, identifier
//	rest     the message, bytes as they came, without the newline
//
// The random key makes the place where a frame may begin unforgeable by what is
// logged: a service does not know it, so no message can pretend, after damage, to
// be a frame. It stands in the file name too, for the case that the header is what
// was damaged.
//
// A reader that finds no whole frame where one should begin looks for the next key
// whose CRC is right and reports the gap. What follows the last whole frame of the
// newest segment is either being written or was cut off when the writer died: a
// reader ignores it, and the next writer truncates it. So a crash of the manager
// costs at most what waited in memory (see [Options.Delay]), and a crash of the
// machine what was not yet synced (see [Options.SyncEvery]).
//
// A segment with a higher version in its header is left alone by this program: it
// is reported, not read and not appended to.
package journal
