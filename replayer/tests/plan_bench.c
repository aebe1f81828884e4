// SPDX-License-Identifier: MIT
/*
 * Compiles tapes into plans and prints how fast and at what memory:
 * events, seconds, million events per second, bytes per live object.
 * usage: plan_bench TAPE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replayer/plan_compile.h"
#include "traces/base/err.h"
#include "traces/tape_merge.h"
#include "traces/tape_reader.h"

static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Merging and decoding alone, which compiling includes. */
static double merge_seconds(struct tape_reader *r, struct err *err)
{
	struct tape_merge *m;
	struct tape_step step;
	double begin = now(CLOCK_MONOTONIC);
	int rc = tape_merge_open(&m, r, err);

	while (!rc && tape_merge_next(m, &step, err) > 0)
		;
	if (!rc)
		tape_merge_close(m);
	return now(CLOCK_MONOTONIC) - begin;
}

static int bench(const char *tape, const char *plan, struct err *err)
{
	const struct plan_source want = { 0 };
	struct plan_header h;
	struct tape_reader *r;
	double begin, merge, whole, cpu, events;
	int rc = tape_reader_open(&r, tape, 0, err);

	if (rc)
		return rc;
	events = (double)tape_reader_info(r)->events;
	merge = merge_seconds(r, err);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	begin = now(CLOCK_MONOTONIC);
	rc = plan_compile(r, plan, &want, NULL, NULL, &h, err);
	whole = now(CLOCK_MONOTONIC) - begin;
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (!rc)
		printf("%s: %.1f M events/s (%llu events in %.2f s, CPU time "
		       "%.2f s, merging alone %.2f s), %.1f bytes per live "
		       "object (%llu), %.1f bytes per event in the plan\n",
		       tape, events / whole / 1e6,
		       (unsigned long long)tape_reader_info(r)->events, whole,
		       cpu, merge,
		       h.live_peak_objects ? (double)h.compiler_bytes /
						     (double)h.live_peak_objects
					   : 0,
		       (unsigned long long)h.live_peak_objects,
		       events ? (double)h.bytes / events : 0);
	tape_reader_close(r);
	return rc;
}

int main(int argc, char **argv)
{
	char plan[] = "/tmp/heaptape-plan.XXXXXX";
	struct err err = { 0 };
	int fd = mkstemp(plan);
	int i, rc = 0;

	if (fd < 0 || argc < 2) {
		fputs("usage: plan_bench TAPE...\n", stderr);
		return 2;
	}
	for (i = 1; i < argc && !rc; i++)
		rc = bench(argv[i], plan, &err);
	close(fd);
	unlink(plan);
	if (rc)
		fprintf(stderr, "plan_bench: %s\n", err.text);
	return rc != 0;
}
