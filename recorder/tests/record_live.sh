#!/bin/sh
# SPDX-License-Identifier: MIT
# The line on the terminal, and when there is none.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1
command -v script >/dev/null || {
	skip "the live line" "no script(1) to make a terminal"
	finish
}

# Run the recorder on a terminal; what that shows goes to the file seen.
on_terminal()
{
	TERM=${TERM_IS-xterm} script -qec \
		"'$HEAPTAPE' record -f -o l.tape $* >/dev/null" seen \
		</dev/null >/dev/null 2>&1
	status=$?
	tr '\r' '\n' <seen >lines
}

on_terminal "'$T/rec_steady' fast 900"
check "the program's status passes through" test $status -eq 7
matches "the line tells the rate" '[0-9] [kM] events/s, ' lines
matches "live bytes, resident memory and the tape" \
	'live [0-9.]+ [KM]iB, RSS [0-9.]+ [KM]iB, tape [0-9.]+ [KM]iB' lines
check "a few times a second" test "$(grep -c 'events/s' lines)" -le 5
check "it is erased before the summary" \
	grep -qF "$(printf '\033[Kheaptape-record: ')" lines
matches "which names the next command" 'next: heaptape info' lines

# The 255 blocks of the program have 1500 bytes on average.
# shellcheck disable=SC2317 # called through check
shows_live_bytes()
{
	awk '/live/ {
		for (i = 1; i < NF; i++)
			if ($i == "live")
				kib = $(i + 1)
	}
	END { print kib; exit !(kib > 250 && kib < 500) }' lines
}
check "live bytes are about what they are" shows_live_bytes

on_terminal --progress=never "'$T/rec_steady' fast 600"
check "--progress=never" test "$(grep -c 'events/s' lines)" -eq 0
on_terminal -q "'$T/rec_steady' fast 600"
check "-q says nothing at all" test "$(grep -c 'heaptape-record:\|events/s' lines)" -eq 0
TERM_IS=dumb on_terminal "'$T/rec_steady' fast 600"
check "a dumb terminal has none" test "$(grep -c 'events/s' lines)" -eq 0
on_terminal "sh -c \"stty -icanon; '$T/rec_steady' fast 600\""
check "nor one that the program draws on" test \
	"$(grep -c 'events/s' lines)" -le 1
"$HEAPTAPE" record -f -o l.tape "$T/rec_steady" fast 600 >/dev/null 2>words
check "nor a file" test "$(grep -c 'events/s' words)" -eq 0
exits 125 "a word that is none" "$HEAPTAPE" record --progress=perhaps true
matches "is told of" 'auto, always or never' "$TMP/err"
finish
