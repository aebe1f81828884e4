#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay on tapes of windows and forked children, whose heap was not
# empty at the start, and on tapes that tell what was used of large blocks.
. scripts/tap.sh

cd "$TMP" || exit 1

# measure TAPE: the memory pass on glibc; its run goes to run.json.
# shellcheck disable=SC2317 # called through check
measure()
{
	rm -rf "$TMP/result"
	timeout 60 "$B/heaptape" replay -q -n 1 --idle 1ms -a glibc \
		--passes memory -o "$TMP/result" "$1" &&
		jq '.runs[0]' "$TMP"/result/*-r001.json >run.json
}

# holds "what" FILTER: jq says so of run.json.
holds()
{
	check "$1" jq -e "$2" run.json
}

${CC:-cc} -O1 -x c -o old - <<'C'
// Takes 2000 blocks of 10,000 bytes and, after SIGUSR1 or in a child, frees
// all but every tenth, which it doubles.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static char *blocks[2000];
static void shrink(void)
{
	for (int i = 0; i < 2000; i++)
		if (i % 10)
			free(blocks[i]);
		else
			memset(blocks[i] = realloc(blocks[i], 20000), 1, 20000);
}
int main(int argc, char **argv)
{
	sigset_t set;
	int sig;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 2000; i++)
		memset(blocks[i] = malloc(10000), 1, 10000);
	if (argc > 1) {
		if (fork())
			return wait(NULL) < 0;
		shrink();
		return 0;
	}
	puts("ready");
	fflush(stdout);
	sigwait(&set, &sig);
	shrink();
	return 0;
}
C

old_heap='.metrics.live_peak_bytes > 20000000 and
	.metrics.live_peak_bytes < 20100000 and
	.curve.live_bytes[0] > 19900000 and .curve.rss_bytes[0] > 19900000 and
	.curve.live_bytes[-1] >= 4000000 and .curve.live_bytes[-1] < 4100000 and
	.metrics.rss_peak_bytes > 20000000 and
	.metrics.rss_peak_bytes < 21000000 and .metrics.skipped_ops == 0 and
	.curve.time_ns[0] == 0'

"$HEAPTAPE" record -q -f --start-paused -o window.tape ./old >steps &
recorder=$!
for _ in $(seq 100); do
	grep -q ready steps && break
	sleep 0.05
done
program=$(cat "/proc/$recorder/task/$recorder/children")
program=${program%% *}
check "a window is recorded" "$HEAPTAPE" ctl "$program" start
kill -USR1 "$program"
wait $recorder
check "and replayed" measure window.tape
holds "its older blocks are there from the start" "$old_heap"

check "a forked child is recorded" "$HEAPTAPE" record -q -f --follow=all \
	-o child.tape ./old fork
# shellcheck disable=SC2144 # there is one
check "and replayed" measure child-*.tape
holds "its parent's blocks are there from the start" "$old_heap"

${CC:-cc} -O1 -x c -o large - <<'C'
// 100 blocks of 1 MiB, ten pages of each are used; some are grown.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	static char *blocks[100];
	for (int i = 0; i < 100; i++)
		memset(blocks[i] = malloc(1 << 20), 1, 40000);
	for (int i = 0; i < 10; i++)
		blocks[i] = realloc(blocks[i], 3 << 20);
	for (int i = 0; i < 100; i++) {
		free(blocks[i]);
		usleep(2000);
	}
	return 0;
}
C
check "residency is recorded" "$HEAPTAPE" record -q -f --residency \
	-o large.tape ./large
check "and replayed" measure large.tape
holds "only what was used is touched" '.metrics.live_peak_bytes > 104857600 and
	.metrics.rss_peak_bytes > 4000000 and
	.metrics.rss_peak_bytes < 16000000'
check "it is recorded without" "$HEAPTAPE" record -q -f -o large.tape ./large
check "and replayed" measure large.tape
holds "then all is touched" '.metrics.rss_peak_bytes > 104857600'
finish
