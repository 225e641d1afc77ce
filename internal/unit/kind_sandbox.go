package unit

// Kinds of value of the sandboxing directives: vocabularies, filters, mounts.

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wakesock/internal/value"
)

// vocabulary makes a kind of lists of words that a function knows; a '~' in
// front of the first word turns the meaning round and is kept.
func vocabulary(name string, known func(w string) bool) kind[[]string] {
	return each(name, func(_ *Context, w string) (string, error) {
		if w != "~" && !known(strings.TrimPrefix(w, "~")) {
			return "", fmt.Errorf("%q is unknown", w)
		}
		return w, nil
	}, FormatWords)
}

// unsetAs makes show print something else for an empty list; unsetTilde makes
// it print the filter that lets everything pass.
func unsetAs(shown string, k kind[[]string]) kind[[]string] {
	format := k.format
	k.format = func(words []string) string {
		if len(words) == 0 {
			return shown
		}
		return format(words)
	}
	return k
}

func unsetTilde(k kind[[]string]) kind[[]string] { return unsetAs("~", k) }

// letters tells whether s begins with a prefix and goes on with letters, digits
// and underscores only.
func letters(s, prefix string) bool {
	if len(s) <= len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return false
	}
	return strings.Trim(strings.ToLower(s[len(prefix):]), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

var (
	addressFamilies = unsetTilde(vocabulary("address families, or none", func(w string) bool { return w == "none" || letters(w, "AF_") }))
	namespaces      = unsetAs("no", each("kinds of namespace, or boolean", func(_ *Context, w string) (string, error) {
		if b, err := value.ParseBool(w); err == nil {
			return value.FormatBool(b), nil
		}
		if !slices.Contains([]string{"", "cgroup", "ipc", "net", "mnt", "pid", "user", "uts", "time"}, strings.TrimPrefix(w, "~")) {
			return "", fmt.Errorf("%q is unknown", w)
		}
		return w, nil
	}, FormatWords))
	systemCalls = unsetTilde(vocabulary("system calls or groups of them", func(w string) bool {
		name, action, found := strings.Cut(strings.TrimPrefix(w, "@"), ":")
		if found && action != "kill" && action != "log" && !validErrno(action) {
			return false
		}
		return letters(strings.ReplaceAll(name, "-", "_"), "") && (name[0] < '0' || name[0] > '9')
	}))
	// filterList is of names that are not checked; a '~' in front inverts it.
	filterList = unsetTilde(wordList)
)

// validErrno accepts a number or the name of an error, errno(3).
func validErrno(s string) bool {
	if n, err := strconv.Atoi(s); err == nil {
		return n >= 0 && n <= 4095
	}
	return len(s) > 1 && s[0] == 'E' && letters(s, "E") && strings.ToUpper(s) == s
}

var errorNumber = checked("error number or name, or kill", func(s string) error {
	if s != "kill" && !validErrno(s) {
		return fmt.Errorf("%q is not the name of an error", s)
	}
	return nil
})

var callArchitectures = []string{"native", "x86", "x86-64", "x32", "arm", "arm64", "loongarch64", "mips", "mips64", "mips64-n32",
	"mips64-le", "mips64-le-n32", "mips-le", "parisc", "parisc64", "ppc", "ppc64", "ppc64-le", "riscv64", "s390", "s390x"}

var protectHostname = kind[string]{
	name: "boolean, or private, perhaps with a host name after a colon", words: []string{"yes", "no", "private"}, format: same,
	parse: func(c *Context, s string) (string, error) {
		word, host, found := strings.Cut(s, ":")
		v, err := boolOr("private").parse(c, word)
		if err != nil || !found {
			return v, err
		}
		host, err = c.Expand(host)
		if err == nil && (host == "" || len(host) > 64) {
			err = fmt.Errorf("%q is not a host name", host)
		}
		return v + ":" + host, err
	},
}

// bindPaths are SOURCE:DESTINATION:OPTIONS, completed.
var bindPaths = each("source:destination:options", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	rest, missing := strings.CutPrefix(w, "-")
	parts := strings.Split(rest, ":")
	if len(parts) > 3 {
		return "", fmt.Errorf("%q has too many colons", w)
	}
	if len(parts) == 1 {
		parts = append(parts, parts[0])
	}
	if len(parts) == 2 {
		parts = append(parts, "rbind")
	}
	for i := range parts[:2] {
		if parts[i], err = cleanPath(parts[i]); err != nil {
			return "", err
		}
	}
	if _, err := choice("rbind", "norbind").parse(c, parts[2]); err != nil {
		return "", err
	}
	if missing {
		parts[0] = "-" + parts[0]
	}
	return strings.Join(parts, ":"), nil
}, func(all []string) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = strings.TrimSuffix(w, ":norbind")
	}
	return strings.Join(words, " ")
})

