// SPDX-License-Identifier: MIT
/* Reads what others take from this machine, and knows how much is too much. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "replayer/replay_quiet.h"

static FILE *open_below(const char *root, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return fopen(full, "re");
}

/* "cpu  user nice system idle iowait irq softirq steal guest ..." */
static void read_ticks(struct replay_quiet *now, const char *root)
{
	FILE *f = open_below(root, "/proc/stat");
	uint64_t t[8];
	int i;

	now->steal_ticks = now->all_ticks = UINT64_MAX;
	if (f && fscanf(f,
			"cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			" %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
			&t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
			&t[7]) == 8) {
		now->steal_ticks = t[7];
		for (now->all_ticks = 0, i = 0; i < 8; i++)
			now->all_ticks += t[i];
	}
	if (f)
		fclose(f);
}

/* The number behind "key " in a file of such lines. */
static uint64_t read_key(const char *root, const char *path, const char *key)
{
	FILE *f = open_below(root, path);
	uint64_t value = UINT64_MAX, number;
	char word[64];

	while (f && value == UINT64_MAX &&
	       fscanf(f, "%63s %" SCNu64, word, &number) == 2)
		if (!strcmp(word, key))
			value = number;
	if (f)
		fclose(f);
	return value;
}

/* The cgroup's own file; that of the root, as a container sees it, else. */
static uint64_t read_throttled(const char *root)
{
	static const char *const others[] = {
		"/sys/fs/cgroup/cpu.stat",
		"/sys/fs/cgroup/cpu/cpu.stat",
		"/sys/fs/cgroup/cpu,cpuacct/cpu.stat",
	};
	FILE *f = open_below(root, "/proc/self/cgroup");
	char line[PATH_MAX], path[PATH_MAX + 64];
	uint64_t value = UINT64_MAX;
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.stat",
			 line + 3);
		value = read_key(root, path, "nr_throttled");
	}
	if (f)
		fclose(f);
	for (i = 0; i < 3 && value == UINT64_MAX; i++)
		value = read_key(root, others[i], "nr_throttled");
	return value;
}

void replay_quiet_read(struct replay_quiet *now, const char *root)
{
	struct rusage usage;
	FILE *f;

	memset(now, 0, sizeof(*now));
	read_ticks(now, root);
	now->throttled = read_throttled(root);
	now->swapped_in = read_key(root, "/proc/vmstat", "pswpin");
	now->involuntary = UINT64_MAX;
	if (!getrusage(RUSAGE_CHILDREN, &usage))
		now->involuntary = (uint64_t)usage.ru_nivcsw;
	f = open_below(root, "/sys/devices/system/clocksource/clocksource0/"
			     "current_clocksource");
	if (f && fscanf(f, "%31s", now->clocksource) != 1)
		now->clocksource[0] = '\0';
	if (f)
		fclose(f);
}

/* How far a counter went; 0 where nobody counts. */
static uint64_t grown(uint64_t before, uint64_t after)
{
	if (before == UINT64_MAX || after == UINT64_MAX || after < before)
		return 0;
	return after - before;
}

char *replay_quiet_judge(const struct replay_quiet *before,
			 const struct replay_quiet *after, uint64_t median,
			 char *why, size_t len)
{
	uint64_t steal = grown(before->steal_ticks, after->steal_ticks);
	uint64_t all = grown(before->all_ticks, after->all_ticks);
	uint64_t throttled = grown(before->throttled, after->throttled);
	uint64_t swapped = grown(before->swapped_in, after->swapped_in);
	uint64_t switches = grown(before->involuntary, after->involuntary);
	uint64_t limit = QUIET_SWITCHES * median;

	if (limit < QUIET_SWITCHES_LEAST)
		limit = QUIET_SWITCHES_LEAST;
	*why = '\0';
	if (steal >= QUIET_STEAL_TICKS &&
	    (double)steal > QUIET_STEAL * (double)all)
		snprintf(why, len, "steal %.1f %%",
			 100 * (double)steal / (double)all);
	else if (throttled)
		snprintf(why, len, "throttled by the cgroup %" PRIu64 " times",
			 throttled);
	else if (swapped)
		snprintf(why, len, "%" PRIu64 " pages swapped in", swapped);
	else if (median && switches > limit)
		snprintf(why, len, "%" PRIu64 " involuntary switches",
			 switches);
	else if (strcmp(before->clocksource, after->clocksource) != 0)
		snprintf(why, len, "clock source %s became %s",
			 before->clocksource, after->clocksource);
	return why;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

enum { KEPT = sizeof(((struct replay_quiet_log *)0)->switches) / 8 };

uint64_t replay_quiet_median(const struct replay_quiet_log *log)
{
	uint64_t sorted[KEPT], median;
	size_t nr = log->nr_kept < KEPT ? log->nr_kept : KEPT;

	if (nr < QUIET_ROUNDS)
		return 0;
	memcpy(sorted, log->switches, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), by_number);
	median = sorted[nr / 2];
	return median ? median : 1;
}

void replay_quiet_keep(struct replay_quiet_log *log,
		       const struct replay_quiet *before,
		       const struct replay_quiet *after)
{
	log->switches[log->nr_kept++ % KEPT] =
		grown(before->involuntary, after->involuntary);
}
