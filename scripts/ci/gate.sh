#!/bin/sh
# SPDX-License-Identifier: MIT
# Measure an allocator against another one and judge it; what fails is measured
# a second time before it is believed. Exits as heaptape gate does.
# usage: scripts/ci/gate.sh TAPE BASE NEW DIR [GATE-OPTION]...
#   BASE, NEW  names that heaptape replay -a knows, or FILE.so
#   DIR        gets first/, second/ and gate.{json,xml,md}, codequality.json
# HEAPTAPE (default: heaptape) and HEAPTAPE_ROUNDS (default: as many as decide).
set -u

[ $# -ge 4 ] || {
	echo "usage: $0 TAPE BASE NEW DIR [GATE-OPTION]..." >&2
	exit 2
}
heaptape=${HEAPTAPE:-heaptape}
tape=$1
base=$2
new=$3
dir=$4
shift 4

measure()
{
	"$heaptape" replay -f -a "$base" -a "$new" \
		${HEAPTAPE_ROUNDS:+-n "$HEAPTAPE_ROUNDS"} -o "$1" "$tape"
}

judge()
{
	"$heaptape" gate "$dir/first" --against "$base" \
		--json="$dir/gate.json" --junit "$dir/gate.xml" \
		--markdown "$dir/gate.md" \
		--codequality "$dir/codequality.json" "$@"
}

mkdir -p "$dir" || exit 2
rm -rf "$dir/first" "$dir/second"
measure "$dir/first" || exit
# Only its code counts: what is printed and appended comes from judge.
GITHUB_STEP_SUMMARY='' "$heaptape" gate "$dir/first" \
	--against "$base" "$@" >/dev/null 2>&1
if [ $? -eq 1 ]; then
	measure "$dir/second" || exit
	judge --confirm "$dir/second" "$@"
else
	judge "$@"
fi
