#!/bin/sh
# mtsendmail.sh BODY SUBJECT: tells the players. With $MAILTO and mutt it sends
# mail, otherwise it says what it would send.
#
# At boot the mail system may not be up when this runs: WantedBy= pulls a unit in
# but orders nothing. A sleep here keeps the unit "activating (start-post)" that
# long; After= is what was meant.
if [ -n "${MAILTO:-}" ] && command -v mutt >/dev/null; then
	echo "$1" | mutt -s "$2" "$MAILTO"
else
	echo "mail: $2: $1"
fi
