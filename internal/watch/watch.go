package watch

import (
	"wakesock/internal/unit"
	"wakesock/internal/value"
)

// A Request says what one unit waits for from now on.
type Request struct {
	Unit    unit.Name
	Number  uint64 // told back with the news, to tell them from older ones
	Watches []unit.Watch
	Begin   bool       // from here on only: nothing before counts, and folders are made
	Make    bool       // at Begin: MakeDirectory=
	Mode    value.Mode // of the folders that are made
	Forget  bool       // what has changed since the last news is not told
	Missed  string     // a path whose change was told and could not be served: told again at once
}

// News are that what a unit waits for has happened.
type News struct {
	Unit   unit.Name
	Number uint64
	Path   string // as written; with PathExistsGlob= the path that matches
	Change bool   // something has changed, rather than that it is so
	Missed bool   // it happened before the request
}

// A Report is where a [Watcher] tells what it finds. It calls them from a goroutine
// of its own; they must not wait for the Watcher.
type Report struct {
	Watched func(name unit.Name, number uint64) // a request with Begin holds from now on
	News    func(News)
	Trouble func(name unit.Name, text string) // a unit's, or with an empty name everybody's
}
