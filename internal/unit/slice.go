package unit

// Slice is the [Slice] section, systemd.slice(5); what limits its resources is in [Resource].
type Slice struct {
	ConcurrencyHardMax uint32 // 258
	ConcurrencySoftMax uint32 // 258
}

func sliceRows() []row[Slice] {
	return []row[Slice]{
		one("ConcurrencyHardMax", func(s *Slice) *uint32 { return &s.ConcurrencyHardMax }, concurrency, "infinity", "4",
			"The most units of the slice that run at once, others are refused.", notEnforced(needsManager), since(258)),
		one("ConcurrencySoftMax", func(s *Slice) *uint32 { return &s.ConcurrencySoftMax }, concurrency, "infinity", "4",
			"The most units of the slice that run at once, others wait.", notEnforced(needsManager), since(258)),
	}
}
