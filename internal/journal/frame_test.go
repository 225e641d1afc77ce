package journal

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
)

func fixCRC(header []byte) {
	binary.LittleEndian.PutUint32(header[20:], crc32.Checksum(header[:20], castagnoli))
}

// The documented bytes, so that a change of the format does not pass unseen.
func TestFormatOnDisk(t *testing.T) {
	k := key{0xaa, 0xbb, 0xcc, 0xdd}
	h := header(k, 0x0102030405060708)
	if got, want := string(h[:20]), "wakelog\x01\x08\x07\x06\x05\x04\x03\x02\x01\xaa\xbb\xcc\xdd"; got != want {
		t.Errorf("header %q, want %q", got, want)
	}
	e := Entry{Time: 0x0807060504030201, Unit: "u", Invocation: "in", Identifier: "idn", PID: 300, Priority: Err,
		Facility: Daemon, Source: Stderr, Break: LineMax, Message: []byte("text")}
	f := appendFrame(nil, k, &e)
	want := "\xaa\xbb\xcc\xdd" + string(f[4:8]) + "\x1a\x00\x00\x01" +
		"\x01\x02\x03\x04\x05\x06\x07\x08" + "\x1b" + "\x02" + "\x01" + "\xac\x02" + "\x01u" + "\x02in" + "\x03idn" + "text"
	if string(f) != want {
		t.Errorf("frame %q, want %q", f, want)
	}
	if n := frameSize(&e); n < len(f) {
		t.Errorf("frame of %d bytes, at most %d were foreseen", len(f), n)
	}
	e.Unit, e.Identifier = strings.Repeat("u", 5000), strings.Repeat("i", 5000)
	e.Message, e.PID = make([]byte, 1<<20), 1<<31-1
	f = appendFrame(nil, k, &e)
	if n := frameSize(&e); n < len(f) || n > 64<<10-segmentHead {
		t.Errorf("frame of %d bytes, at most %d were foreseen", len(f), n)
	}
}

func TestPriorities(t *testing.T) {
	for _, c := range []struct {
		in   string
		want string // the levels of the set, or an error
	}{
		{"err", "0123"}, {"3", "0123"}, {"emerg", "0"}, {"debug", "01234567"},
		{"err..warning", "34"}, {"warning..err", "34"}, {"0..7", "01234567"}, {"5..5", "5"}, {"debug..debug", "7"},
		{"", "error"}, {"8", "error"}, {"-1", "error"}, {"error", "error"}, {"err..", "error"}, {"..err", "error"}, {"1..2..3", "error"},
	} {
		set, err := ParsePriorities(c.in)
		got := ""
		for p := Emerg; p <= Debug; p++ {
			if set.Has(p) {
				got += string('0' + rune(p))
			}
		}
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%q: got %s (%v), want %s", c.in, got, err, c.want)
		}
	}
	for p := Emerg; p <= Debug; p++ {
		if q, err := ParsePriority(p.String()); q != p || err != nil {
			t.Error(p, q, err)
		}
	}
	for f := Facility(0); f < 24; f++ {
		if g, err := ParseFacility(f.String()); g != f || err != nil {
			t.Error(f, g, err)
		}
	}
	for _, s := range []string{"", "24", "x"} {
		if _, err := ParseFacility(s); err == nil {
			t.Error(s)
		}
	}
}

func TestCutPriority(t *testing.T) {
	for in, want := range map[string]string{
		"<3>a": "3 a", "<0>": "0 ", "<7>": "7 ", "<003>x": "3 x", "<07> x": "7  x",
		"<8>a": "-", "<30>a": "-", "<>a": "-", "<0003>a": "-", "<a>": "-", "<3": "-", "": "-", " <3>": "-", "<-1>": "-", "<300>": "-",
	} {
		got := "-"
		if p, rest, ok := cutPriority([]byte(in)); ok {
			got = string('0'+rune(p)) + " " + string(rest)
		} else if string(rest) != in {
			t.Errorf("%q became %q", in, rest)
		}
		if got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}
