package unit

// Kinds of value for standard streams and for the log that they end in.

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/value"
)

var (
	inputs = []string{"null", "tty", "tty-force", "tty-fail", "data", "file:", "socket", "fd", "fd:"}
	// syslog is an old word for journal that the manual no longer has.
	outputs = []string{"inherit", "null", "tty", "journal", "kmsg", "journal+console", "kmsg+console", "file:", "append:", "truncate:", "socket", "fd", "fd:"}
)

var (
	inputStream  = stream(inputs)
	outputStream = stream(outputs)
)

func stream(allowed []string) kind[Stream] {
	return kind[Stream]{
		name: "stream", words: allowed,
		parse:  func(c *Context, s string) (Stream, error) { return parseStream(c, s, allowed) },
		format: formatStream,
	}
}

func parseStream(c *Context, s string, allowed []string) (Stream, error) {
	if now, ok := map[string]string{"syslog": "journal", "syslog+console": "journal+console"}[s]; ok && slices.Contains(allowed, now) {
		c.note("write "+now, "%s is an old word for %s", s, now)
		return Stream{Kind: now}, nil
	}
	word, rest, found := strings.Cut(s, ":")
	if !found {
		if !slices.Contains(allowed, word) {
			return Stream{}, fmt.Errorf("%q is unknown, %w", s, oneOf(allowed))
		}
		return Stream{Kind: word}, nil
	}
	if !slices.Contains(allowed, word+":") {
		return Stream{}, fmt.Errorf("%q is unknown, %w", s, oneOf(allowed))
	}
	if word == "fd" {
		name, err := c.Expand(rest)
		if err == nil && name != "" {
			err = checkDescriptorName(name)
		}
		return Stream{Kind: word, Name: name}, err
	}
	p, err := absolute(c, rest)
	return Stream{Kind: word, Path: p}, err
}

// formatStream prints the kind alone: neither path nor name is in this property.
func formatStream(s Stream) string { return s.Kind }

var (
	logLevels     = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
	logFacilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
)

var (
	logLevel    = numberedWord(logLevels)
	logFacility = numberedWord(logFacilities)
)

// numberedWord makes a kind of words that stand for their index; the index may
// be written, too, and is what show prints, -1 for none.
func numberedWord(list []string) kind[string] {
	known := slices.DeleteFunc(slices.Clone(list), func(w string) bool { return w == "" })
	return kind[string]{
		name: "word", words: known,
		parse: func(_ *Context, s string) (string, error) {
			if n, err := value.ParseUint(s, 8); err == nil && int(n) < len(list) && list[n] != "" {
				return list[n], nil
			}
			if !slices.Contains(known, s) {
				return "", fmt.Errorf("%q is unknown, %w", s, oneOf(known))
			}
			return s, nil
		},
		format: func(s string) string {
			if s == "" {
				return "-1"
			}
			return strconv.Itoa(slices.Index(list, s))
		},
	}
}

var logFields = eachEscaped("fields NAME=VALUE", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	name, _, found := strings.Cut(w, "=")
	switch {
	case !found:
		return "", fmt.Errorf("%q is not NAME=VALUE", w)
	case name == "" || len(name) > 64 || name[0] == '_' || name[0] >= '0' && name[0] <= '9',
		strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
		return "", fmt.Errorf("%q is not the name of a log field, which is of capital letters, digits and '_'", name)
	}
	return w, nil
}, func(fields []string) string { return strings.Join(fields, " ") }) // without quotes, as in systemd

// inputText is text with C escapes, each line of which ends in a newline.
var inputText = kind[string]{
	name: "text", format: formatInputData, empty: true,
	parse: func(c *Context, s string) (string, error) {
		s, err := unescapeAll(s)
		if err == nil {
			s, err = c.Expand(s)
		}
		return s + "\n", err
	},
}

// inputData is bytes in base64, across which white space does not matter.
var inputData = kind[string]{
	name: "base64", format: formatInputData, empty: true,
	parse: func(_ *Context, s string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
		if err != nil {
			return "", errors.New("this is not base64")
		}
		return string(b), nil
	},
}

func formatInputData(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// unescapeAll resolves the escapes of systemd.syntax(7) outside of quotes.
func unescapeAll(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for s != "" {
		if s[0] != '\\' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		text, n := unescapeC(s)
		if n == 0 {
			return "", errors.New("this has an escape that is unknown")
		}
		b.Write(text)
		s = s[n:]
	}
	return b.String(), nil
}
