package manager

// A pathUnit starts another unit when something happens in the file system.
type pathUnit struct{ target }

func (p *pathUnit) triggeredMoved(*Unit) {}