// secureBitNames are in the order of their bits.
var secureBitNames = []string{"noroot", "noroot-locked", "no-setuid-fixup", "no-setuid-fixup-locked", "keep-caps", "keep-caps-locked"}

var secureBits = func() kind[[]string] {
	k := wordsOf(secureBitNames...)
	k.format = func(words []string) string {
		bits := 0
		for _, w := range words {
			bits |= 1 << slices.Index(secureBitNames, w)
		}
		return strconv.Itoa(bits)
	}
	return k
}()

// emptyFolders are absolute paths with mount options.
var emptyFolders = each("absolute path:options", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err == nil {
		first, _, _ := strings.Cut(w, ":")
		_, err = cleanPath(first)
	}
	return w, err
}, FormatWords)

// mounts are words of which the first part is an absolute path, maybe after '-'.
var mounts = each("absolute path:further parts", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err == nil {
		first, _, _ := strings.Cut(strings.TrimPrefix(w, "-"), ":")
		_, err = cleanPath(first)
	}
	return w, err
}, FormatWords)

// rootHash is an absolute path or hexadecimal digits.
var rootHash = checked("absolute path, or hexadecimal digits", func(s string) error {
	if strings.HasPrefix(s, "/") {
		_, err := cleanPath(s)
		return err
	}
	if b, err := hex.DecodeString(s); err != nil || len(b) < 16 {
		return fmt.Errorf("%q is neither an absolute path nor a hash of at least 32 digits", s)
	}
	return nil
})

// rootSignature is an absolute path or base64.
var rootSignature = checked("absolute path, or base64: and the signature", func(s string) error {
	if text, found := strings.CutPrefix(s, "base64:"); found {
		_, err := base64.StdEncoding.DecodeString(text)
		return err
	}
	_, err := cleanPath(s)
	return err
})

// logNamespace is the name of a log.
var logNamespace = checked("name", func(s string) error {
	if s == "" || len(s) > 190 || strings.ContainsFunc(s, func(r rune) bool {
		return r >= 127 || !isAlphanumeric(byte(r)) && !strings.ContainsRune(":-_.@", r)
	}) {
		return fmt.Errorf("%q is not a name of letters, digits and :-_.@", s)
	}
	return nil
})

// checkCredential tells what is not the name of a credential.
func checkCredential(s string) error {
	if s == "" || s == "." || s == ".." || len(s) > 255 ||
		strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 127 || r == '/' || r == ':' }) {
		return fmt.Errorf("%q is not the name of a credential", s)
	}
	return nil
}

// loadCredential is NAME or NAME:SOURCE, a path or the name of another one.
var loadCredential = single("name:source", func(c *Context, s string) (string, error) {
	s, err := c.Expand(s)
	if err != nil {
		return "", err
	}
	name, source, found := strings.Cut(s, ":")
	err = checkCredential(name)
	if err == nil && found {
		if strings.HasPrefix(source, "/") {
			source, err = cleanPath(source)
		} else {
			err = checkCredential(source)
		}
		s = name + ":" + source
	}
	return s, err
}, FormatWords)

// setCredential is NAME:VALUE.
var setCredential = single("name:value", func(c *Context, s string) (string, error) {
	name, value, found := strings.Cut(s, ":")
	if !found || value == "" {
		return "", fmt.Errorf("%q is not name:value", s)
	}
	name, err := c.Expand(name)
	if err == nil {
		err = checkCredential(name)
	}
	if c.Directive.Name == "SetCredentialEncrypted" && err == nil {
		if _, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), "")); err != nil {
			return "", errors.New("the value is not base64")
		}
	}
	return name + ":" + value, err
}, FormatWords)

// partitions are those of a disk image that RootImageOptions= knows.
var partitions = []string{"root", "usr", "home", "srv", "esp", "xbootldr", "tmp", "var"}

// rootOptions are mount options, each of one partition, or of the root without a name.
var rootOptions = eachEscaped("partition:options", func(c *Context, w string) (string, error) {
	w, err := c.Expand(w)
	if err != nil {
		return "", err
	}
	if name, _, found := strings.Cut(w, ":"); found && !slices.Contains(partitions, name) {
		return "", fmt.Errorf("%q is not a partition, %w", name, oneOf(partitions))
	}
	return w, nil
}, FormatWords)
