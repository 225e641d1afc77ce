package unit

// Terminal is what systemd.exec(5) says about terminals and log-in records.
type Terminal struct {
	TTYPath             string
	TTYReset            bool
	TTYVHangup          bool
	TTYVTDisallocate    bool
	TTYRows             uint32
	TTYColumns          uint32
	UtmpIdentifier      string
	UtmpMode            string
	PAMName             string
	SetLoginEnvironment string // 255
}

func terminalRows() []row[Exec] {
	return []row[Exec]{
		one("TTYPath", func(e *Exec) *string { return &e.TTYPath }, absolutePath, "", "/dev/tty9",
			"The terminal that StandardInput=tty and its sisters mean.", notEnforced(noTerminal)),
		one("TTYReset", func(e *Exec) *bool { return &e.TTYReset }, boolean, "no", "yes",
			"Resets the terminal before and after the commands run.", notEnforced(noTerminal)),
		one("TTYVHangup", func(e *Exec) *bool { return &e.TTYVHangup }, boolean, "no", "yes",
			"Disconnects all others from the terminal before and after the commands run.", notEnforced(noTerminal)),
		one("TTYVTDisallocate", func(e *Exec) *bool { return &e.TTYVTDisallocate }, boolean, "no", "yes",
			"Clears the virtual terminal before and after the commands run.", notEnforced(noTerminal)),
		one("TTYRows", func(e *Exec) *uint32 { return &e.TTYRows }, terminalSize, "", "25",
			"The height of the terminal.", notEnforced(noTerminal), property("")),
		one("TTYColumns", func(e *Exec) *uint32 { return &e.TTYColumns }, terminalSize, "", "80",
			"The width of the terminal.", notEnforced(noTerminal), property("")),
		one("UtmpIdentifier", func(e *Exec) *string { return &e.UtmpIdentifier }, text, "", "tty9",
			"The identifier of the record of log-ins and log-outs.", notEnforced(noUtmp)),
		one("UtmpMode", func(e *Exec) *string { return &e.UtmpMode }, choice("init", "login", "user"), "init", "user",
			"The kind of the record of log-ins and log-outs.", notEnforced(noUtmp)),
		one("PAMName", func(e *Exec) *string { return &e.PAMName }, text, "", "login",
			"Opens a session of this PAM service for the commands.", notEnforced(noPAM)),
		one("SetLoginEnvironment", func(e *Exec) *string { return &e.SetLoginEnvironment }, triState, "", "no",
			"Sets HOME, LOGNAME and SHELL for the commands.", notEnforced(noLogin), since(255)),
	}
}
