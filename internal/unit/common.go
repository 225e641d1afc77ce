package unit

import (
	"wakesock/internal/value"
)

// Common is the [Unit] section, systemd.unit(5). A field has its directive's name.
type Common struct {
	Description                                          string
	Documentation                                        []string
	Wants, Requires, Requisite, BindsTo, PartOf, Upholds []Name
	Conflicts, Before, After                             []Name
	OnFailure, OnSuccess                                 []Name
	PropagatesReloadTo, ReloadPropagatedFrom             []Name
	PropagatesStopTo, StopPropagatedFrom                 []Name
	JoinsNamespaceOf                                     []Name
	RequiresMountsFor                                    []string
	WantsMountsFor                                       []string // 256
	OnSuccessJobMode, OnFailureJobMode                   string
	IgnoreOnIsolate, StopWhenUnneeded                    bool
	RefuseManualStart, RefuseManualStop                  bool
	AllowIsolate, DefaultDependencies                    bool
	SurviveFinalKillSignal                               bool   // 255
	CollectMode                                          string // inactive, inactive-or-failed
	FailureAction, SuccessAction                         string
	FailureActionExitStatus, SuccessActionExitStatus     int // -1: unset
	JobTimeoutSec, JobRunningTimeoutSec                  value.Span
	JobTimeoutAction, JobTimeoutRebootArgument           string
	StartLimitIntervalSec                                value.Span
	StartLimitBurst                                      uint32
	StartLimitAction                                     string
	RebootArgument                                       string
	SourcePath                                           string
	Conditions                                           []Condition // Condition…= and Assert…=, in order
}

