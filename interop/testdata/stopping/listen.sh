#!/bin/sh
# Says which signal came. $1 is "deaf" to hear none.
if [ "$1" = deaf ]; then
	trap '' TERM INT
else
	trap 'echo TERM >>/srv/work/log; exit 0' TERM
	trap 'echo INT >>/srv/work/log; exit 0' INT
fi
: >/srv/work/ready
while :; do sleep 0.05; done
