#!/bin/sh
echo "arguments: $*"
env | grep -E '^(REMOTE_|LISTEN_FDS|LISTEN_FDNAMES|A|B)' | sort
[ -z "${LISTEN_PID:-}" ] || [ "$LISTEN_PID" != $$ ] || echo "LISTEN_PID is mine"
[ -z "${INVOCATION_ID:-}" ] || echo "INVOCATION_ID has $(printf %s "$INVOCATION_ID" | wc -c) digits"
pwd
umask