func commonRows() []row[Common] {
	return []row[Common]{
		one("Description", func(c *Common) *string { return &c.Description }, text, "", "An echo service",
			"A name for the unit that people understand."),
		list("Documentation", func(c *Common) *[]string { return &c.Documentation }, documentation, "man:socat(1)",
			"Addresses of the unit's documentation."),
		one("SourcePath", func(c *Common) *string { return &c.SourcePath }, absolutePath, "", "/etc/inetd.conf",
			"The file that the unit was made from.", notEnforced(noGenerator)),
		list("Wants", func(c *Common) *[]Name { return &c.Wants }, names, "a.service",
			"Units that are started with this one, whatever becomes of them.", lasting()),
		list("Requires", func(c *Common) *[]Name { return &c.Requires }, names, "a.service",
			"Units that are started with this one and without which it does not run.", lasting()),
		list("Requisite", func(c *Common) *[]Name { return &c.Requisite }, names, "a.service",
			"Units that must run already when this one starts.", lasting()),
		list("BindsTo", func(c *Common) *[]Name { return &c.BindsTo }, names, "a.service",
			"Units that this one requires and stops with, whatever the cause.", lasting()),
		list("PartOf", func(c *Common) *[]Name { return &c.PartOf }, names, "a.service",
			"Units whose stop or restart stops or restarts this one.", lasting()),
		list("Upholds", func(c *Common) *[]Name { return &c.Upholds }, names, "a.service",
			"Units that are started again and again while this one runs.", lasting()),
		list("Conflicts", func(c *Common) *[]Name { return &c.Conflicts }, names, "a.service",
			"Units that cannot run together with this one.", lasting()),
		list("Before", func(c *Common) *[]Name { return &c.Before }, names, "a.service",
			"Units that start after this one and stop before it.", lasting()),
		list("After", func(c *Common) *[]Name { return &c.After }, names, "a.service",
			"Units that start before this one and stop after it.", lasting()),
		list("OnFailure", func(c *Common) *[]Name { return &c.OnFailure }, names, "a.service",
			"Units that are started when this one fails.", lasting()),
		list("OnSuccess", func(c *Common) *[]Name { return &c.OnSuccess }, names, "a.service",
			"Units that are started when this one ends well.", lasting()),
		list("PropagatesReloadTo", func(c *Common) *[]Name { return &c.PropagatesReloadTo }, names, "a.service",
			"Units that are reloaded with this one.", lasting()),
		list("ReloadPropagatedFrom", func(c *Common) *[]Name { return &c.ReloadPropagatedFrom }, names, "a.service",
			"Units whose reload reloads this one.", lasting()),
		list("PropagatesStopTo", func(c *Common) *[]Name { return &c.PropagatesStopTo }, names, "a.service",
			"Units that are stopped with this one.", lasting()),
		list("StopPropagatedFrom", func(c *Common) *[]Name { return &c.StopPropagatedFrom }, names, "a.service",
			"Units whose stop stops this one.", lasting()),
		list("JoinsNamespaceOf", func(c *Common) *[]Name { return &c.JoinsNamespaceOf }, names, "a.service",
			"Units whose /tmp, network and IPC this one shares.", notEnforced(noNamespace), lasting()),
		list("RequiresMountsFor", func(c *Common) *[]string { return &c.RequiresMountsFor }, paths, "/srv",
			"Paths whose mounts this unit requires and waits for.", emulated(presentMounts), lasting()),
		list("WantsMountsFor", func(c *Common) *[]string { return &c.WantsMountsFor }, paths, "/srv",
			"Paths whose mounts this unit wants and waits for.", emulated(presentMounts), lasting(), since(256)),
		one("OnSuccessJobMode", func(c *Common) *string { return &c.OnSuccessJobMode }, jobMode, "fail", "replace",
			"The job mode in which the units of OnSuccess= are started."),
		one("OnFailureJobMode", func(c *Common) *string { return &c.OnFailureJobMode }, jobMode, "replace", "fail",
			"The job mode in which the units of OnFailure= are started."),
		one("IgnoreOnIsolate", func(c *Common) *bool { return &c.IgnoreOnIsolate }, boolean, "no", "yes",
			"Keeps the unit running when another unit is isolated."),
		one("StopWhenUnneeded", func(c *Common) *bool { return &c.StopWhenUnneeded }, boolean, "no", "yes",
			"Stops the unit when no running unit needs it any more."),
		one("RefuseManualStart", func(c *Common) *bool { return &c.RefuseManualStart }, boolean, "no", "yes",
			"Lets the unit be started by other units only."),
		one("RefuseManualStop", func(c *Common) *bool { return &c.RefuseManualStop }, boolean, "no", "yes",
			"Lets the unit be stopped by other units only."),
		one("AllowIsolate", func(c *Common) *bool { return &c.AllowIsolate }, boolean, "no", "yes",
			"Lets the unit be isolated."),
		one("DefaultDependencies", func(c *Common) *bool { return &c.DefaultDependencies }, boolean, "yes", "no",
			"Adds the dependencies that nearly every unit of its type has."),
		one("SurviveFinalKillSignal", func(c *Common) *bool { return &c.SurviveFinalKillSignal }, boolean, "no", "yes",
			"Spares the unit's processes when the machine goes down.", notEnforced(noFinalKill), since(255)),
		one("CollectMode", func(c *Common) *string { return &c.CollectMode }, choice("inactive", "inactive-or-failed"), "inactive", "inactive-or-failed",
			"Says whether a unit that failed is forgotten as soon as nothing refers to it."),
		one("FailureAction", func(c *Common) *string { return &c.FailureAction }, emergencyAction, "none", "exit",
			"What the machine or the manager does when the unit fails.", emulated(someActions)),
		one("SuccessAction", func(c *Common) *string { return &c.SuccessAction }, emergencyAction, "none", "exit",
			"What the machine or the manager does when the unit ends well.", emulated(someActions)),
		one("FailureActionExitStatus", func(c *Common) *int { return &c.FailureActionExitStatus }, exitStatus, "", "3",
			"The exit status of the manager when FailureAction= ends it."),
		one("SuccessActionExitStatus", func(c *Common) *int { return &c.SuccessActionExitStatus }, exitStatus, "", "3",
			"The exit status of the manager when SuccessAction= ends it."),
		one("JobTimeoutSec", func(c *Common) *value.Span { return &c.JobTimeoutSec }, spanFixZero, "infinity", "1min",
			"How long a job of the unit may wait and run before it is cancelled.", property("JobTimeoutUSec")),
		one("JobRunningTimeoutSec", func(c *Common) *value.Span { return &c.JobRunningTimeoutSec }, spanFixZero, "infinity", "1min",
			"How long a job of the unit may run before it is cancelled.", property("JobRunningTimeoutUSec")),
		one("JobTimeoutAction", func(c *Common) *string { return &c.JobTimeoutAction }, emergencyAction, "none", "exit",
			"What the machine or the manager does when a job of the unit is cancelled for its time.", emulated(someActions)),
		one("JobTimeoutRebootArgument", func(c *Common) *string { return &c.JobTimeoutRebootArgument }, argument, "", "now",
			"The argument of the reboot that JobTimeoutAction= asks for.", notEnforced(noRebootArgument)),
		one("StartLimitIntervalSec", func(c *Common) *value.Span { return &c.StartLimitIntervalSec }, span, "10s", "1min",
			"The interval in which a unit may start StartLimitBurst= times.", property("StartLimitIntervalUSec")),
		one("StartLimitBurst", func(c *Common) *uint32 { return &c.StartLimitBurst }, unsigned, "5", "3",
			"How often a unit may start in StartLimitIntervalSec=."),
		one("StartLimitAction", func(c *Common) *string { return &c.StartLimitAction }, emergencyAction, "none", "exit",
			"What the machine or the manager does when the unit starts too often.", emulated(someActions)),
		one("RebootArgument", func(c *Common) *string { return &c.RebootArgument }, text, "", "now",
			"The argument of a reboot that one of the actions asks for.", notEnforced(noRebootArgument)),
	}
}
