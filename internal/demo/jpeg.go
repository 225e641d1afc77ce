package demo

import (
	"bytes"
	"errors"
)

// A jpegCheck follows the markers of a JPEG file as its bytes pass, to tell a
// whole picture from the beginning of one: over plain TCP a sender that was
// killed looks just like one that has finished. It decodes nothing.
//
// A file is a start marker, segments that say their length, scans of coded data
// that run to the next marker, and an end marker; a thumbnail inside a segment
// has markers of its own, which is why searching for the end marker alone would
// not do. What follows the end (some cameras append data) is let through.
type jpegCheck struct {
	state  jpegState
	marker byte // of the segment we are in
	skip   int  // bytes of it still to come; its length while that is read
	scan   bool // a scan has begun
}

type jpegState uint8

const (
	jpegStart0   jpegState = iota // expects the FF of the start marker
	jpegStart1                    // expects its D8
	jpegBetween                   // expects the FF of a marker
	jpegMarker                    // expects the marker after FF
	jpegLength0                   // expects the first byte of a segment's length
	jpegLength1                   // expects the second
	jpegSegment                   // skips the segment
	jpegScan                      // runs over coded data
	jpegScanFF                    // has seen an FF in coded data
	jpegComplete                  // has seen the end marker
)

var (
	errNotJPEG = errors.New("not a JPEG picture")
	errPartial = errors.New("the picture ends before its end marker; was the sender interrupted?")
)

// Write takes the next bytes of the file.
func (j *jpegCheck) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		switch j.state { // the three that run over many bytes
		case jpegComplete:
			return len(p), nil
		case jpegSegment:
			n := min(j.skip, len(p)-i)
			i, j.skip = i+n, j.skip-n
			if j.skip == 0 {
				j.leaveSegment()
			}
			continue
		case jpegScan:
			n := bytes.IndexByte(p[i:], 0xff)
			if n < 0 {
				return len(p), nil
			}
			i, j.state = i+n+1, jpegScanFF
			continue
		case jpegStart0, jpegStart1, jpegBetween, jpegMarker, jpegLength0, jpegLength1, jpegScanFF:
		}
		if !j.next(p[i]) {
			return i, errNotJPEG
		}
		i++
	}
	return len(p), nil
}

// next takes one byte in the states that look at single bytes. It reports
// whether the byte may stand there.
func (j *jpegCheck) next(b byte) bool {
	switch j.state {
	case jpegStart0:
		j.state = jpegStart1
		return b == 0xff
	case jpegStart1:
		j.state = jpegBetween
		return b == 0xd8
	case jpegBetween:
		j.state = jpegMarker
		return b == 0xff
	case jpegMarker:
		return b == 0xff /* fill byte */ || j.enter(b)
	case jpegScanFF:
		switch {
		case b == 0xff: // fill byte
		case b == 0x00, b >= 0xd0 && b <= 0xd7: // a coded FF; a restart
			j.state = jpegScan
		default:
			return j.enter(b)
		}
		return true
	case jpegLength0:
		j.skip, j.state = int(b)<<8, jpegLength1
		return true
	case jpegLength1:
		j.skip, j.state = (j.skip|int(b))-2, jpegSegment
		if j.skip == 0 {
			j.leaveSegment()
		}
		return j.skip >= 0
	case jpegSegment, jpegScan, jpegComplete:
	}
	panic("BUG: a run of bytes taken one by one")
}

// enter begins what the marker announces.
func (j *jpegCheck) enter(marker byte) bool {
	switch {
	case marker == 0xd9:
		j.state = jpegComplete
		return j.scan
	case marker == 0x01, marker >= 0xd0 && marker <= 0xd7: // stand alone
		j.state = jpegBetween
		return true
	case marker < 0xc0, marker == 0xd8: // reserved; a second start
		return false
	}
	j.marker, j.state = marker, jpegLength0
	return true
}

// leaveSegment goes on behind a segment: a start of scan is followed by coded
// data, any other by a marker.
func (j *jpegCheck) leaveSegment() {
	j.state = jpegBetween
	if j.marker == 0xda {
		j.state, j.scan = jpegScan, true
	}
}

// Close reports whether the file was a whole picture.
func (j *jpegCheck) Close() error {
	if j.state != jpegComplete {
		return errPartial
	}
	return nil
}
