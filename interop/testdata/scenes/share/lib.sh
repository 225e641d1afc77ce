# Sourced by the client of every scene. $CTL is systemctl or wakesock with its
# control socket, $UNITS the folder of the unit files.
set -u
: >log

# fail says why on standard error and ends the client.
fail() { echo "$*" >&2; exit 1; }

# eventually COMMAND…: until it succeeds, some ten seconds at most.
eventually() {
	local n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 250 ] || fail "did not happen: $*"
		sleep 0.03
	done
}

# run VERB ARG…: what comes of a verb; its messages are its own.
run() {
	$CTL "$@" >/dev/null 2>&1
	echo "$*: $?"
}

# tell VERB ARG…: what it prints as well.
tell() {
	$CTL "$@" 2>/dev/null
	echo "$*: $?"
}

# show UNIT PROPERTY…: in one line, in the order asked for.
show() {
	local unit=$1
	shift
	$CTL show -p "$(IFS=,; echo "$*")" "$unit" | awk -v unit="$unit" -v order="$*" '
		{ i = index($0, "="); value[substr($0, 1, i - 1)] = substr($0, i + 1) }
		END { n = split(order, p, " "); s = unit; for (i = 1; i <= n; i++) s = s " " p[i] "=" value[p[i]]; print s }'
}

# list UNIT PROPERTY…: properties that are lists, whose order means nothing.
list() {
	local unit=$1 p
	shift
	for p in "$@"; do
		echo "$unit $p=$($CTL show -P "$p" "$unit" | tr ' ' '\n' | sort | paste -sd ' ')"
	done
}

# life UNIT…: the states, and how it ended.
life() {
	local u
	for u in "$@"; do
		show "$u" ActiveState SubState Result ExecMainCode ExecMainStatus NRestarts
	done
}

# states UNIT…: only the states.
states() {
	local u
	for u in "$@"; do
		show "$u" ActiveState SubState
	done
}

# is UNIT PROPERTY=VALUE…: whether all of them are so.
is() {
	local unit=$1
	shift
	[ "$($CTL show -p "$(IFS=,; echo "$*" | sed 's/=[^,]*//g')" "$unit" | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}

# become UNIT PROPERTY=VALUE…: until it is so.
become() { eventually is "$@"; }

# logged LINE: until a program has said so.
logged() { eventually grep -qxe "$1" log; }

# lines N: until the programs have said so many lines.
lines() { eventually has_lines "$1"; }
has_lines() { [ "$(wc -l <log)" -ge "$1" ]; }

# said: what the programs have said since it was last asked.
said() {
	cat log
	: >log
}

# over UNIT: a simple service that was started has ended for good, waits to be
# started again, or runs again.
over() {
	case $($CTL show -P SubState "$1") in
	dead | failed | auto-restart) ;;
	running) [ "$($CTL show -P NRestarts "$1")" != 0 ] ;;
	*) false ;;
	esac
}

# ended UNIT: the same, but one that waits to be started again is not over.
ended() { over "$1" && [ "$($CTL show -P SubState "$1")" != auto-restart ]; }
