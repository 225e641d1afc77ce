// Package enable decides what enabling units does to the folders of unit files:
// which links are made and removed by enable, disable, mask, preset and their
// kin, in which state a unit file is, and what is to be said about it,
// systemctl(1) and the [Install] section of systemd.unit(5).
//
// It is called by ctl, which carries the changes out, and by daemon for the
// states that show and status tell. It is pure: it reads through the fs.FS it is
// given and changes nothing; a [Files] remembers the changes it has decided upon,
// so that what follows from them is decided rightly. Start reading at files.go
// for the types, follow.go for the road from a name to a file, install.go for
// the links.
package enable
