package unit

import (
	"slices"

	"wakesock/internal/value"
)

// Kill is what systemd.kill(5) adds.
type Kill struct {
	KillMode          string // control-group, mixed, process, none
	KillSignal        value.Signal
	RestartKillSignal value.Signal // 0: KillSignal
	SendSIGHUP        bool
	SendSIGKILL       bool
	FinalKillSignal   value.Signal
	WatchdogSignal    value.Signal
}

func killRows() []row[Kill] {
	return []row[Kill]{
		one("KillMode", func(k *Kill) *string { return &k.KillMode }, choice("control-group", "mixed", "process", "none"), "control-group", "mixed",
			"Says which processes of the unit are killed when it stops.", emptyResets()),
		one("KillSignal", func(k *Kill) *value.Signal { return &k.KillSignal }, signal, "SIGTERM", "SIGINT",
			"The signal that asks the unit to stop."),
		one("RestartKillSignal", func(k *Kill) *value.Signal { return &k.RestartKillSignal }, signal, "", "SIGUSR1",
			"The signal that asks the unit to stop for a restart.", shown("KillSignal=")),
		one("SendSIGHUP", func(k *Kill) *bool { return &k.SendSIGHUP }, boolean, "no", "yes",
			"Sends SIGHUP after KillSignal=, which shells understand."),
		one("SendSIGKILL", func(k *Kill) *bool { return &k.SendSIGKILL }, boolean, "yes", "no",
			"Kills what is left after the time to stop has passed."),
		one("FinalKillSignal", func(k *Kill) *value.Signal { return &k.FinalKillSignal }, signal, "SIGKILL", "SIGABRT",
			"The signal that kills what is left."),
		one("WatchdogSignal", func(k *Kill) *value.Signal { return &k.WatchdogSignal }, signal, "SIGABRT", "SIGQUIT",
			"The signal that ends a service that its watchdog gave up."),
	}
}

// socketKillRows are the same rows for [Socket], whose commands have no watchdog.
func socketKillRows(rows []row[Kill]) []row[Kill] {
	own := slices.Clone(rows)
	for i := range own {
		if own[i].Name == "WatchdogSignal" {
			own[i].apply([]option{notEnforced(noWatchdog)})
		}
	}
	return own
}
