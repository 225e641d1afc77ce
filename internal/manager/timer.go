package manager

// A timer starts another unit when its time has come.
type timer struct{ target }

func (t *timer) triggeredMoved(*Unit) {}
