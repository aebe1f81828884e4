// SPDX-License-Identifier: MIT
/*
 * The worker: maps the plan, finds the allocator, replays once, measures one
 * thing, and leaves what it found in the report. Started by the driver only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replayer/worker/account.h"
#include "replayer/worker/clock.h"
#include "replayer/worker/sync.h"
#include "replayer/worker/ticks.h"
#include "replayer/worker/verify.h"

/*
 * Memory passes keep the threads as close as can be, so that the live set is
 * the tape's. Half a window is what worker_tell waits for: never less than
 * PLAN_GAP, see plan.h.
 */
#define MEMORY_WINDOW (2 * PLAN_GAP)

struct worker worker;

bool worker_fail(struct worker *w, const char *what, const char *why)
{
	char *to = w->report->message;
	size_t room = sizeof(w->report->message) - 1;
	size_t len = strnlen(what, room - 2);

	memcpy(to, what, len);
	to[len++] = ' ';
	strncpy(to + len, why, room - len);
	return false;
}

void *worker_map(struct worker *w, size_t bytes, const char *what)
{
	int fd = memfd_create("heaptape", MFD_CLOEXEC);
	void *p = MAP_FAILED;

	bytes += !bytes;
	if (fd >= 0 && !ftruncate(fd, (off_t)bytes))
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p != MAP_FAILED)
		return p;
	worker_fail(w, what, "cannot be held in shared memory");
	return NULL;
}

static bool map_report(struct worker *w, int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) || (size_t)st.st_size < sizeof(*w->report))
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		 fd, 0);
	if (p == MAP_FAILED)
		return false;
	w->report = p;
	w->order = w->report->order;
	w->samples = (void *)((char *)p + w->report->samples_at);
	return true;
}

static bool map_plan(struct worker *w, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;

	if (fd < 0 || fstat(fd, &st) || st.st_size < PLAN_PAGE)
		return worker_fail(w, path, "cannot be opened");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return worker_fail(w, path, "cannot be mapped");
	w->words = (const uint64_t *)(void *)p;
	w->h = (const void *)p;
	if (w->h->magic != PLAN_MAGIC || w->h->version != PLAN_VERSION ||
	    w->h->bytes != (uint64_t)st.st_size)
		return worker_fail(w, path, "is no plan of this version");
	w->table = (const void *)(p + w->h->threads_at);
	return true;
}

/* Memory for all copies, each with its own pages; *bytes: those of one. */
static void *map_each(struct worker *w, size_t nr, size_t size, size_t *bytes,
		      const char *what)
{
	size_t mask = (size_t)sysconf(_SC_PAGESIZE) - 1;

	*bytes = (nr * size + mask) & ~mask;
	return worker_map(w, w->order.copies * *bytes, what);
}

static bool map_hists(struct worker *w)
{
	const size_t each = WORKER_HISTS * WORKER_GROUPS;
	size_t threads = w->h->nr_threads, c, i;
	struct hist *all =
		worker_map(w, w->order.copies * threads * each * sizeof(*all),
			   "the histograms");

	for (c = 0; all && c < w->order.copies; c++)
		for (i = 0; i < threads; i++)
			w->copies[c].threads[i].hists =
				all + (c * threads + i) * each;
	return all;
}

