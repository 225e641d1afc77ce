package manager

// A device is up while the kernel has it.
type device struct{ target }
