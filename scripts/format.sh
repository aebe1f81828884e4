#!/bin/sh
# SPDX-License-Identifier: MIT
# Bring the C files into the house style (.clang-format), or tell with --check
# which are not. Other versions format differently: without version 14 nothing
# is done and the exit status is 77.
set -u

pinned=14
format=
for name in clang-format-$pinned clang-format; do
	case $($name --version 2>/dev/null) in
	*"version $pinned."*)
		format=$name
		break
		;;
	esac
done
if [ -z "$format" ]; then
	echo "format: clang-format $pinned is not installed; skipped" >&2
	exit 77
fi

if git rev-parse --git-dir >/dev/null 2>&1; then
	files=$(git ls-files -co --exclude-standard -- '*.c' '*.h')
else
	files=$(find . -name '*.[ch]' -not -path './build*')
fi
# A file may have been deleted since.
files=$(for file in $files; do [ -e "$file" ] && echo "$file"; done)

if [ "${1-}" = --check ]; then
	# shellcheck disable=SC2086 # names of the house have no spaces
	bad=$(echo $files | xargs $format --dry-run 2>&1 |
		sed -n 's/^\([^:]*\):.*/\1/p' | grep '\.[ch]$' | sort -u)
	[ -z "$bad" ] && exit 0
	echo "$bad" | sed 's/$/: not in the house style; run make format/'
	exit 1
fi
# shellcheck disable=SC2086
echo $files | xargs $format -i
