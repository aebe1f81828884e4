// SPDX-License-Identifier: MIT
/* The way of the records from the slots to the tape. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/drain.h"
#include "recorder/unpack.h"
#include "traces/base/err.h"
#include "traces/tape.h"
#include "traces/tape_writer.h"

#define BATCH        512        /* events: 32 KiB, stays in the L1 cache */
#define GAP_PATIENCE 100000000u /* ns until a hole is given up */

struct drain_slot {
	struct unpack unpack;
	bool live;           /* its thread's birth has been written */
	bool gone;           /* its thread died without telling */
	uint64_t first_pos;  /* where this process began to use the ring */
	uint64_t null_frees; /* as many have been written */
	uint64_t gap_pos;    /* a hole is there ... */
	uint64_t gap_ns;     /* ... since then */
	char name[16];
};

int drain_open(struct drain *d, const struct shared *shared,
	       struct ticks *ticks, pid_t pid, struct err *err)
{
	memset(d, 0, sizeof(*d));
	d->slots = calloc(shared->control->nr_slots, sizeof(*d->slots));
	if (!d->slots)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	d->shared = shared;
	d->ticks = ticks;
	d->pid = pid;
	return 0;
}

void drain_close(struct drain *d)
{
	free(d->slots);
	d->slots = NULL;
}

/* Write one event that did not come out of the ring. */
static int add_one(struct drain *d, const struct ring_slot *slot,
		   struct tape_event *ev, struct err *err)
{
	if (!d->writer)
		return 0;
	ev->end_ns = ev->time_ns;
	return tape_writer_add(d->writer, slot->thread, ev, 1, err);
}

static int read_name(struct drain *d, struct ring_slot *slot,
		     struct drain_slot *ds, struct err *err)
{
	struct tape_event ev = { .kind = TAPE_THREAD_NAME };
	char path[64], name[sizeof(ds->name)] = "ended threads";
	ssize_t n;
	int fd;

	if (slot->tid) {
		snprintf(path, sizeof(path), "/proc/%d/task/%u/comm",
			 (int)d->pid, slot->tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			ds->gone = errno == ENOENT;
			return 0;
		}
		n = read(fd, name, sizeof(name));
		close(fd);
		if (n <= 0)
			return 0;
		name[n - 1] = '\0';
	}
	if (!strcmp(name, ds->name))
		return 0;
	strcpy(ds->name, name);
	ev.time_ns = ds->unpack.last_ns;
	ev.text = ds->name;
	return add_one(d, slot, &ev, err);
}

static int begin_thread(struct drain *d, struct ring_slot *slot,
			struct drain_slot *ds, bool ended, struct err *err)
{
	struct tape_event ev = { .kind = TAPE_THREAD_START, .addr = slot->tid };
	uint64_t pos = ds->unpack.pos;
	int ret;

	memset(ds, 0, sizeof(*ds));
	ds->live = true;
	ds->unpack.pos = pos;
	ds->first_pos = pos;
	ds->null_frees = 0;
	d->threads++;
	ev.time_ns = ticks_to_ns(d->ticks, slot->start_ticks);
	ds->unpack.last_ns = ev.time_ns;
	ret = add_one(d, slot, &ev, err);
	/* One that has ended already has no name to read any more. */
	if (!ret && (!ended || !slot->tid))
		ret = read_name(d, slot, ds, err);
	return ret;
}

/* free(NULL) is only counted by the program; tell how many came since. */
static int add_null_frees(struct drain *d, struct ring_slot *slot,
			  struct drain_slot *ds, struct err *err)
{
	uint64_t nr =
		atomic_load_explicit(&slot->null_frees, memory_order_relaxed);
	struct tape_event ev = { .kind = TAPE_FREE_NULL };

	if (nr == ds->null_frees)
		return 0;
	ev.time_ns = ds->unpack.last_ns;
	ev.size = nr - ds->null_frees;
	ds->null_frees = nr;
	return add_one(d, slot, &ev, err);
}

/* Read what the ring holds; at most one lap, so that others get their turn. */
static int read_ring(struct drain *d, struct ring_slot *slot,
		     struct drain_slot *ds, struct ring_record *ring,
		     struct err *err)
{
	struct tape_event ev[BATCH];
	uint64_t start = ds->unpack.pos, before, woken = start;
	int ret = 0;
	size_t nr;

	do {
		before = ds->unpack.pos;
		nr = unpack_events(&ds->unpack, ring, d->ticks, ev, BATCH);
		if (ds->unpack.pos == before)
			break;
		/* Release: the program may write over what we have read. */
		atomic_store_explicit(&slot->tail, ds->unpack.pos,
				      memory_order_release);
		/* Not at each step: whoever wakes up shall find much room. */
		if (ds->unpack.pos - woken >= RING_RECORDS / 2) {
			woken = ds->unpack.pos;
			shared_wake_slot(slot);
		}
		d->events += nr;
		if (nr && d->writer)
			ret = tape_writer_add(d->writer, slot->thread, ev, nr,
					      err);
	} while (!ret && ds->unpack.pos - start < RING_RECORDS);
	return ret;
}

/* Whether a hole at the reader's position may still be filled. */
static bool may_be_filled(const struct ring_slot *slot, struct drain_slot *ds)
{
	uint64_t now = clock_monotonic_ns();

	if (ds->gap_pos != ds->unpack.pos || !ds->gap_ns) {
		ds->gap_pos = ds->unpack.pos;
		ds->gap_ns = now;
	}
	/*
	 * A thread that has filled its ring since then and waits for room
	 * has left the call behind; in the late ring it may be another's.
	 */
	if (slot->tid &&
	    atomic_load_explicit(&slot->waiting, memory_order_relaxed))
		return false;
	return now - ds->gap_ns < GAP_PATIENCE;
}

