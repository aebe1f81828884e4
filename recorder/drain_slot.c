// SPDX-License-Identifier: MIT
/*
 * The way of one thread's records from its ring to the tape. What a slot says
 * of its thread is read once, when it is born; positions are checked against
 * the size of a ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/drain_slot.h"
#include "recorder/live_bytes.h"
#include "traces/tape.h"
#include "traces/tape_writer.h"

#define BATCH         256         /* events: 16 KiB, half of an L1 cache */
#define GAP_PATIENCE  100000000u  /* ns until a hole is given up */
#define LATE_PATIENCE 5000000000u /* ... in the ring of ended threads */

/* A writer that failed is not used any more; the reason stays. */
static void check_writer(struct drain_target *target, int ret)
{
	if (ret)
		target->writer = NULL;
}

/* Write events of one thread. */
static void add(const struct look *l, const struct tape_event *ev, size_t nr)
{
	if (l->target->writer && nr)
		check_writer(l->target,
			     tape_writer_add(l->target->writer, l->ds->thread,
					     ev, nr, &l->target->err));
}

/* Write one event that did not come out of the ring. */
static void add_one(const struct look *l, struct tape_event *ev)
{
	ev->end_ns = ev->time_ns;
	add(l, ev, 1);
}

void drain_slot_name(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	struct tape_event ev = { .kind = TAPE_THREAD_NAME };
	char path[64], name[sizeof(ds->name)] = "ended threads";
	ssize_t n;
	int fd;

	if (ds->tid) {
		if (!l->target->pid || l->target->last)
			return;
		snprintf(path, sizeof(path), "/proc/%d/task/%u/comm",
			 (int)l->target->pid, ds->tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			/* Also if its process hides from us. */
			ds->gone = errno == ENOENT &&
				   syscall(SYS_tgkill, l->target->pid, ds->tid,
					   0) &&
				   errno == ESRCH;
			return;
		}
		n = read(fd, name, sizeof(name));
		close(fd);
		if (n <= 0)
			return;
		name[n - 1] = '\0';
		if (ds->tid == (uint32_t)l->target->pid)
			strcpy(l->target->name, name);
	}
	if (!strcmp(name, ds->name))
		return;
	strcpy(ds->name, name);
	ev.time_ns = ds->unpack.last_ns;
	ev.text = ds->name;
	add_one(l, &ev);
}

/* A time that the program gave; one that is still to come is not believed. */
static uint64_t told_ns(const struct drain *d, uint64_t ticks)
{
	uint64_t ns = ticks_to_ns(d->ticks, ticks);
	uint64_t now = ticks_now_ns(d->ticks);

	return ns < now ? ns : now;
}

static void begin_thread(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	struct tape_event ev = { .kind = TAPE_THREAD_START };
	uint64_t pos = ds->unpack.pos;

	memset(ds, 0, sizeof(*ds));
	ds->live = true;
	ds->unpack.pos = pos;
	ds->first_pos = pos;
	ds->tid = l->slot->tid;
	ds->thread = l->slot->thread;
	/* So many can have a number without having been seen. */
	if (ds->thread > l->target->threads + l->d->shared->nr_slots)
		ds->thread = l->target->threads;
	l->target->threads++;
	l->target->live++;
	ev.addr = ds->tid;
	ev.time_ns = told_ns(l->d, l->slot->start_ticks);
	ds->unpack.last_ns = ev.time_ns;
	add_one(l, &ev);
	/* One that has ended already has no name to read any more. */
	if (l->state != RING_ENDED || !ds->tid)
		drain_slot_name(l);
}

/* What a counter of the program has grown by; it never shrinks by itself. */
static uint64_t growth(const _Atomic uint64_t *counter, uint64_t *told)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
	uint64_t nr = now > *told ? now - *told : 0;

	*told = now;
	return nr;
}

/* free(NULL) and what was dropped is only counted by the program. */
static void add_counts(const struct look *l)
{
	struct tape_event ev = { .kind = TAPE_FREE_NULL };
	uint64_t dropped = growth(&l->slot->dropped, &l->ds->dropped);

	ev.size = growth(&l->slot->null_frees, &l->ds->null_frees);
	ev.time_ns = l->ds->unpack.last_ns;
	if (ev.size)
		add_one(l, &ev);
	l->target->dropped += dropped;
	if (dropped && l->target->writer)
		tape_writer_drop(l->target->writer, l->ds->thread, dropped);
}

/* Read what the ring holds; at most one lap, so that others get their turn. */
static void read_ring(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	struct tape_event ev[BATCH];
	struct tape_notes notes[BATCH];
	uint64_t start = ds->unpack.pos, before, woken = start;
	size_t nr;

	ds->unpack.notes = notes;
	ds->unpack.stacks = l->target->stacks;
	do {
		before = ds->unpack.pos;
		nr = unpack_events(&ds->unpack, l->ring, l->d->ticks, ev,
				   BATCH);
		if (ds->unpack.pos == before)
			break;
		/* Release: the program may write over what we have read. */
		atomic_store_explicit(&l->slot->tail, ds->unpack.pos,
				      memory_order_release);
		/* Not at each step: whoever wakes up shall find much room. */
		if (ds->unpack.pos - woken >= RING_RECORDS / 2) {
			woken = ds->unpack.pos;
			shared_wake_slot(l->slot);
		}
		if (l->target->writer)
			l->target->events += nr;
		else
			l->target->discarded += nr;
		if (l->target->live_bytes)
			live_bytes_add(l->target->live_bytes, l->process, ev,
				       nr);
		add(l, ev, nr);
	} while (ds->unpack.pos - start < RING_RECORDS);
}

