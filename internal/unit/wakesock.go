package unit

// Wakesock is the [X-Wakesock] section: our own additions, which systemd ignores.
type Wakesock struct {
	TriggerLimitAction string // pause (default) or fail
	PathMissed         string // start (default) or ignore
}

func wakesockRows() []row[Wakesock] {
	return []row[Wakesock]{
		one("TriggerLimitAction", func(w *Wakesock) *string { return &w.TriggerLimitAction }, choice("pause", "fail"), "pause", "fail",
			"Says whether a socket or a path over its trigger limit pauses for the interval or fails, as under systemd."),
		one("PathMissed", func(w *Wakesock) *string { return &w.PathMissed }, choice("start", "ignore"), "start", "ignore",
			"Says whether what changes while the unit of a path runs starts it once more or is ignored, as under systemd."),
	}
}
