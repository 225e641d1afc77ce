package manager

import (
	"strings"
	"time"

	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// clockStart is the wall time when scripts begin.
var clockStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// wallNow is the wall time as the script has it.
func (c *conversation) wallNow() int64 { return clockStart + int64(c.now-begin) + c.wall }

// time is what the loop says when a deadline has come.
func (c *conversation) time() Clock { return Clock{Wall: c.wallNow()} }

func (c *conversation) setClock(w []string) {
	text := strings.Join(w, " ")
	if span, err := value.ParseSpan(strings.TrimLeft(text, "+-")); err == nil && strings.ContainsAny(text[:1], "+-") {
		if text[0] == '-' {
			span = -span
		}
		c.wall += int64(span)
	} else {
		c.wall += c.parseTime(text) - c.wallNow()
	}
	c.say("it is %s", printWall(c.wallNow()))
	c.step(Clock{Wall: c.wallNow(), Set: true})
}

func (c *conversation) slow(w []string) {
	span, err := value.ParseSpan(strings.Join(w, " "))
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	c.wall -= int64(span)
}

func (c *conversation) setZone(w []string) {
	zone, err := time.LoadLocation(w[0])
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	c.step(Clock{Wall: c.wallNow(), Zone: zone, Move: true})
}

func (c *conversation) parseTime(s string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, time.UTC)
	if err != nil {
		c.t.Fatalf("%q: %v", c.line, err)
	}
	return t.UnixMicro()
}

func (c *conversation) stamped(w []string) {
	e := Stamped{Unit: unit.Name(w[0])}
	if len(w) > 1 {
		e.Wall = c.parseTime(strings.Join(w[1:], " "))
	}
	c.step(e)
}

func (c *conversation) stamp(f Effect) {
	switch f := f.(type) {
	case ReadStamp:
		c.say("read stamp of %s", f.Unit)
	case WriteStamp:
		c.say("write stamp of %s: %s", f.Unit, printWall(f.Wall))
	}
}

func printWall(wall int64) string {
	return time.UnixMicro(wall).UTC().Format("2006-01-02 15:04:05.999999")
}

func describeTimer(t *timer) (words []string) {
	if n := t.next.Time; n != 0 {
		words = append(words, "next at "+clock(n))
	}
	if n := t.next.Wall; n != 0 {
		words = append(words, "next "+printWall(n))
	}
	return words
}
