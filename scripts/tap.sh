# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Test Anything Protocol for the end-to-end scripts. Source it, then:
#   check "what holds" COMMAND...    run, ok when it exits 0
#   exits CODE "what holds" COMMAND...   ok when it exits with CODE
#   matches "what holds" PATTERN FILE    ok when the file has the pattern
#   skip "what" "why"
#   finish                           print the plan, exit
# Sets $B (build folder, absolute), $HEAPTAPE (the front), $TMP (a folder that
# is removed at the end); output of the last command is in $TMP/out, $TMP/err.

B=$(cd "${B:-build}" && pwd)
HEAPTAPE=$B/heaptape
TMP=$(mktemp -d "${TMPDIR:-/tmp}/heaptape-test.XXXXXX")
export B HEAPTAPE TMP
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM
tap_nr=0
tap_failed=0

tap_result()
{
	tap_nr=$((tap_nr + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_nr - $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_nr - $2"
	for tap_file in "$TMP/out" "$TMP/err"; do
		[ -s "$tap_file" ] && tail -n 15 "$tap_file" | sed 's/^/# /'
	done
}

# The command may read what the one before it printed: a redirection to the
# files themselves would empty them first.
tap_run()
{
	"$@" >"$TMP/out.new" 2>"$TMP/err.new"
	tap_got=$?
	mv "$TMP/out.new" "$TMP/out"
	mv "$TMP/err.new" "$TMP/err"
	return $tap_got
}

check()
{
	tap_what=$1
	shift
	tap_run "$@"
	tap_result $? "$tap_what"
}

exits()
{
	tap_code=$1
	tap_what=$2
	shift 2
	tap_run "$@"
	[ $tap_got -eq "$tap_code" ] ||
		echo "exit status $tap_got, expected $tap_code" >>"$TMP/err"
	[ $tap_got -eq "$tap_code" ]
	tap_result $? "$tap_what"
}

matches()
{
	grep -qE -- "$2" "$3"
	tap_result $? "$1"
}

skip()
{
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

finish()
{
	echo "1..$tap_nr"
	[ "$tap_failed" -eq 0 ]
	exit
}