static bool map_state(struct worker *w)
{
	const struct plan_header *h = w->h;
	size_t nr = w->order.copies, stack, i;
	char *slots, *gates, *threads, *stacks, *sizes = NULL;
	bool counted = w->order.pass == WORKER_MEMORY;

	w->copies = worker_map(w, nr * sizeof(*w->copies), "the copies");
	slots = map_each(w, h->nr_slots, sizeof(void *), &w->slots_bytes,
			 "the table of slots");
	gates = map_each(w, h->nr_slots, sizeof(struct worker_gate),
			 &w->gates_bytes, "the table of gates");
	threads = map_each(w, h->nr_threads, sizeof(struct worker_thread),
			   &w->threads_bytes, "the table of threads");
	/* The first thread of a copy has one too. */
	stacks = map_each(w, (size_t)h->nr_stacks + 1, WORKER_STACK_BYTES,
			  &stack, "the threads' stacks");
	if (!w->copies || !slots || !gates || !threads || !stacks)
		return false;
	if (counted)
		sizes = map_each(w, h->nr_slots, sizeof(uint64_t),
				 &w->sizes_bytes, "the table of sizes");
	if (counted && !sizes)
		return false;
	for (i = 0; i < nr; i++) {
		struct worker_copy *copy = &w->copies[i];

		copy->slots = (void *)(slots + i * w->slots_bytes);
		if (counted)
			copy->sizes = (void *)(sizes + i * w->sizes_bytes);
		copy->gates = (void *)(gates + i * w->gates_bytes);
		copy->threads = (void *)(threads + i * w->threads_bytes);
		copy->stacks = stacks + i * stack;
	}
	return w->order.pass != WORKER_LATENCY || map_hists(w);
}

/*
 * Page faults of the harness belong before the measurement. A plan that would
 * take much of the machine's memory is left to the kernel's read-ahead.
 */
static void populate(const struct worker *w)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			  (uint64_t)sysconf(_SC_PAGESIZE);
	uint32_t i;

	for (i = 0; i < w->order.copies; i++) {
		madvise(w->copies[i].slots, w->slots_bytes,
			MADV_POPULATE_WRITE);
		if (w->copies[i].sizes)
			madvise(w->copies[i].sizes, w->sizes_bytes,
				MADV_POPULATE_WRITE);
		if (w->h->waits)
			madvise(w->copies[i].gates, w->gates_bytes,
				MADV_POPULATE_WRITE);
		if (w->h->waits)
			madvise(w->copies[i].gates, w->gates_bytes,
				MADV_POPULATE_WRITE);
	}
	if (w->h->bytes < memory / 4)
		madvise((void *)(uintptr_t)w->words, w->h->bytes,
			MADV_POPULATE_READ);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void sum_up(struct worker *w)
{
	struct worker_report *r = w->report;
	struct hist *into = (void *)((char *)r + r->hists_at);
	uint64_t slept = 0;
	uint32_t nr = w->h->nr_threads, i, j;

	for (i = 0; i < w->order.copies * nr; i++) {
		const struct worker_thread *t =
			&w->copies[i / nr].threads[i % nr];

		r->harness_waits += t->waits;
		r->nulls += t->nulls;
		slept += t->waits_slept;
		for (j = 0; t->hists && j < WORKER_HISTS * WORKER_GROUPS; j++)
			if (t->hists[j].count)
				hist_merge(&into[j], &t->hists[j]);
	}
	if (r->voluntary_switches > slept)
		r->voluntary_switches -= slept;
	else
		r->voluntary_switches = 0;
}

/* Of this process, whoever made them. */
static uint32_t nr_threads(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *line;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nThreads:");
	return line ? (uint32_t)strtoul(line + 9, NULL, 10) : 0;
}

/* The part that is measured. */
static void run(struct worker *w)
{
	struct worker_report *r = w->report;
	struct rusage before, after;
	uint64_t wall, cpu;
	uint32_t all;

	clock_is_replaying();
	getrusage(RUSAGE_SELF, &before);
	worker_make_copies(w);
	clock_start();
	cpu = cpu_ns();
	wall = clock_real_ns();
	worker_start(w);
	worker_replay(w->copies->threads);
	worker_finish(w->copies->threads);
	r->wall_ns = clock_real_ns() - wall;
	r->cpu_ns = cpu_ns() - cpu;
	getrusage(RUSAGE_SELF, &after);
	r->minor_faults = (uint64_t)(after.ru_minflt - before.ru_minflt);
	r->voluntary_switches = (uint64_t)(after.ru_nvcsw - before.ru_nvcsw);
	all = nr_threads();
	if (all > worker_nr_alive(w))
		r->foreign_threads = all - worker_nr_alive(w);
	sum_up(w);
}

