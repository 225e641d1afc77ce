package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const (
	frameHead  = 12
	maxPayload = 256 << 10
	kindEntry  = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A key marks where the frames of a segment may begin.
type key [4]byte

// appendFrame adds the frame of an entry to b.
func appendFrame(b []byte, k key, e *Entry) []byte {
	start := len(b)
	b = append(b, k[0], k[1], k[2], k[3], 0, 0, 0, 0, 0, 0, 0, 0)
	b = appendEntry(b, e)
	f := b[start:]
	binary.LittleEndian.PutUint32(f[8:], uint32(len(f)-frameHead)|kindEntry<<24)
	binary.LittleEndian.PutUint32(f[4:], crc32.Checksum(f[8:], castagnoli))
	return b
}

// frameSize bounds the size of an entry's frame before it is made.
func frameSize(e *Entry) int {
	return frameHead + 11 + 4*binary.MaxVarintLen32 + min(len(e.Unit), maxName) + min(len(e.Invocation), maxName) +
		min(len(e.Identifier), maxName) + min(len(e.Message), MaxMessage)
}

// frameAt returns the length of the whole frame that begins b, or 0.
func frameAt(b []byte, k key) int {
	if len(b) < frameHead || [4]byte(b) != k {
		return 0
	}
	n := int(binary.LittleEndian.Uint32(b[8:]) & 0xffffff)
	if n > maxPayload || n > len(b)-frameHead {
		return 0
	}
	end := frameHead + n
	if crc32.Checksum(b[8:end], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0
	}
	return end
}

// nextFrame finds the first whole frame of b at or after pos. Without one, found
// is false.
func nextFrame(b []byte, pos int, k key) (start, end int, found bool) {
	for {
		i := bytes.Index(b[pos:], k[:])
		if i < 0 {
			return 0, 0, false
		}
		pos += i
		if n := frameAt(b[pos:], k); n > 0 {
			return pos, pos + n, true
		}
		pos++
	}
}

// payload returns kind and payload of a whole frame.
func payload(frame []byte) (kind byte, b []byte) { return frame[11], frame[frameHead:] }

// frameLen returns the length of the first frame of a batch of our own making.
func frameLen(batch []byte) int {
	return frameHead + int(binary.LittleEndian.Uint32(batch[8:])&0xffffff)
}

// frames calls f for each frame of a batch, in order.
func frames(batch []byte, f func(frame []byte)) {
	for len(batch) > 0 {
		n := frameLen(batch)
		f(batch[:n])
		batch = batch[n:]
	}
}
