// Package demo is what `wakesock demo` shows: three small services, socket
// activated, that a new user can talk to one minute after building the program.
// They are an echo, a receiver of files and a receiver of pictures, and need
// nothing but the program itself: the unit files call it again as
// `wakesock demo-service echo|file|picture`.
//
// It is called by package ctl, which passes in the function that starts a
// manager, so that nothing here knows how managers work. The services run as
// processes of their own, one per connection, and own nothing but the file that
// they are receiving; the folder of the demo belongs to [Run]. Start reading at
// run.go, then store.go for how a file is received without ever being half there.
package demo
