// Package control is the one interface through which a running manager is
// asked and told: [Manager] names every call, its request and its reply. The
// daemon implements it; the verbs of the command line (and later D-Bus, the web
// page and the fleet) speak it and nothing else. [Serve] and [Dial] carry it
// over a unix socket, one JSON object per line, for root and the manager's own
// user only.
//
// A server owns its connections, a client its one. Start reading at api.go.
package control
