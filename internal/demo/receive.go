package demo

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Limits of what the demo receives, in bytes.
const (
	FileLimit    = 1 << 30
	PictureLimit = 64 << 20
)

// File reads in to its end and keeps it as a file of its own in dir, named
// `file-YYYY_MM_DD_HH_MM_SS.mmm-N`. It answers "OK NAME SIZE" on out, or
// "ERROR REASON", each with CR LF, and returns what went wrong. More than limit
// bytes, nothing at all, or a broken connection leave no file behind.
func File(in io.Reader, out io.Writer, dir string, limit int64) error {
	_, _, err := file(in, out, dir, limit)
	return err
}

func file(in io.Reader, out io.Writer, dir string, limit int64) (string, int64, error) {
	return answer(out, in, store{dir: dir, limit: limit, name: names("file-", "")})
}

// Picture is [File] for JPEG pictures: anything else is refused, and so is a
// picture that breaks off. Names are `YYYY_MM_DD_HH_MM_SS.mmm-N.jpg`, local
// time; N counts up when pictures arrive in the same millisecond.
func Picture(in io.Reader, out io.Writer, dir string, limit int64) error {
	_, _, err := picture(in, out, dir, limit)
	return err
}

func picture(in io.Reader, out io.Writer, dir string, limit int64) (string, int64, error) {
	return answer(out, in, store{dir: dir, limit: limit, name: names("", ".jpg"), check: new(jpegCheck)})
}

// answer receives one file and tells the sender how it went.
func answer(out io.Writer, in io.Reader, s store) (string, int64, error) {
	name, size, err := s.receive(in)
	if err != nil {
		// A sender that has left cannot be told; the first error is what counts.
		fmt.Fprintf(out, "ERROR %s\r\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return "", 0, err
	}
	if _, err := fmt.Fprintf(out, "OK %s %d\r\n", name, size); err != nil {
		// It is stored all the same.
		return name, size, fmt.Errorf("acknowledge %q: %w", name, err)
	}
	return name, size, nil
}

// names returns the names to try for a file that is finished now. The moment is
// taken at the first try, when all of it has arrived.
func names(before, after string) func(try int) string {
	var stamp string
	return func(try int) string {
		if stamp == "" {
			stamp = time.Now().Format("2006_01_02_15_04_05.000")
		}
		return fmt.Sprintf("%s%s-%d%s", before, stamp, try, after)
	}
}

// isEmpty reports whether the sender sent nothing, which is worth no error line
// in the log.
func isEmpty(err error) bool { return errors.Is(err, errEmpty) }
