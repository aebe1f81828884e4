#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that give up files, memory, descriptors, root folder, environment or
# system calls are recorded all the same; those that run out of our reach run
# as without us, and we say why they are not on the tape.
. scripts/tap.sh
. recorder/tests/compare.inc

T=$B/recorder/tests
chmod 755 "$TMP"
chmod 777 "$TMP/tapes"
mkdir "$TMP/root"
is_root=$(id -u | grep -cx 0)

nr_with()
{
	"$HEAPTAPE" dump "$tape" | grep -cF -- "$1"
}

confined()
{
	what=$1
	shift
	"$T/rec_confined" "$@" 2>"$TMP/e"
	exits $? "$what: as without us" record "$T/rec_confined" "$@"
	check "$what: every block of 101 threads" \
		test "$(nr_with 'malloc(7001)')" -eq 110
	sound "$what" 300
}

confined "no more files" nofile
confined "all descriptors closed" close
confined "no environment" environment
confined "few system calls" seccomp
# Heaps of single threads would take it away in steps of 64 MiB.
export MALLOC_ARENA_MAX=1
confined "enough memory" memory 300000000
unset MALLOC_ARENA_MAX
if [ "$is_root" -eq 1 ]; then
	confined "another root and user" root "$TMP/root"
else
	skip "another root and user" "only root may change it"
fi

# Too little address space for a ring of each thread: counted and told.
if [ -z "${RECORD_OPTIONS-}" ]; then
	"$T/rec_confined" memory 14000000
	exits $? "little memory: as without us" record "$T/rec_confined" \
		memory 14000000
	matches "what was lost is told" '[0-9]+ events were lost' "$TMP/err"
	check "and written into the tape" test "$(field dropped)" -gt 0
	check "the tape is sound" "$HEAPTAPE" check "$tape"
else
	skip "little memory" "other options may need more of it"
fi

# Out of our reach. A program ends with 4 and says a word.
cat >"$TMP/four.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
	free(malloc(7001));
	puts("ran");
	fflush(stdout);
	usleep(400000);
	return 4;
}
END
# unreachable "what" PATTERN COMMAND...: it runs, and PATTERN says why it is
# not recorded.
unreachable()
{
	what=$1
	why=$2
	shift 2
	rm -f "$TMP"/tapes/*
	exits 4 "$what: the exit status" "$@"
	matches "$what: is told of" "$why" "$TMP/err"
	matches "$what: it runs" '^ran$' "$TMP/out"
}

if cc -fno-builtin -o "$TMP/four" "$TMP/four.c"; then
	unreachable "a cleared environment" 'four.*(environment|LD_PRELOAD)' \
		record env -i "$TMP/four"
	mkdir "$TMP/set"
	cp "$TMP/four" "$TMP/set/"
	if [ "$is_root" -eq 1 ] && chown nobody "$TMP/set/four"; then
		chmod 4755 "$TMP/set/four"
		unreachable setuid 'other privileges' record "$TMP/set/four"
		unreachable "setuid behind a shell" 'other privileges' \
			record sh -c "exec '$TMP/set/four'"
		chown root "$TMP/set/four"
		chgrp nogroup "$TMP/set/four"
		chmod 2755 "$TMP/set/four"
		unreachable setgid 'other privileges' record "$TMP/set/four"
		chmod 755 "$TMP/set/four"
		if setcap cap_net_raw+ep "$TMP/set/four" 2>/dev/null; then
			as="setpriv --reuid 65534 --regid 65534 --clear-groups"
			# shellcheck disable=SC2086 # a list of words
			unreachable "file capabilities" 'other privileges' \
				$as "$HEAPTAPE" record -f -o "$tape" \
				"$TMP/set/four"
		else
			skip "file capabilities" "setcap does not work here"
		fi
	else
		skip "setuid, setgid, file capabilities" "only root may set them"
	fi
	if [ "$is_root" -eq 1 ] && unshare -pf true 2>/dev/null; then
		exits 4 "another namespace of processes" record \
			unshare -pf "$TMP/four"
		matches "another namespace: it runs" '^ran$' "$TMP/out"
		check "another namespace: the first one's tape" \
			"$HEAPTAPE" check "$tape"
		# As the first process there it inherits orphans.
		# shellcheck disable=SC2016 # this is for sh -c
		check "the first process of a namespace" unshare -pf \
			--mount-proc "$HEAPTAPE" record -q -f -o "$tape" \
			sh -c '(sleep 0.1 &); (sleep 0.1 &); sleep 0.5
			! grep -l "^State:.Z" /proc/[0-9]*/status'
		check "leaves no zombies" test ! -s "$TMP/out"
		sound "the first process of a namespace" 10
	else
		skip "another namespace of processes" "not permitted"
	fi
fi

# A change of folder does not move the tape.
mkdir "$TMP/here"
check "a program that changes its folder" sh -c "cd '$TMP/here' &&
	'$HEAPTAPE' record -q -f -o p.tape sh -c 'cd / && ls >/dev/null'"
check "leaves the tape where it was asked for" \
	"$HEAPTAPE" check "$TMP/here/p.tape"
finish
