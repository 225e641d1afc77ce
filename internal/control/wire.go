package control

import (
	"context"
	"encoding/json"
	"os"
)

// A request line and a reply line. One line is one JSON object; a connection
// carries any number of requests, answered in order.
type request struct {
	Call string          `json:"call"`
	Args json.RawMessage `json:"args,omitempty"`
}

type reply struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

// maxLine bounds a request, so that no client can fill the manager's memory.
const maxLine = 1 << 20

// A call serves one kind of request.
type call func(ctx context.Context, m Manager, args json.RawMessage, files []*os.File) (any, error)

// A taker is a request that descriptors may come with; the manager that serves it
// owns them.
type taker interface{ take(files []*os.File) }

// calls is every call by its name on the wire.
var calls = map[string]call{
	"Jobs":         serve(Manager.Jobs),
	"Queue":        serve(Manager.Queue),
	"Cancel":       serve(Manager.Cancel),
	"Dependencies": serve(Manager.Dependencies),
	"Units":        serve(Manager.Units),
	"Sockets":      serve(Manager.Sockets),
	"Paths":        serve(Manager.Paths),
	"Timers":       serve(Manager.Timers),
	"Transient":    serve(Manager.Transient),
	"Properties":   serve(Manager.Properties),
	"Wait":         serve(Manager.Wait),
	"Show":         serve(Manager.Show),
	"Status":       serve(Manager.Status),
	"Files":        serve(Manager.Files),
	"Explain":      serve(Manager.Explain),
	"Environment":  serve(Manager.Environment),
	"Reload":       serve(Manager.Reload),
	"Reset":        serve(Manager.Reset),
	"Kill":         serve(Manager.Kill),
	"Quit":         serve(Manager.Quit),
	"Info":         serve(Manager.Info),
}

// serve makes a call of a method of Manager.
func serve[Req, Rep any](method func(Manager, context.Context, Req) (Rep, error)) call {
	return func(ctx context.Context, m Manager, args json.RawMessage, files []*os.File) (any, error) {
		var r Req
		if len(args) > 0 {
			if err := json.Unmarshal(args, &r); err != nil {
				closeAll(files)
				return nil, &Error{Code: CodeInvalid, Text: "bad arguments: " + err.Error()}
			}
		}
		if t, ok := any(&r).(taker); ok {
			t.take(files)
		} else {
			closeAll(files)
		}
		return method(m, ctx, r)
	}
}
