package unit

import "wakesock/internal/value"

// limits are the directives of setrlimit(2).
var limits = []struct {
	name          string
	field         func(*Exec) *value.Limit
	example, text string
}{
	{"LimitCPU", func(e *Exec) *value.Limit { return &e.LimitCPU }, "60", "The most processor time of a process, in seconds."},
	{"LimitFSIZE", func(e *Exec) *value.Limit { return &e.LimitFSIZE }, "1G", "The largest file that a process may write."},
	{"LimitDATA", func(e *Exec) *value.Limit { return &e.LimitDATA }, "1G", "The most data memory of a process."},
	{"LimitSTACK", func(e *Exec) *value.Limit { return &e.LimitSTACK }, "8M", "The largest stack of a process."},
	{"LimitCORE", func(e *Exec) *value.Limit { return &e.LimitCORE }, "1G", "The largest core dump of a process."},
	{"LimitRSS", func(e *Exec) *value.Limit { return &e.LimitRSS }, "1G", "The most resident memory of a process, which Linux does not limit."},
	{"LimitNOFILE", func(e *Exec) *value.Limit { return &e.LimitNOFILE }, "1024:4096", "The most open file descriptors of a process."},
	{"LimitAS", func(e *Exec) *value.Limit { return &e.LimitAS }, "1G", "The most address space of a process."},
	{"LimitNPROC", func(e *Exec) *value.Limit { return &e.LimitNPROC }, "100", "The most processes of the user."},
	{"LimitMEMLOCK", func(e *Exec) *value.Limit { return &e.LimitMEMLOCK }, "64M", "The most memory that a process may lock."},
	{"LimitLOCKS", func(e *Exec) *value.Limit { return &e.LimitLOCKS }, "100", "The most file locks of a process, which Linux does not limit."},
	{"LimitSIGPENDING", func(e *Exec) *value.Limit { return &e.LimitSIGPENDING }, "100", "The most pending signals of the user."},
	{"LimitMSGQUEUE", func(e *Exec) *value.Limit { return &e.LimitMSGQUEUE }, "1M", "The most bytes in message queues of the user."},
	{"LimitNICE", func(e *Exec) *value.Limit { return &e.LimitNICE }, "+5", "The lowest nice level that a process may take."},
	{"LimitRTPRIO", func(e *Exec) *value.Limit { return &e.LimitRTPRIO }, "5", "The highest realtime priority that a process may take."},
	{"LimitRTTIME", func(e *Exec) *value.Limit { return &e.LimitRTTIME }, "1s", "The most processor time that a realtime process may take without rest."},
}

func limitRows() []row[Exec] {
	var rows []row[Exec]
	for _, l := range limits {
		rows = append(rows, one(l.name, l.field, limit(l.name), "", l.example, l.text, shown("the manager's")))
	}
	return rows
}
