#!/bin/sh
# Keeps a dated copy of the newest picture and sends it to the receiver, as the
# service of picchanged.path. The receiver is $RECEIVER, or this machine.
#
# S1  While this runs the path unit does not look: a picture that changes in the
#     meantime is never sent. There is no queue.
# S2  Where the receiver is down socat fails, and so does the service. Nobody
#     tries again.
# S3  The dated copies are never deleted. Two of one second replace each other.
# S4  Six changes in ten seconds are more than the start limit: the path unit
#     fails and stays so until somebody resets it.
# S6  The name depends on the language of `date`, and the line end of its output
#     becomes a final "_". Without quotes [:punct:] is a pattern for file names.
# S8  With no User= this runs as root. The address was written into the script.
monitor=${MONITOR:-$(dirname "$0")/monitor}
receiver=${RECEIVER:-127.0.0.1:4444}

fn=$(date | tr '[:punct:][:space:]' _).jpg
cp "$monitor/monitor.jpg" "$monitor/$fn"
cat "$monitor/$fn" | socat - "TCP:$receiver"
