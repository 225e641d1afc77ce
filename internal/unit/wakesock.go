package unit

// Wakesock is the [X-Wakesock] section: our own additions, which systemd ignores.
type Wakesock struct {
	TriggerLimitAction string // pause (default) or fail
}

func wakesockRows() []row[Wakesock] {
	return []row[Wakesock]{
		one("TriggerLimitAction", func(w *Wakesock) *string { return &w.TriggerLimitAction }, choice("pause", "fail"), "pause", "fail",
			"Says whether a socket over its trigger limit pauses for the interval or fails, as under systemd."),
	}
}
