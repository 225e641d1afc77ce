package demo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// lineLimit is the longest line that the echo reads, in bytes. A client that
// sends more without a line end gets its answer for the first part.
const lineLimit = 1 << 20

// Echo reads one line from in and writes it to out in capitals, without the
// white space around it and with CR LF after it, as the tutorial's Python script
// does: an end of file before any line is an empty line, and bytes that are not
// UTF-8 pass through as they are.
func Echo(in io.Reader, out io.Writer) error {
	line, err := bufio.NewReader(io.LimitReader(in, lineLimit)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the line: %w", err)
	}
	line = bytes.TrimFunc(line, isSpace)
	if _, err := out.Write(append(upper(line), "\r\n"...)); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// isSpace is Python's idea of white space, which counts the four information
// separators of ASCII in.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

// upper returns line in capitals. It works rune by rune because bytes.ToUpper
// would replace what is not UTF-8.
func upper(line []byte) []byte {
	answer := make([]byte, 0, len(line)+2)
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError && n == 1:
			answer = append(answer, line[0])
		case r == 'ß': // its capital in running text is two letters
			answer = append(answer, "SS"...)
		default:
			answer = utf8.AppendRune(answer, unicode.ToUpper(r))
		}
		line = line[n:]
	}
	return answer
}
