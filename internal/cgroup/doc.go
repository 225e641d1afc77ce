// Package cgroup gives each service a control group of its own, so that every
// process of it is known and none can hide: a child is born into the group
// (CLONE_INTO_CGROUP), and neither setsid, nor a double fork, nor a cleared
// environment leads out of it.
//
// The groups live below the group that the manager itself was started in:
//
//	OURS/wakesock-NAME/web.service
//
// which works wherever cgroup v2 is mounted and that place may be written: as
// root, in a container with a cgroup namespace, in a unit of systemd with
// Delegate=yes; also on hybrid machines, where v2 holds no controllers. Groups
// are used for knowing and killing only: no controllers are enabled, so the
// manager may stay where it is (the kernel's rule against inner processes is
// about controllers). Elsewhere [Open] says why not, and daemon finds processes
// by descent.
//
// It is called by daemon, whose loop owns the [Tree] and its groups; only
// [Group.Open] may be called by others. The kernel keeps the state, and a group
// outlives its manager: the next one of the same name finds it by [Tree.Groups].
//
// Start reading at find.go (where the groups go), then tree_linux.go and
// group_linux.go.
//
// Sources: cgroups(7), and Documentation/admin-guide/cgroup-v2.rst of the kernel.
package cgroup
