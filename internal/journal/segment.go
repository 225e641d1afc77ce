package journal

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	magic       = "wakelog"
	version     = 1
	segmentHead = 24
	suffix      = ".wlog"

	// maxSegment bounds what a reader takes into memory at once. A segment is
	// MaxFile long, which is at most half of this, or one frame.
	maxSegment = 128 << 20
)

// A segment is one file of a journal, known by its name.
type segment struct {
	seq     uint64
	nameKey key // the key in the name, for when the header is damaged
	path    string
}

func newSegment(dir string, seq uint64, k key) segment {
	return segment{seq, k, filepath.Join(dir, fmt.Sprintf("%016x-%x%s", seq, k[:], suffix))}
}

// parseSegment reads a file name; others than ours are not part of the journal.
func parseSegment(dir, name string) (segment, bool) {
	stem, ok := strings.CutSuffix(name, suffix)
	number, keyHex, ok2 := strings.Cut(stem, "-")
	seq, err := strconv.ParseUint(number, 16, 64)
	k, err2 := strconv.ParseUint(keyHex, 16, 32)
	if !ok || !ok2 || err != nil || err2 != nil {
		return segment{}, false
	}
	s := segment{seq: seq, path: filepath.Join(dir, name)}
	binary.BigEndian.PutUint32(s.nameKey[:], uint32(k))
	return s, true
}

// segments lists a journal in the order of reading. A directory that does not
// exist is an empty journal.
func segments(dir string) ([]segment, error) {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var list []segment
	for _, name := range names {
		if s, ok := parseSegment(dir, name); ok {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b segment) int { return cmp.Compare(a.seq, b.seq) })
	return list, nil
}

// header makes the first bytes of a segment.
func header(k key, created int64) []byte {
	b := append(make([]byte, 0, segmentHead), magic...)
	b = append(b, version)
	b = binary.LittleEndian.AppendUint64(b, uint64(created))
	b = append(b, k[:]...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// A VersionError tells of a segment that a later version of this program wrote.
type VersionError struct {
	Path    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("journal %q is of format version %d: this program reads version %d", e.Path, e.Version, version)
}

// checkHeader takes the first bytes of a segment. It returns the key and where the
// frames begin: after the header, or at 0 when the header is damaged and the whole
// file is to be searched with the key of the name.
func (g *segment) checkHeader(b []byte) (k key, start int, err error) {
	if len(b) < segmentHead || string(b[:7]) != magic ||
		crc32.Checksum(b[:20], castagnoli) != binary.LittleEndian.Uint32(b[20:]) {
		return g.nameKey, 0, nil
	}
	if b[7] != version {
		return k, 0, &VersionError{g.path, int(b[7])}
	}
	return [4]byte(b[16:]), segmentHead, nil
}

// readFrom returns what is in an open segment from an offset on.
func readFrom(f *os.File, offset int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size() - offset
	if size <= 0 {
		return nil, nil
	}
	b := make([]byte, min(size, maxSegment))
	n, err := f.ReadAt(b, offset)
	if err == io.EOF { // truncated meanwhile by a new writer
		err = nil
	}
	return b[:n], err
}
