// Command fakecam stands in for ffmpeg and a camera: it writes test pictures as
// ffmpeg writes frames, so that the surveillance example runs without hardware.
// It is called by camera/look and by tests, and owns nothing but the files that it
// writes. Start reading at main.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type options struct {
	count  int
	every  time.Duration
	uneven bool
	mode   string
	list   string
	path   string
}

func main() {
	var o options
	flag.IntVar(&o.count, "n", 0, "how many pictures; 0 goes on for ever")
	flag.DurationVar(&o.every, "every", time.Second, "the time from picture to picture")
	flag.BoolVar(&o.uneven, "uneven", false, "pictures in bursts and with long pauses, -every on average")
	flag.StringVar(&o.mode, "mode", "rename", "rename: another name until the picture is whole; place: written where it will be")
	flag.StringVar(&o.list, "list", "", "a file to which the SHA-256 of each picture is added before it is written")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), `usage: fakecam [OPTION]… PATH
Writes pictures to PATH, PNG or JPEG by its ending. A pattern as %06d in it becomes the number of the
picture; without one, each picture takes the place of the last.`)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || o.mode != "rename" && o.mode != "place" {
		flag.Usage()
		os.Exit(2)
	}
	o.path = flag.Arg(0)
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "fakecam:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	for n := 1; o.count == 0 || n <= o.count; n++ {
		picture, err := encode(draw(n, time.Now()), filepath.Ext(o.path))
		if err != nil {
			return err
		}
		if err := note(o.list, picture); err != nil {
			return err
		}
		path := o.path
		if strings.Contains(path, "%") {
			path = fmt.Sprintf(path, n)
		}
		if err := write(path, picture, o.mode); err != nil {
			return err
		}
		time.Sleep(pause(o))
	}
	return nil
}

// pause is the time until the next picture. Uneven ones: nine of ten follow at once,
// the tenth after up to nineteen times -every, so that it is -every on average.
func pause(o options) time.Duration {
	switch {
	case !o.uneven:
		return o.every
	case rand.IntN(10) > 0:
		return o.every / 20
	}
	return time.Duration(rand.Float64() * 19.1 * float64(o.every))
}

// note adds the sum of a picture to the list, if there is one.
func note(list string, picture []byte) error {
	if list == "" {
		return nil
	}
	f, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, "%x\n", sha256.Sum256(picture))
	return err
}

// write writes as ffmpeg does: into the file itself, in pieces, or with
// -atomic_writing under the name with .tmp, and then renamed.
func write(path string, picture []byte, mode string) error {
	name := path
	if mode == "rename" {
		name += ".tmp"
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	half := len(picture) / 2
	_, first := f.Write(picture[:half])
	time.Sleep(time.Millisecond) // a picture is half there for a moment
	_, second := f.Write(picture[half:])
	if err := errors.Join(first, second, f.Close()); err != nil || mode == "place" {
		return err
	}
	return os.Rename(name, path)
}

func encode(i image.Image, ending string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch ending {
	case ".jpg", ".jpeg":
		err = jpeg.Encode(&b, i, nil)
	case ".png":
		err = png.Encode(&b, i)
	default:
		err = fmt.Errorf("%q is neither .jpg nor .png", ending)
	}
	return b.Bytes(), err
}

// draw makes a picture that no other one equals: the bits of the number are the
// squares of the upper rows, those of the moment, in nanoseconds, of the lower
// ones, on a ground that moves.
func draw(n int, now time.Time) image.Image {
	const side, columns = 20, 16
	i := image.NewRGBA(image.Rect(0, 0, side*columns, side*12))
	for y := range i.Rect.Dy() {
		for x := range i.Rect.Dx() {
			i.Set(x, y, color.RGBA{uint8(x + 3*n), uint8(y + 5*n), uint8(x ^ y), 255})
		}
	}
	square := func(k int, bit uint64) {
		for y := range side - 4 {
			for x := range side - 4 {
				i.Set(k%columns*side+x+2, (k/columns)*side+y+2, color.Gray{uint8(255 * bit)})
			}
		}
	}
	for k := range 32 {
		square(k, uint64(n)>>(31-k)&1)
	}
	for k := range 64 {
		square(64+k, uint64(now.UnixNano())>>(63-k)&1)
	}
	return i
}
