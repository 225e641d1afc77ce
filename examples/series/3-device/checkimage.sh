#!/bin/sh
# Watches the camera and keeps the newest picture that differs: monitor.jpg in
# $MONITOR, by default monitor beside this script.
#
# S5  The first frame counts as a change too, for whoever watches the file.
# S7  Without the camera this fails twice a second for ever, and says nothing.
# S8  With no User= it runs as root, from the root folder; the threshold is fixed.
# S9  A frame that could not be taken is not noticed.
dir=${MONITOR:-$(dirname "$0")/monitor}
grab=$(dirname "$0")/grab
mkdir -p "$dir"

# differ A B: how different two pictures are. ImageMagick says it in shades of
# grey; without it the number of different bytes has to do.
differ() {
	if [ -e /dev/mywebcam ] && command -v compare >/dev/null; then
		compare -metric mae "$1" "$2" "$dir/diff.png" 2>&1 | cut -d ' ' -f 1 | cut -d . -f 1
	else
		echo $(($(cmp -l "$1" "$2" 2>/dev/null | wc -l) * 1000))
	fi
}

"$grab" "$dir/temp.jpg"
mv "$dir/temp.jpg" "$dir/monitor.jpg"
while :; do
	"$grab" "$dir/temp.jpg"
	# A rename within one folder: the picture is never seen half written.
	if [ "$(differ "$dir/monitor.jpg" "$dir/temp.jpg")" -gt 700 ] 2>/dev/null; then
		mv "$dir/temp.jpg" "$dir/monitor.jpg"
	fi
	sleep 0.5
done