static void idle(struct worker *w, uint64_t ns)
{
	clock_idle(ns);
	/* Allocators act when they are called, not while time passes. */
	w->calls.free(w->calls.malloc(64));
}

/* What stays after idling, and after all blocks were freed. */
static void measure_rest(struct worker *w)
{
	const uint32_t *live =
		(const void *)((const char *)w->words + w->h->live_at);
	uint32_t c, i;

	worker_checkpoint(w, WORKER_AT_END);
	w->report->file_bytes = worker_memory_files(w);
	idle(w, w->order.idle_ns);
	worker_checkpoint(w, WORKER_AT_IDLE);
	for (c = 0; c < w->order.copies; c++) {
		struct worker_copy *copy = &w->copies[c];

		for (i = 0; i < w->h->nr_live; i++) {
			account_drop(copy->threads, &copy->slots[live[i]],
				     true);
			w->calls.free(copy->slots[live[i]]);
		}
	}
	idle(w, w->order.idle_ns);
	worker_checkpoint(w, WORKER_AT_FREED);
}

static bool prepare(struct worker *w, const char *plan)
{
	/* The verify pass writes to blocks itself. */
	if (w->order.null || w->order.pass == WORKER_VERIFY)
		w->order.touch = WORKER_TOUCH_NONE;
	if (!map_plan(w, plan) || !map_state(w) || !worker_sync_init(w) ||
	    !worker_find_calls(w))
		return false;
	w->window =
		w->order.pass == WORKER_MEMORY ? MEMORY_WINDOW : PLAN_WINDOW;
	populate(w);
	if (w->order.pass == WORKER_LATENCY) {
		ticks_init();
		w->report->timer_floor_ns = ticks_floor_ns();
	}
	if (w->order.pass == WORKER_VERIFY)
		return verify_init(w);
	if (w->order.pass != WORKER_MEMORY)
		return true;
	if (!worker_memory_init(w))
		return false;
	worker_checkpoints_init(w);
	return true;
}

/* The heap of the start, in all copies. */
static void bear(struct worker *w)
{
	const struct plan_mark *marks =
		(const void *)((const char *)w->words + w->h->marks_at);
	uint32_t last = w->h->nr_marks - 1, i;

	for (i = 0; i < w->order.copies; i++)
		worker_bear(&w->copies[i]);
	/* It may be that no op reaches the peak: it is here. */
	if (w->order.pass == WORKER_MEMORY && !marks[last].seq)
		worker_memory_sample(w, last);
}

/* heaptape-worker PLAN REPORT-FD */
int main(int argc, char **argv)
{
	static const char usage[] =
		"heaptape-worker is started by heaptape-replay\n";
	struct worker *w = &worker;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc != 3) {
		if (write(STDERR_FILENO, usage, sizeof(usage) - 1) < 0)
			return 2;
		return 2;
	}
	if (!map_report(w, atoi(argv[2])) || !prepare(w, argv[1]))
		return 1;
	w->report->state = WORKER_REPLAYING;
	bear(w);
	if (w->order.pace != WORKER_ASAP) {
		/* Wake when it is time, not up to 50 us later. */
		prctl(PR_SET_TIMERSLACK, 1);
		clock_trap_install(w);
	}
	if (w->order.pass == WORKER_CALLS && !worker_filter(w))
		return 1;
	if (w->order.pass == WORKER_INSTRUCTIONS && !worker_count_start(w))
		return 1;
	run(w);
	if (w->order.pass == WORKER_INSTRUCTIONS)
		worker_count_stop(w);
	w->report->state = WORKER_MEASURING;
	if (w->order.pass == WORKER_MEMORY)
		measure_rest(w);
	if (w->order.pass == WORKER_VERIFY)
		verify_finish(w);
	w->report->state = WORKER_DONE;
	_exit(0);
}
