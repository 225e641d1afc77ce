package device

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A database is udev's folder, /run/udev. What it holds is udev's private
// matter, but has been as described here since systemd 183:
//
//	data/ID           S: a link, E: a property, G: a tag, Q: a tag of the last event
//	tags/TAG/ID       an empty file for each device that has the tag
//
// An ID is b or c and the device's numbers, n and the index of a network
// interface, or + and subsystem:name.
type database string

// running tells whether a udev is there.
func (b database) running() bool {
	_, err := os.Lstat(string(b) + "/control")
	return err == nil
}

// id is the name of a device in the database.
func (d *Device) id() string {
	v := d.Properties
	switch {
	case v["MAJOR"] != "" && v["MAJOR"] != "0" && d.Subsystem == "block":
		return "b" + v["MAJOR"] + ":" + v["MINOR"]
	case v["MAJOR"] != "" && v["MAJOR"] != "0":
		return "c" + v["MAJOR"] + ":" + v["MINOR"]
	case v["IFINDEX"] != "":
		return "n" + v["IFINDEX"]
	case d.Subsystem != "":
		return "+" + d.Subsystem + ":" + filepath.Base(d.Path)
	}
	return ""
}

// add completes a device by what udev knows of it; false if it does not know it.
func (b database) add(d *Device) bool {
	id := d.id()
	if id == "" || strings.Contains(id, "/") {
		return false
	}
	f, err := os.Open(string(b) + "/data/" + id)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return false
	}
	var all, current []string
	version := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 2 || line[1] != ':' {
			continue
		}
		switch value := line[2:]; line[0] {
		case 'S':
			d.Links = append(d.Links, devPath(value))
		case 'E':
			if name, value, ok := strings.Cut(value, "="); ok && name != "" {
				d.Properties[name] = value
			}
		case 'G':
			all = append(all, value)
		case 'Q':
			current = append(current, value)
		case 'V':
			version, _ = strconv.Atoi(value)
		}
	}
	if d.Tags = all; version > 0 {
		d.Tags = current
	}
	return true
}

// tagged lists the paths in sysfs of the devices that have a tag.
func (b database) tagged(tag string, s sys) []string {
	entries, _ := os.ReadDir(string(b) + "/tags/" + tag)
	var indexes map[string]string // of network interfaces
	var paths []string
	for _, e := range entries {
		id := e.Name()
		var link string
		switch id[0] {
		case 'b':
			link = "/dev/block/" + id[1:]
		case 'c':
			link = "/dev/char/" + id[1:]
		case 'n':
			if indexes == nil {
				indexes = s.interfaces()
			}
			link = indexes[id[1:]]
		case '+':
			sub, name, _ := strings.Cut(id[1:], ":")
			for _, l := range []string{"/class/" + sub + "/" + name, "/bus/" + sub + "/devices/" + name} {
				if _, err := os.Lstat(string(s) + l); err == nil {
					link = l
				}
			}
		}
		if link == "" {
			continue
		}
		if p := s.resolve(string(s) + link); p != "" {
			paths = append(paths, p)
		}
	}
	return paths
}

// interfaces maps the indexes of network interfaces to their links in sysfs.
func (s sys) interfaces() map[string]string {
	all := make(map[string]string)
	files, _ := filepath.Glob(string(s) + "/class/net/*/ifindex")
	for _, f := range files {
		p := strings.TrimPrefix(f, string(s))
		if index, ok := s.read(p); ok {
			all[strings.TrimSpace(index)] = filepath.Dir(p)
		}
	}
	return all
}

// ofMessage makes a device of a message of udev, which says all.
func ofMessage(e Uevent) *Device {
	d := newDevice(e.Path, e.Vars)
	for l := range strings.FieldsSeq(e.Vars["DEVLINKS"]) {
		d.Links = append(d.Links, devPath(l))
	}
	tags, ok := e.Vars["CURRENT_TAGS"]
	if !ok {
		tags = e.Vars["TAGS"]
	}
	for t := range strings.SplitSeq(tags, ":") {
		if t != "" {
			d.Tags = append(d.Tags, t)
		}
	}
	return d
}
