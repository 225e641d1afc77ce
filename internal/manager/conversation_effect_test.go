package manager

// How conversations print effects.

import (
	"fmt"
	"strings"
)

// effect prints one effect.
func (c *conversation) effect(f Effect) {
	switch f := f.(type) {
	case *Spawn:
		c.spawn(f)
	case Open:
		var addresses []string
		for _, l := range f.Def.Socket.Listen {
			addresses = append(addresses, l.Address.String())
		}
		c.say("open %s: %s", f.Def.Name, strings.Join(addresses, " "))
	case Close:
		how := ""
		if f.Remove {
			how = " and remove its files"
		}
		c.say("close %s%s", f.Def.Name, how)
	case Watch:
		c.say("watch %s", f.Unit)
	case Unwatch:
		c.say("unwatch %s", f.Unit)
	case WatchPaths:
		c.watchPaths(&f)
	case UnwatchPaths:
		c.say("unwatch paths of %s", f.Unit)
	case Flush:
		c.say("flush %s", f.Unit)
	case Signal:
		var to []string
		for _, r := range f.Runs {
			to = append(to, fmt.Sprint(r))
		}
		if f.Rest {
			to = append(to, "the rest")
		}
		then := ""
		if f.Hangup {
			then = ", then SIGHUP"
		}
		c.say("signal %s %s to %s%s", f.Unit, f.Signal, strings.Join(to, ", "), then)
	case Adopt:
		instead := ""
		if f.Instead != 0 {
			instead = fmt.Sprintf(" instead of %d", f.Instead)
		}
		c.say("adopt %d %s: process %d%s", f.Run, f.Def.Name, f.PID, instead)
	case Seek:
		c.say("seek the main process of %s %s", f.Unit, f.File)
	case RemoveFile:
		c.say("remove file %s", f.Path)
	case Keep:
		poll := ""
		if f.Poll {
			poll = " poll"
		}
		c.say("keep descriptors of %s as %s, %d at most%s", f.Unit, f.Name, f.Max, poll)
	case Release:
		c.say("release descriptors of %s %s", f.Unit, f.Name)
	case WatchName:
		c.say("watch bus name %s for %s", f.Name, f.Unit)
	case UnwatchName:
		c.say("unwatch bus name for %s", f.Unit)
	case Hangup:
		c.say("hang up connection %d", f.Conn)
	case Log:
		c.say("log %s <%d> %s", f.Unit, f.Priority, f.Text)
	case Answer:
		text := ""
		if f.Text != "" {
			text = ": " + f.Text
		}
		c.say("answer %s: %s%s", c.requests[f.Request], f.Result, text)
		delete(c.requests, f.Request)
	case Check:
		c.check(f)
	case ReadStamp, WriteStamp:
		c.stamp(f)
	case Forget:
		c.say("forget %s", f.Unit)
	case Exit:
		c.say("exit %d", f.Code)
	}
}

func (c *conversation) spawn(f *Spawn) {
	kind := "control"
	if f.Main {
		kind = "main"
	}
	text := fmt.Sprintf("spawn %d %s %s: %s", f.Run, f.Def.Name, kind, strings.Join(f.Command.Args, " "))
	if f.Conn != 0 {
		text += fmt.Sprintf(" conn=%d", f.Conn)
	}
	if len(f.Sockets) > 0 {
		with := " sockets="
		if f.Listen {
			with = " listen="
		}
		for i, n := range f.Sockets {
			if i > 0 {
				with += ","
			}
			with += string(n)
		}
		text += with
	}
	if f.Stored {
		text += " and the descriptors that are kept"
	}
	for _, v := range f.Vars {
		if !strings.HasPrefix(v, "INVOCATION_ID=") {
			text += " " + v
		}
	}
	c.say("%s", text)
}
