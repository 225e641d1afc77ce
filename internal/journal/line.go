package journal

import "bytes"

// A splitter turns what comes out of a pipe into lines. It keeps the beginning of
// a line whose end has not come yet, MaxMessage bytes at most; a longer line is
// given out in pieces.
type splitter struct {
	rest []byte
	more bool // pieces of the line at hand were given out before
}

// feed takes the next bytes. It calls emit for each line or piece, which is valid
// during the call only; more says that it continues the piece before.
func (s *splitter) feed(chunk []byte, emit func(line []byte, end LineBreak, more bool)) {
	for len(chunk) > 0 {
		line, skip, end := chunk, len(chunk), EOF // the end has not come yet
		if i := bytes.IndexByte(chunk, '\n'); i >= 0 {
			line, skip, end = chunk[:i], i+1, Newline
		}
		if room := MaxMessage - len(s.rest); len(line) > room {
			line, skip, end = line[:room], room, LineMax
		}
		chunk = chunk[skip:]
		if end == EOF {
			s.rest = append(s.rest, line...)
			return
		}
		if len(s.rest) > 0 {
			s.rest = append(s.rest, line...)
			line = s.rest
		}
		emit(line, end, s.more)
		s.more = end == LineMax
		if s.rest = s.rest[:0]; cap(s.rest) > 1<<10 {
			s.rest = nil // most streams are idle most of the time
		}
	}
}

// end gives out what has no newline at the end of the stream.
func (s *splitter) end(emit func(line []byte, end LineBreak, more bool)) {
	if len(s.rest) > 0 {
		emit(s.rest, EOF, s.more)
	}
	s.rest, s.more = nil, false
}
