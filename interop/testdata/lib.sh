# Sourced by every client. $CTL is systemctl or wakesock with its control socket.
set -u
cd /srv/work || exit 1

# fail says why on standard error and ends the client.
fail() { echo "$*" >&2; exit 1; }

# eventually COMMAND…: until it succeeds, ten seconds at most.
eventually() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 500 ] || fail "did not happen: $*"
		sleep 0.02
	done
}

# show UNIT PROPERTY…: "PROPERTY=value", one a line, in the order asked for.
show() {
	unit=$1
	shift
	for p in "$@"; do echo "$p=$($CTL show -P "$p" "$unit")"; done
}

# is UNIT PROPERTY VALUE: for use with eventually.
is() { [ "$($CTL show -P "$2" "$1")" = "$3" ]; }

# visible: control characters made visible, one line of input a line.
visible() { sed -e 's/\r/\\r/g' -e 's/$/\\n/'; }
