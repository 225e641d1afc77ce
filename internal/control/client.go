package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// A Client is a Manager at the other end of a unix socket.
type Client struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
}

var _ Manager = (*Client)(nil)

// Dial connects to the control socket at path.
func Dial(path string) (*Client, error) {
	c, err := net.Dial("unix", path)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, &Error{
			Code: CodeNoManager,
			Text: fmt.Sprintf("no manager answers at %q", path),
			Hint: "start one with 'wakesock run', or name its socket with --control",
		}
	case errors.Is(err, os.ErrPermission):
		return nil, &Error{Code: CodePermission, Text: fmt.Sprintf("access to %q denied", path), Hint: "ask as root or as the manager's own user"}
	case err != nil:
		return nil, &Error{Code: CodeNoManager, Text: err.Error()}
	}
	return &Client{conn: c, in: bufio.NewReader(c)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// ask sends one request and waits for its reply. When ctx ends, the connection is closed.
func ask[Rep any](ctx context.Context, c *Client, name string, args any, files ...*os.File) (Rep, error) {
	var result Rep
	c.mu.Lock()
	defer c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	data, err := json.Marshal(args)
	if err != nil {
		return result, err
	}
	text, err := json.Marshal(request{Call: name, Args: data})
	if err != nil {
		return result, err
	}
	written := writeWith(c.conn, append(text, '\n'), files)
	line, err := c.in.ReadBytes('\n') // the manager may have said why it does not listen
	if err != nil {
		return result, lost(ctx, cmp.Or(written, err))
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return result, err
	}
	if r.Error != nil {
		return result, r.Error
	}
	return result, json.Unmarshal(r.Result, &result)
}

func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{Code: CodeNoManager, Text: "the manager went away: " + err.Error()}
}

// Jobs implements Manager.
func (c *Client) Jobs(ctx context.Context, r JobsRequest) ([]JobReply, error) {
	return ask[[]JobReply](ctx, c, "Jobs", r)
}

// Units implements Manager.
func (c *Client) Units(ctx context.Context, r UnitsRequest) ([]Unit, error) {
	return ask[[]Unit](ctx, c, "Units", r)
}

// Sockets implements Manager.
func (c *Client) Sockets(ctx context.Context, r UnitsRequest) ([]Socket, error) {
	return ask[[]Socket](ctx, c, "Sockets", r)
}

// Queue implements Manager.
func (c *Client) Queue(ctx context.Context, r Nothing) ([]Job, error) {
	return ask[[]Job](ctx, c, "Queue", r)
}

// Cancel implements Manager.
func (c *Client) Cancel(ctx context.Context, r CancelRequest) (Nothing, error) {
	return ask[Nothing](ctx, c, "Cancel", r)
}

// Dependencies implements Manager.
func (c *Client) Dependencies(ctx context.Context, r NamesRequest) ([]Dependency, error) {
	return ask[[]Dependency](ctx, c, "Dependencies", r)
}

// Paths implements Manager.
func (c *Client) Paths(ctx context.Context, r UnitsRequest) ([]Path, error) {
	return ask[[]Path](ctx, c, "Paths", r)
}

// Timers implements Manager.
func (c *Client) Timers(ctx context.Context, r UnitsRequest) ([]Timer, error) {
	return ask[[]Timer](ctx, c, "Timers", r)
}

// Transient implements Manager. The caller's files stay its own.
func (c *Client) Transient(ctx context.Context, r TransientRequest) (JobReply, error) {
	return ask[JobReply](ctx, c, "Transient", r, r.Streams...)
}

// Properties implements Manager.
func (c *Client) Properties(ctx context.Context, r PropertiesRequest) (Nothing, error) {
	return ask[Nothing](ctx, c, "Properties", r)
}

// Wait implements Manager.
func (c *Client) Wait(ctx context.Context, r NamesRequest) ([]Ended, error) {
	return ask[[]Ended](ctx, c, "Wait", r)
}

// Show implements Manager.
func (c *Client) Show(ctx context.Context, r NamesRequest) ([]Properties, error) {
	return ask[[]Properties](ctx, c, "Show", r)
}

// Status implements Manager.
func (c *Client) Status(ctx context.Context, r NamesRequest) ([]Status, error) {
	return ask[[]Status](ctx, c, "Status", r)
}

// Files implements Manager.
func (c *Client) Files(ctx context.Context, r NamesRequest) ([]Files, error) {
	return ask[[]Files](ctx, c, "Files", r)
}

// Explain implements Manager.
func (c *Client) Explain(ctx context.Context, r ExplainRequest) ([]Explanation, error) {
	return ask[[]Explanation](ctx, c, "Explain", r)
}

// Environment implements Manager.
func (c *Client) Environment(ctx context.Context, r EnvironmentRequest) (EnvironmentReply, error) {
	return ask[EnvironmentReply](ctx, c, "Environment", r)
}

// Reload implements Manager.
func (c *Client) Reload(ctx context.Context, r Nothing) (ReloadReply, error) {
	return ask[ReloadReply](ctx, c, "Reload", r)
}

// Reset implements Manager.
func (c *Client) Reset(ctx context.Context, r NamesRequest) (Nothing, error) {
	return ask[Nothing](ctx, c, "Reset", r)
}

// Kill implements Manager.
func (c *Client) Kill(ctx context.Context, r KillRequest) (Nothing, error) {
	return ask[Nothing](ctx, c, "Kill", r)
}

// Quit implements Manager.
func (c *Client) Quit(ctx context.Context, r QuitRequest) (Nothing, error) {
	return ask[Nothing](ctx, c, "Quit", r)
}

// Info implements Manager.
func (c *Client) Info(ctx context.Context, r Nothing) (Info, error) {
	return ask[Info](ctx, c, "Info", r)
}
