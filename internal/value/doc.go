// Package value holds the kinds of value that unit files are written in: time
// spans, sizes, modes, signals, CPU sets, resource limits, addresses, calendar
// expressions. Each kind is a type with its parser and its formatter together;
// the formatter prints what systemctl show prints.
//
// It is called by package unit, which gives the values their directives, and by
// everything that prints them. It holds no state and does no I/O. Start reading
// at [Span], the smallest complete kind.
package value
