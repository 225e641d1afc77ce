package demo

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// The sockets of the demo, in the order of their ports.
var sockets = [3]struct{ name, title, verb string }{
	{"echo", "Echo server", "echo"},
	{"filetrans", "File transfer server", "file"},
	{"surveillance", "Surveillance server", "picture"},
}

// Sockets returns the names of the socket units, in the order of their ports.
func Sockets() []string {
	names := make([]string, len(sockets))
	for i, s := range sockets {
		names[i] = s.name + ".socket"
	}
	return names
}

// Units returns the unit files of the demo, text by file name: a socket unit and
// its service template for each of echo, files and pictures. They are ordinary
// unit files that systemd would load as well. Store is the folder for what is
// received, binary the absolute path of the program, host the address to listen
// on; an empty host is every interface.
func Units(store, binary, host string, ports [3]int) map[string]string {
	files := map[string]string{}
	for i, s := range sockets {
		// A bare port listens on every interface, as the tutorial has it.
		address := strconv.Itoa(ports[i])
		if host != "" {
			address = net.JoinHostPort(host, address)
		}
		command := quoteProgram(binary) + " demo-service " + s.verb
		if s.verb != "echo" {
			command += " " + quote(store)
		}
		files[s.name+".socket"] = fmt.Sprintf(`[Unit]
Description=%s

[Socket]
ListenStream=%s
Accept=yes

[Install]
WantedBy=sockets.target
`, s.title, address)
		files[s.name+"@.service"] = fmt.Sprintf(`[Unit]
Description=%s service
CollectMode=inactive-or-failed

[Service]
ExecStart=%s
StandardInput=socket
# Without this line error messages would go to the client, like the answer.
StandardError=journal
`, s.title, command)
	}
	return files
}

// quote writes s as one word of a command line (systemd.service(5)): quoted, and
// with nothing in it taken for an escape, a specifier or a variable.
func quote(s string) string {
	return strings.ReplaceAll(quoteProgram(s), `$`, `$$`)
}

// quoteProgram is quote for the first word, in which there are no variables.
func quoteProgram(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, "\n", `\n`).Replace(s) + `"`
}
