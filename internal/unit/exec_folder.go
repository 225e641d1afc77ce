package unit

import "wakesock/internal/value"

// Folders is what systemd.exec(5) says about the folders that a unit is given.
type Folders struct {
	RuntimeDirectory           []string
	RuntimeDirectoryMode       value.Mode
	RuntimeDirectoryPreserve   string
	StateDirectory             []string
	StateDirectoryMode         value.Mode
	StateDirectoryAccounting   bool   // 258
	StateDirectoryQuota        string // 258
	CacheDirectory             []string
	CacheDirectoryMode         value.Mode
	CacheDirectoryAccounting   bool   // 258
	CacheDirectoryQuota        string // 258
	LogsDirectory              []string
	LogsDirectoryMode          value.Mode
	LogsDirectoryAccounting    bool   // 258
	LogsDirectoryQuota         string // 258
	ConfigurationDirectory     []string
	ConfigurationDirectoryMode value.Mode
	TimeoutCleanSec            value.Span
}

func folderRows() []row[Exec] {
	return []row[Exec]{
		list("RuntimeDirectory", func(e *Exec) *[]string { return &e.RuntimeDirectory }, relativePaths, "echo",
			"Folders below /run that are made at start and removed at stop.", notEnforced(noFolders)),
		one("RuntimeDirectoryMode", func(e *Exec) *value.Mode { return &e.RuntimeDirectoryMode }, mode, "0755", "0700",
			"The access mode of RuntimeDirectory=.", notEnforced(noFolders)),
		one("RuntimeDirectoryPreserve", func(e *Exec) *string { return &e.RuntimeDirectoryPreserve }, boolOr("restart"), "no", "restart",
			"Keeps RuntimeDirectory= when the unit stops, or only when it restarts.", notEnforced(noFolders)),
		list("StateDirectory", func(e *Exec) *[]string { return &e.StateDirectory }, relativePaths, "echo",
			"Folders below /var/lib that are made at start and kept.", notEnforced(noFolders)),
		one("StateDirectoryMode", func(e *Exec) *value.Mode { return &e.StateDirectoryMode }, mode, "0755", "0700",
			"The access mode of StateDirectory=.", notEnforced(noFolders)),
		one("StateDirectoryAccounting", func(e *Exec) *bool { return &e.StateDirectoryAccounting }, boolean, "no", "yes",
			"Counts the space that StateDirectory= takes.", notEnforced(noFolders), since(258)),
		one("StateDirectoryQuota", func(e *Exec) *string { return &e.StateDirectoryQuota }, text, "", "1G",
			"Limits the space that StateDirectory= may take.", notEnforced(noFolders), since(258)),
		list("CacheDirectory", func(e *Exec) *[]string { return &e.CacheDirectory }, relativePaths, "echo",
			"Folders below /var/cache that are made at start and kept.", notEnforced(noFolders)),
		one("CacheDirectoryMode", func(e *Exec) *value.Mode { return &e.CacheDirectoryMode }, mode, "0755", "0700",
			"The access mode of CacheDirectory=.", notEnforced(noFolders)),
		one("CacheDirectoryAccounting", func(e *Exec) *bool { return &e.CacheDirectoryAccounting }, boolean, "no", "yes",
			"Counts the space that CacheDirectory= takes.", notEnforced(noFolders), since(258)),
		one("CacheDirectoryQuota", func(e *Exec) *string { return &e.CacheDirectoryQuota }, text, "", "1G",
			"Limits the space that CacheDirectory= may take.", notEnforced(noFolders), since(258)),
		list("LogsDirectory", func(e *Exec) *[]string { return &e.LogsDirectory }, relativePaths, "echo",
			"Folders below /var/log that are made at start and kept.", notEnforced(noFolders)),
		one("LogsDirectoryMode", func(e *Exec) *value.Mode { return &e.LogsDirectoryMode }, mode, "0755", "0700",
			"The access mode of LogsDirectory=.", notEnforced(noFolders)),
		one("LogsDirectoryAccounting", func(e *Exec) *bool { return &e.LogsDirectoryAccounting }, boolean, "no", "yes",
			"Counts the space that LogsDirectory= takes.", notEnforced(noFolders), since(258)),
		one("LogsDirectoryQuota", func(e *Exec) *string { return &e.LogsDirectoryQuota }, text, "", "1G",
			"Limits the space that LogsDirectory= may take.", notEnforced(noFolders), since(258)),
		list("ConfigurationDirectory", func(e *Exec) *[]string { return &e.ConfigurationDirectory }, relativePaths, "echo",
			"Folders below /etc that are made at start and kept.", notEnforced(noFolders)),
		one("ConfigurationDirectoryMode", func(e *Exec) *value.Mode { return &e.ConfigurationDirectoryMode }, mode, "0755", "0700",
			"The access mode of ConfigurationDirectory=.", notEnforced(noFolders)),
		one("TimeoutCleanSec", func(e *Exec) *value.Span { return &e.TimeoutCleanSec }, span, "infinity", "1min",
			"How long the removal of the unit's folders may take.", notEnforced(noFolders), property("TimeoutCleanUSec")),
	}
}
