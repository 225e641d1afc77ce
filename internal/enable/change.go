package enable

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// A Kind is what a Change is.
type Kind int

// The kinds of changes; the first three are to be carried out.
const (
	Created       Kind = iota // a link at Path that leads to Source
	Removed                   // the link or file at Path
	RemovedFolder             // the folder at Path and all in it
	IsMasked                  // Path is masked and was left alone
	IsDangling                // Path is another name of a unit that does not exist
	NoTarget                  // Source was added to a unit that does not exist, Path
	NoAuxiliary               // a unit named by Also= cannot be enabled, Source
	Warned                    // Source is wrong in a file, Path
	Failed                    // Err, about Path
)

// A Change is one thing that is done to the folders, or said about them. Paths
// are as they are from outside the root, but for what a link leads to.
type Change struct {
	Kind     Kind
	Path     string
	Source   string
	Err      error
	Replaces bool   // Created: in place of another link
	Real     string // Path where no folder is a link that leaves the root; of what is to be carried out
}

// A Reason is a failure that has its own line.
type Reason int

// The reasons, after which systemd calls an error number.
const (
	Exists       Reason = iota + 1 // EEXIST
	Masked                         // ERFKILL
	Generated                      // EADDRNOTAVAIL
	UnderPath                      // ETXTBSY
	BadSpecifier                   // EBADSLT
	NotTemplate                    // EIDRM
	BadName                        // EUCLEAN
	IsLink                         // ELOOP
	BadAlias                       // EXDEV
	NoUnit                         // ENOENT
	NoSpecifier                    // EUNATCH
	Invalid                        // EINVAL
	Severed                        // ENOLINK
	BadFile                        // EBADMSG
	NoFolder                       // ENXIO
	IsFolder                       // EISDIR
	NotRegular                     // EBADFD
)

var reasons = map[Reason]string{
	Exists: "File exists", Masked: "Unit file is masked", Generated: "Unit file is transient or generated",
	UnderPath: "Unit file is under the unit path already", BadSpecifier: "Invalid specifier",
	NotTemplate: "Destination is no template", BadName: "Not a valid unit name",
	IsLink: "Too many levels of symbolic links", BadAlias: "Invalid cross-device link",
	NoUnit: "No such file or directory", NoSpecifier: "Cannot resolve specifier", Invalid: "Invalid argument",
	Severed: "Link has been severed", BadFile: "Bad message", NoFolder: "No such device or address",
	IsFolder: "Is a directory", NotRegular: "File descriptor in bad state",
}

func (r Reason) Error() string { return reasons[r] }

// sentences are the lines of reasons that have one of their own: the verb, Path
// and Source are filled in.
var sentences = map[Reason]string{
	Masked:       "Failed to %[1]s unit, unit %[2]s is masked.",
	Generated:    "Failed to %[1]s unit, unit %[2]s is transient or generated.",
	UnderPath:    "Failed to %[1]s unit, file %[2]s is under the systemd unit hierarchy already.",
	BadSpecifier: "Failed to %[1]s unit, invalid specifier in \"%[2]s\".",
	NotTemplate:  "Failed to %[1]s %[3]s, destination unit %[2]s is a non-template unit.",
	BadName:      "Failed to %[1]s unit, \"%[2]s\" is not a valid unit name.",
	IsLink:       "Failed to %[1]s unit, refusing to operate on linked unit file %[2]s.",
	NoUnit:       "Failed to %[1]s unit, unit %[2]s does not exist.",
	NoSpecifier:  "Failed to %[1]s unit, cannot resolve specifiers in \"%[2]s\".",
}

// Text is what systemctl says about the change; verb is for failures.
func (c Change) Text(verb string) string {
	switch c.Kind {
	case Created:
		s := fmt.Sprintf("Created symlink %s → %s.", c.Path, c.Source)
		if c.Replaces {
			s = fmt.Sprintf("Removed \"%s\".\n%s", c.Path, s)
		}
		return s
	case Removed, RemovedFolder:
		return fmt.Sprintf("Removed \"%s\".", c.Path)
	case IsMasked:
		return fmt.Sprintf("Unit %s is masked, ignoring.", c.Path)
	case IsDangling:
		return fmt.Sprintf("Unit %s is an alias to a unit that is not present, ignoring.", c.Path)
	case NoTarget:
		return fmt.Sprintf("Unit %s is added as a dependency to a non-existent unit %s.", c.Source, c.Path)
	case NoAuxiliary:
		return fmt.Sprintf("Failed to enable auxiliary unit %s, ignoring.", c.Source)
	case Warned:
		return c.Path + ": " + c.Source
	case Failed:
		return c.failure(verb)
	}
	panic(fmt.Sprintf("BUG: change of kind %d", c.Kind))
}

func (c Change) failure(verb string) string {
	r, known := errors.AsType[Reason](c.Err)
	switch {
	case known && sentences[r] != "":
		return fmt.Sprintf(sentences[r]+"%.0[2]s%.0[3]s", verb, c.Path, c.Source)
	case r == Exists && c.Source != "":
		return fmt.Sprintf("Failed to %s unit, file \"%s\" already exists and is a symlink to \"%s\".", verb, c.Path, c.Source)
	case r == Exists:
		return fmt.Sprintf("Failed to %s unit, file \"%s\" already exists.", verb, c.Path)
	case r == BadAlias && c.Source != "":
		return fmt.Sprintf("Failed to %s unit, cannot alias %s as %s.", verb, c.Source, c.Path)
	case r == BadAlias:
		return fmt.Sprintf("Failed to %s unit, invalid unit reference \"%s\".", verb, c.Path)
	}
	return fmt.Sprintf("Failed to %s unit, file \"%s\": %s", verb, c.Path, Plain(c.Err))
}

// Plain is an error as systemd's tools print them: the bare cause, with a capital.
func Plain(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	s := err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		s = "no such file or directory"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
