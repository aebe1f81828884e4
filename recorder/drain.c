// SPDX-License-Identifier: MIT
/* Passes over all slots; drain_slot.c reads one. */
#include <stdlib.h>
#include <string.h>

#include "recorder/clock.h"
#include "recorder/drain_slot.h"

int drain_open(struct drain *d, const struct shared *shared,
	       struct ticks *ticks, struct err *err)
{
	memset(d, 0, sizeof(*d));
	d->slots = calloc(shared->nr_slots, sizeof(*d->slots));
	if (!d->slots)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	d->shared = shared;
	d->ticks = ticks;
	return 0;
}

void drain_close(struct drain *d)
{
	free(d->slots);
	d->slots = NULL;
}

void drain_attach(struct drain *d, uint32_t process,
		  struct drain_target *target)
{
	d->targets[process] = target;
}

/* A ring that no thread has taken over for some time keeps no memory. */
static void rest_free(struct drain *d, uint32_t i)
{
	struct ring_slot *slot = &d->shared->slots[i];
	struct drain_slot *ds = &d->slots[i];
	uint32_t free_slot = RING_FREE_SLOT;

	if (ds->live || !ds->busy_ns ||
	    d->now_ns - ds->busy_ns < DRAIN_IDLE_NS ||
	    !atomic_compare_exchange_strong_explicit(
		    &slot->state, &free_slot, RING_CLAIMED,
		    memory_order_acquire, memory_order_relaxed))
		return;
	shared_clear(d->shared, i);
	ds->busy_ns = 0;
	/* Release: the ring is empty for who claims it. */
	atomic_store_explicit(&slot->state, RING_FREE_SLOT,
			      memory_order_release);
}

/* Look at a slot; false: it is nobody's whose records we take. */
static bool look_at(struct drain *d, uint32_t i, struct look *l)
{
	struct ring_slot *slot = &d->shared->slots[i];
	/* Acquire: a live slot is filled in, an ended one complete. */
	uint32_t state =
		atomic_load_explicit(&slot->state, memory_order_acquire);
	uint32_t process;

	if (state != RING_LIVE && state != RING_ENDED)
		return false;
	process = slot->process;
	if (process >= RING_PROCESSES || !d->targets[process])
		return false;
	*l = (struct look){
		.d = d,
		.target = d->targets[process],
		.slot = slot,
		.ds = &d->slots[i],
		.ring = shared_ring(d->shared, i),
		.index = i,
		.process = process,
		.state = state,
	};
	return true;
}

static void start_pass(struct drain *d)
{
	uint32_t i, top = shared_top_process(d->shared);

	for (i = 0; i < top; i++)
		if (d->targets[i])
			d->targets[i]->records = d->targets[i]->ring_bytes = 0;
	ticks_set_window(d->ticks);
	d->now_ns = clock_monotonic_ns();
}

uint64_t drain_pass(struct drain *d)
{
	uint32_t i, top = shared_top_slot(d->shared);
	uint64_t fullest = 0;
	struct look l;

	start_pass(d);
	for (i = 0; i < top; i++) {
		if (!look_at(d, i, &l)) {
			rest_free(d, i);
			continue;
		}
		drain_slot_read(&l);
		if (l.target->records > fullest)
			fullest = l.target->records;
	}
	return fullest;
}

void drain_rest(struct drain *d, uint32_t process)
{
	struct drain_target *target = d->targets[process];
	uint32_t i, top = shared_top_slot(d->shared);
	struct look l;

	target->last = true;
	start_pass(d);
	for (i = 0; i < top; i++)
		if (look_at(d, i, &l) && l.target == target)
			drain_slot_read(&l);
}

/* Whether the slot is the process's, also if it was just being set up. */
static bool is_of(const struct ring_slot *slot, uint32_t process)
{
	uint32_t state =
		atomic_load_explicit(&slot->state, memory_order_relaxed);

	if ((state & RING_STATE_MASK) == RING_CLAIMED)
		return state >> RING_OWNER_SHIFT == process + 1;
	return state != RING_FREE_SLOT && slot->process == process;
}

/*
 * What lies behind the reader's position may be garbage of calls that were
 * killed: the whole ring is forgotten.
 */
void drain_detach(struct drain *d, uint32_t process)
{
	uint32_t i, top = shared_top_slot(d->shared);
	struct look l = { .d = d, .target = d->targets[process] };

	for (i = 0; i < top; i++) {
		l.slot = &d->shared->slots[i];
		l.ds = &d->slots[i];
		if (!is_of(l.slot, process))
			continue;
		shared_clear(d->shared, i);
		drain_slot_free(&l);
	}
	d->targets[process] = NULL;
}

void drain_names(struct drain *d, uint32_t process)
{
	uint32_t i, top = shared_top_slot(d->shared);
	struct look l;

	for (i = 0; i < top; i++)
		if (look_at(d, i, &l) && l.target == d->targets[process] &&
		    l.ds->live)
			drain_slot_name(&l);
}
