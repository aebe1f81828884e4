#!/bin/sh
# SPDX-License-Identifier: MIT
# Print a manual page: the header, what the verb's option table gives (the
# hidden --help-man), and the prose. heaptape(1) has prose alone.
# usage: man.sh BUILD-FOLDER VERB [PROSE]
set -eu

version=$(sed -n 's/.*HEAPTAPE_VERSION *"\(.*\)"/\1/p' traces/base/version.h)
name=heaptape
[ "$2" = heaptape ] || name=heaptape-$2

printf '.TH %s 1 "" "heaptape %s" "User Commands"\n' \
	"$(echo "$name" | tr '[:lower:]' '[:upper:]' | sed 's/-/\\-/g')" \
	"$version"
if [ "$2" != heaptape ]; then
	"$1/heaptape" "$2" --help-man
fi
shift 2
[ $# -eq 0 ] || cat "$@"
if [ "$name" != heaptape ]; then
	printf '.SH "SEE ALSO"\n.BR heaptape (1)\n'
fi
