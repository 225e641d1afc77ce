// Package unit says what unit files say: it reads them (systemd.syntax(7)),
// knows their names, finds them on the search path with their drop-ins,
// aliases, masks and dependency folders (systemd.unit(5)), expands specifiers
// and turns every assignment into a typed field through one table of directives.
// What is wrong is collected as [Problem] values with file and line.
//
// It is called by manager and the edges for the types, and by daemon and ctl
// for loading. It is pure: it reads files only through the fs.FS it is given,
// and a loaded [Unit] is never changed again. Start reading at unit.go for the
// types, load.go for the road from a name to a Unit, directive.go for the table.
package unit
