#!/bin/sh
# SPDX-License-Identifier: MIT
# Children that are born in the middle of things: beside busy threads, in
# fork handlers, in their parent's own memory. None hangs, and the parent's
# tape holds the parent's calls, all of them and no others.
. scripts/tap.sh
. recorder/tests/compare.inc

T=$B/recorder/tests

nr_with()
{
	"$HEAPTAPE" dump "$tape" | grep -cF -- "$1"
}

# The program prints how many blocks of its first process there were.
for how in load storm exec shared raw handlers; do
	check "$how: all children end well" record "$T/rec_fork" $how
	check "$how: the parent's blocks, all of them" \
		test "$(nr_with 'malloc(7001)')" -eq "$(cat "$TMP/out")"
	check "$how: none of a child's" test "$(nr_with 'malloc(7002)')" -eq 0
	sound "$how" 10
done

# Every second child allocates before our own handler for children runs.
cat >"$TMP/early.c" <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void in_child(void)
{
	free(malloc(7002));
}
__attribute__((constructor)) static void first(void)
{
	pthread_atfork(NULL, NULL, in_child);
}
END
if cc -shared -fPIC -fno-builtin -o "$TMP/early.so" "$TMP/early.c"; then
	# shellcheck disable=SC2016 # these are for sh -c
	check "fork handlers of libraries before and behind us" record sh -c \
		'LD_PRELOAD=$0:$LD_PRELOAD:$0 exec "$@"' "$TMP/early.so" \
		"$T/rec_fork" load
	check "the parent's blocks, all of them" \
		test "$(nr_with 'malloc(7001)')" -eq "$(cat "$TMP/out")"
	sound "fork handlers of libraries" 10
fi

# A daemon goes on when its first process, which was recorded, has ended.
cat >"$TMP/daemon.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	FILE *f;
	int i;

	free(malloc(7001));
	if (argc < 2 || daemon(1, 1))
		return 1;
	usleep(300000);
	for (i = 0; i < 100000; i++)
		free(malloc(7002));
	f = fopen(argv[1], "w");
	return !f || fputs("done", f) < 0 || fclose(f);
}
END
if cc -fno-builtin -o "$TMP/daemon" "$TMP/daemon.c"; then
	check "a daemon starts" record "$TMP/daemon" "$TMP/done"
	for _ in $(seq 100); do
		[ -s "$TMP/done" ] && break
		sleep 0.05
	done
	check "and goes on when the recorder has gone" test -s "$TMP/done"
	sound "a daemon" 2
fi
finish