/*
 * Step over positions that were taken but not filled: at once when nobody
 * writes any more, up to end if that is not 0.
 */
static bool skip_gap(const struct ring_slot *slot, struct drain_slot *ds,
		     struct ring_record *ring, uint64_t end, bool last)
{
	uint64_t nr = unpack_gap(&ds->unpack, ring, last);

	if (!nr && end > ds->unpack.pos)
		nr = end - ds->unpack.pos;
	if (!nr || (!last && may_be_filled(slot, ds)))
		return false;
	ds->gap_ns = 0;
	unpack_skip(&ds->unpack, ring, nr);
	return true;
}

static int end_thread(struct drain *d, struct ring_slot *slot,
		      struct drain_slot *ds, struct err *err)
{
	struct tape_event ev = { .kind = TAPE_THREAD_END };
	int ret;

	ev.time_ns = ds->gone ? ds->unpack.last_ns
			      : ticks_to_ns(d->ticks, slot->end_ticks);
	ret = add_one(d, slot, &ev, err);
	if (!ret && d->writer)
		ret = tape_writer_end_thread(d->writer, slot->thread, err);
	return ret;
}

/* Give the slot back to the program. */
static void free_slot(struct drain *d, struct ring_slot *slot,
		      struct drain_slot *ds)
{
	d->interrupted += ds->unpack.interrupted;
	ds->live = false;
	atomic_store_explicit(&slot->tail, ds->unpack.pos,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->null_frees, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->dropped, 0, memory_order_relaxed);
	/* Release: whoever claims it finds it emptied. */
	atomic_store_explicit(&slot->state, RING_FREE_SLOT,
			      memory_order_release);
}

/* A slot of an earlier image: its thread is gone with it. */
static void discard_slot(struct drain *d, struct ring_slot *slot,
			 struct drain_slot *ds, struct ring_record *ring)
{
	struct tape_event ev[BATCH];
	size_t nr;

	do {
		nr = unpack_events(&ds->unpack, ring, d->ticks, ev, BATCH);
		d->discarded += nr;
	} while (nr || skip_gap(slot, ds, ring, 0, true));
	free_slot(d, slot, ds);
}

static int drain_slot(struct drain *d, uint32_t i, bool last, uint64_t *records,
		      struct err *err)
{
	struct ring_slot *slot = &d->shared->slots[i];
	struct ring_record *ring = shared_ring(d->shared, i);
	struct drain_slot *ds = &d->slots[i];
	/* Acquire: a live slot is filled in, an ended one complete. */
	uint32_t state =
		atomic_load_explicit(&slot->state, memory_order_acquire);
	uint64_t before, end = state == RING_ENDED ? slot->end_pos : 0;
	const struct ring_process *process;
	int ret = 0;

	*records = 0;
	if (state != RING_LIVE && state != RING_ENDED)
		return 0;
	if (slot->process >= RING_PROCESSES || !d->process)
		return 0;
	process = &d->shared->processes[slot->process];
	if (process != d->process) {
		if (process->serial < d->process->serial)
			discard_slot(d, slot, ds, ring);
		return 0;
	}
	if (!ds->live)
		ret = begin_thread(d, slot, ds, state == RING_ENDED, err);
	before = ds->unpack.pos;
	do {
		if (!ret)
			ret = read_ring(d, slot, ds, ring, err);
	} while (!ret && skip_gap(slot, ds, ring, end,
				  last || ds->gone || state == RING_ENDED));
	*records = ds->unpack.pos - before;
	shared_wake_slot(slot);
	if (!ret)
		ret = add_null_frees(d, slot, ds, err);
	if (!ret && (state == RING_ENDED || ds->gone)) {
		ret = end_thread(d, slot, ds, err);
		free_slot(d, slot, ds);
	}
	return ret;
}

int drain_pass(struct drain *d, bool last, uint64_t *fullest, struct err *err)
{
	/* Acquire: the slots below are there. */
	uint32_t i, top = atomic_load_explicit(&d->shared->control->top_slot,
					       memory_order_acquire);
	uint64_t records;
	int ret = 0;

	*fullest = 0;
	ticks_set_window(d->ticks);
	for (i = 0; i < top; i++) {
		int failed = drain_slot(d, i, last, &records, err);

		if (failed) {
			ret = failed;
			d->writer = NULL;
		}
		if (records > *fullest)
			*fullest = records;
	}
	return ret;
}

int drain_names(struct drain *d, struct err *err)
{
	uint32_t i, top = atomic_load_explicit(&d->shared->control->top_slot,
					       memory_order_relaxed);
	int ret = 0;

	for (i = 0; i < top && !ret; i++)
		if (d->slots[i].live)
			ret = read_name(d, &d->shared->slots[i], &d->slots[i],
					err);
	return ret;
}

void drain_set_process(struct drain *d, const struct ring_process *process,
		       struct tape_writer *writer)
{
	d->discarded += d->events;
	d->process = process;
	d->writer = writer;
	d->events = 0;
	d->interrupted = 0;
	d->threads = 0;
}

uint64_t drain_ring_bytes(const struct drain *d)
{
	uint32_t i, top = atomic_load_explicit(&d->shared->control->top_slot,
					       memory_order_relaxed);
	uint64_t bytes = 2 * 4096 + top * sizeof(struct ring_slot), used;

	for (i = 0; i < top; i++) {
		const struct drain_slot *ds = &d->slots[i];

		used = (ds->unpack.pos - ds->first_pos) *
		       sizeof(struct ring_record);
		bytes += used < RING_BYTES ? used : RING_BYTES;
	}
	return (bytes + 4095) / 4096 * 4096;
}
