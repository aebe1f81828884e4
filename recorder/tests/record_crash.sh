#!/bin/sh
# SPDX-License-Identifier: MIT
# What is left of a recording when the program, the recorder or both are
# killed, when the disk is full, when the tape's folder vanishes.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1

# The last number that the program told, which it did after so many calls.
last_count()
{
	sed -n 's/^calls //p' "$1" | tail -n 1
}

# shellcheck disable=SC2317 # called through check
holds() # TAPE AT-LEAST
{
	"$HEAPTAPE" info --json "$1" >info.json || return 1
	jq -e ".events >= $2" info.json
}

# The process that the recorder has started.
child_of()
{
	for _ in $(seq 100); do
		pid=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
		pid=${pid%% *}
		[ -n "$pid" ] && grep -q libheaptape "/proc/$pid/maps" \
			2>/dev/null && echo "$pid" && return
		sleep 0.05
	done
	echo "no child" >&2
}

await_end()
{
	while kill -0 "$1" 2>/dev/null; do
		sleep 0.05
	done
}

# kill -9 of the program: what had returned is there, and the end tells.
"$HEAPTAPE" record -f -o p.tape "$T/rec_steady" fast 10000 >p.out 2>words &
recorder=$!
program=$(child_of $recorder)
sleep 0.5
kill -9 "$program"
wait $recorder
check "a program that is killed" test $? -eq 137
check "leaves a complete tape" "$HEAPTAPE" check p.tape
check "with all calls that had returned" holds p.tape "$(last_count p.out)"
"$HEAPTAPE" info p.tape >out
matches "and how it ended" 'signal 9' out

# kill -9 of the recorder: the program goes on, the tape is readable.
"$HEAPTAPE" record -f -o r.tape "$T/rec_steady" slow 3500 >r.out 2>words &
recorder=$!
program=$(child_of $recorder)
sleep 2.5
count=$(last_count r.out)
kill -9 $recorder
wait $recorder
exits 3 "whoever asks is told" "$HEAPTAPE" ctl "$program" status
matches "that the recorder is gone" 'is gone' "$TMP/err"
check "a program whose recorder is killed goes on" kill -0 "$program"
await_end "$program"
check "to its end" test "$(last_count r.out)" -gt $((count + 100))
check "the tape is readable" holds r.tape $((count / 4))
exits 4 "and known to be cut" "$HEAPTAPE" check r.tape
check "it can be repaired" "$HEAPTAPE" check -f --repair whole.tape r.tape

# The same at full speed: whoever waits for the dead must wake up.
"$HEAPTAPE" record -f -o r.tape "$T/rec_steady" fast 2500 >r.out 2>words &
recorder=$!
program=$(child_of $recorder)
sleep 1.5
count=$(last_count r.out)
kill -9 $recorder
wait $recorder
await_end "$program"
check "a busy program goes on, too" test "$(last_count r.out)" -gt \
	$((count + 10000))
check "what was recorded is readable" holds r.tape 100000

# Both at once.
"$HEAPTAPE" record -f -o b.tape "$T/rec_steady" fast 10000 >b.out 2>words &
recorder=$!
program=$(child_of $recorder)
sleep 1.5
kill -9 $recorder "$program"
wait $recorder
check "of both killed a tape is left" holds b.tape 100000

# With children: each goes on, each tape is readable.
cat >two.sh <<'END'
"$1" slow 3000 >one.out &
"$1" fast 3000 >two.out &
wait
END
"$HEAPTAPE" record -f --follow=all -o two.tape sh two.sh "$T/rec_steady" \
	2>words &
recorder=$!
program=$(child_of $recorder)
sleep 2
kill -9 $recorder
wait $recorder
one=$(last_count one.out)
two=$(last_count two.out)
await_end "$program"
sleep 0.2
check "children go on, too" test "$(last_count one.out)" -gt $((one + 50)) -a \
	"$(last_count two.out)" -gt $((two + 1000))
for tape in two-*.tape; do
	"$HEAPTAPE" info --json "$tape" 2>/dev/null | jq .events
done | sort -n >counts
check "their tapes are readable" test "$(wc -l <counts)" -eq 2 -a \
	"$(head -n 1 counts)" -gt 300 -a "$(tail -n 1 counts)" -gt 100000

# A stopped recorder makes the program wait; it is no crash.
"$HEAPTAPE" record -f -o s.tape "$T/rec_steady" fast 800 >s.out 2>words &
recorder=$!
child_of $recorder >/dev/null
kill -STOP $recorder
sleep 0.5
kill -CONT $recorder
wait $recorder
check "a recorder may be stopped and continued" test $? -eq 7
check "nothing is lost" holds s.tape "$(last_count s.out)"

# The folder of the tape is removed, with it in.
mkdir gone saved
TMPDIR=$TMP/saved "$HEAPTAPE" record -o gone/x.tape "$T/rec_steady" slow 800 \
	>g.out 2>words &
recorder=$!
child_of $recorder >/dev/null
rm -r gone
wait $recorder
check "a folder that vanishes does not disturb" test $? -eq 7
matches "and is told of" 'removed|moved' words
check "the tape is saved elsewhere" "$HEAPTAPE" check saved/x-*.tape
check "with all in it" holds "$(echo saved/x-*.tape)" "$(last_count g.out)"

# The tape is moved while it is written.
"$HEAPTAPE" record -f -o here.tape "$T/rec_steady" slow 600 >m.out 2>words &
recorder=$!
child_of $recorder >/dev/null
mv here.tape there.tape
wait $recorder
check "a moved tape" "$HEAPTAPE" check there.tape
matches "is told of where it is" 'there\.tape' words

# A disk that is full: a file system of our own, if we may have one.
cat >full.sh <<'END'
mkdir -p disk
mount -t tmpfs -o size=2m tmpfs disk || exit 99
"$HEAPTAPE" record -o disk/x.tape "$T/rec_steady" fast 3000 >d.out 2>words
echo $? >status
cp disk/x.tape full.tape
END
if T=$T unshare -m sh full.sh 2>unshare.err; then
	check "a full disk does not stop the program" test "$(cat status)" -eq 7
	check "it leaves a complete tape" "$HEAPTAPE" check full.tape
	"$HEAPTAPE" info full.tape >out
	matches "that tells why it ended" 'disk full' out
	matches "as does the recorder" 'disk was full' words
	check "and holds what fitted" holds full.tape 500000
else
	skip "a full disk" "no mount namespace"
fi

finish