/* Whether a hole at the reader's position may still be filled. */
static bool may_be_filled(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	uint64_t now = clock_monotonic_ns();

	if (ds->gap_pos != ds->unpack.pos || !ds->gap_ns) {
		ds->gap_pos = ds->unpack.pos;
		ds->gap_ns = now;
	}
	/*
	 * A thread that has filled its ring since then and waits for room
	 * has left the call behind; in the late ring it may be another's.
	 */
	if (ds->tid &&
	    atomic_load_explicit(&l->slot->waiting, memory_order_relaxed))
		return false;
	/* There it may also be of a thread that others keep from running. */
	return now - ds->gap_ns < (ds->tid ? GAP_PATIENCE : LATE_PATIENCE);
}

/*
 * How far behind a hole the next record may be. A thread that waits, or is
 * gone, may have left a large one; it wrote nothing beyond its claim.
 */
static uint64_t reach(const struct look *l, bool last)
{
	uint64_t left =
		atomic_load_explicit(&l->slot->claim, memory_order_relaxed) -
		l->ds->unpack.pos;

	if (!last &&
	    !atomic_load_explicit(&l->slot->waiting, memory_order_relaxed))
		return UNPACK_NEAR;
	return left < RING_RECORDS ? left : RING_RECORDS;
}

static bool is_last_look(const struct look *l)
{
	return l->target->last || l->ds->gone || l->state == RING_ENDED;
}

/* A thread that is gone cannot have written what is behind a whole ring. */
static bool is_read(const struct drain_slot *ds)
{
	return ds->end_pos && ds->unpack.pos >= ds->end_pos;
}

/*
 * Step over positions that were taken but not filled: at once when nobody
 * writes any more, then up to where an ended thread was.
 */
static bool skip_gap(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	bool last = is_last_look(l);
	uint64_t left = 0, nr;

	if (is_read(ds))
		return false;
	if (l->state == RING_ENDED)
		left = l->slot->end_pos - ds->unpack.pos;
	nr = unpack_gap(&ds->unpack, l->ring, last, reach(l, last));
	if (!nr && left <= RING_RECORDS)
		nr = left;
	if (!nr || (!last && may_be_filled(l)))
		return false;
	ds->gap_ns = 0;
	unpack_skip(&ds->unpack, l->ring, nr);
	return true;
}

void drain_slot_free(const struct look *l)
{
	struct drain_slot *ds = l->ds;

	l->target->interrupted += ds->unpack.interrupted;
	ds->unpack.interrupted = 0;
	if (ds->live)
		l->target->live--;
	ds->live = false;
	l->slot->process = RING_PROCESSES; /* nobody's */
	atomic_store_explicit(&l->slot->tail, ds->unpack.pos,
			      memory_order_relaxed);
	atomic_store_explicit(&l->slot->null_frees, 0, memory_order_relaxed);
	atomic_store_explicit(&l->slot->dropped, 0, memory_order_relaxed);
	/* Release: whoever claims it finds it emptied. */
	atomic_store_explicit(&l->slot->state, RING_FREE_SLOT,
			      memory_order_release);
}

static void end_thread(const struct look *l)
{
	struct drain_target *target = l->target;
	struct tape_event ev = { .kind = TAPE_THREAD_END };

	ev.time_ns = l->ds->gone ? l->ds->unpack.last_ns
				 : told_ns(l->d, l->slot->end_ticks);
	add_one(l, &ev);
	if (target->writer)
		check_writer(target, tape_writer_end_thread(target->writer,
							    l->ds->thread,
							    &target->err));
}

/* A ring that has been idle for some time keeps little memory. */
static void rest_ring(const struct look *l, uint64_t records)
{
	struct drain_slot *ds = l->ds;
	uint64_t now = l->d->now_ns, used;

	if (records || !ds->busy_ns) {
		ds->busy_ns = now;
		ds->shrunk = false;
	} else if (!ds->shrunk && now - ds->busy_ns > DRAIN_IDLE_NS) {
		ds->shrunk = true;
		if (ds->unpack.pos - ds->first_pos > RING_QUARTER / 4 &&
		    shared_shrink(l->d->shared, l->index, ds->unpack.pos))
			ds->first_pos = ds->unpack.pos - RING_QUARTER / 4;
	}
	used = (ds->unpack.pos - ds->first_pos) * sizeof(struct ring_record);
	l->target->ring_bytes += used < RING_BYTES ? used : RING_BYTES;
}

/* The thread may wait for what is ours, whatever it has written there. */
static void keep_ours(const struct look *l)
{
	struct ring_slot *slot = l->slot;

	if (atomic_load_explicit(&slot->tail, memory_order_relaxed) !=
	    l->ds->unpack.pos)
		atomic_store_explicit(&slot->tail, l->ds->unpack.pos,
				      memory_order_relaxed);
	if (atomic_load_explicit(&slot->shrinking, memory_order_relaxed))
		shared_shrink(l->d->shared, l->index, l->ds->unpack.pos);
}

void drain_slot_read(const struct look *l)
{
	struct drain_slot *ds = l->ds;
	uint64_t before;

	if (!ds->live)
		begin_thread(l);
	before = ds->unpack.pos;
	if (is_last_look(l) && !ds->end_pos)
		ds->end_pos = before + RING_RECORDS;
	/* No more than there can have been, however fast it is filled again. */
	if (!is_read(ds))
		do
			read_ring(l);
		while (ds->unpack.pos - before < RING_RECORDS && skip_gap(l));
	if (ds->unpack.pos - before > l->target->records)
		l->target->records = ds->unpack.pos - before;
	keep_ours(l);
	shared_wake_slot(l->slot);
	add_counts(l);
	rest_ring(l, ds->unpack.pos - before);
	if (l->state == RING_ENDED || ds->gone) {
		end_thread(l);
		drain_slot_free(l);
	}
}
