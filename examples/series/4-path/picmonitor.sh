#!/bin/sh
# Keeps a dated copy of the picture that has just changed.
#
# S1  While this runs the path unit does not look: what changes in the meantime
#     is lost.
# S3  The copies grow without end, which overwriting monitor.jpg was to avoid.
# S4  Six changes in ten seconds reach the start limit, and the watching ends.
# S6  The name has spaces and colons, in the language of `date`.
dir=${MONITOR:-$(dirname "$0")/monitor}
cp "$dir/monitor.jpg" "$dir/$(date).jpg"
