// SPDX-License-Identifier: MIT
/*
 * The shim's writing side against a reader, in one process, so that a thread
 * sanitizer sees both: nothing is lost, torn or told twice, while rings fill,
 * shrink and drop, threads come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/shared.h"
#include "recorder/unpack.h"
#include "traces/base/err.h"

/* All of the shim but what a program calls, and what finds its allocator. */
#include "recorder/shim/attach.c"
#include "recorder/shim/join.c"
#include "recorder/shim/record.c"
#include "recorder/shim/room.c"
#include "recorder/shim/wake.c"

struct real real;

void real_resolve(void)
{
}

bool real_found(void)
{
	return true;
}

bool real_is_ours(void)
{
	return true;
}

void real_allocator_path(char *path, size_t len)
{
	memset(path, 0, len);
}

void stack_start(const struct ring_control *control)
{
	(void)control;
}

void stack_begin(struct rec_thread *t)
{
	(void)t;
}

#define NR_WRITERS 4
#define NR_LIVES   5
#define NR_EVENTS  60000u /* of each life of a writer */
#define NR_RACES   2
#define NR_THREADS (NR_WRITERS * NR_LIVES * NR_RACES + 1)

/* What the reader knows of a thread, by its number in the process. */
struct known {
	uint64_t events;
	uint64_t last; /* the last event's number */
	uint64_t dropped;
	unsigned begins;
};

static struct shared shared;
static struct ticks ticks;
static struct unpack *unpacks;
static struct known known[NR_THREADS];
static _Atomic int writers_over;

static uint64_t number_of(const struct tape_event *ev)
{
	return (ev->addr >> 4) / 8;
}

/* Each event's size is made of its address, and the addresses rise. */
static void check_event(struct known *k, const struct tape_event *ev)
{
	uint64_t nr = number_of(ev);

	assert_true(nr > k->last);
	k->last = nr;
	k->events++;
	if (ev->kind == TAPE_MALLOC || ev->kind == TAPE_MEMALIGN)
		assert_int_equal(ev->size, nr % 1000 + 1);
	if (ev->kind == TAPE_MEMALIGN)
		assert_int_equal(ev->alignment, 64 + nr % 7);
	if (ev->kind == TAPE_REALLOC)
		assert_int_equal(ev->old_addr, (nr - 1) * 8 << 4);
	if (ev->kind == TAPE_FREE && nr % 8 == 3)
		assert_int_equal(ev->notes->latency_ns, nr % 50);
}

static void read_slot(uint32_t i)
{
	static struct tape_notes notes[512];
	static struct tape_event ev[512];
	struct ring_slot *slot = &shared.slots[i];
	uint32_t state =
		atomic_load_explicit(&slot->state, memory_order_acquire);
	struct ring_record *ring = shared_ring(&shared, i);
	size_t nr, j;

	if (state != RING_LIVE && state != RING_ENDED)
		return;
	assert_true(slot->thread < NR_THREADS);
	unpacks[i].notes = notes;
	do {
		nr = unpack_events(&unpacks[i], ring, &ticks, ev, 512);
		for (j = 0; j < nr; j++)
			check_event(&known[slot->thread], &ev[j]);
		/* Release: the writer may write over what was read. */
		atomic_store_explicit(&slot->tail, unpacks[i].pos,
				      memory_order_release);
	} while (nr);
	shared_wake_slot(slot);
	if (state == RING_LIVE)
		return;
	assert_int_equal(unpacks[i].pos, slot->end_pos);
	known[slot->thread].dropped = slot->dropped;
	slot->dropped = 0;
	unpacks[i].nr_begins = 0;
	atomic_store_explicit(&slot->state, RING_FREE_SLOT,
			      memory_order_release);
}

/* Like the drain, but with less care for the machine. */
static void *read_all(void *arg)
{
	const bool slow = shared.control->on_full == RING_FULL_DROP;
	const struct timespec rest = { 0, slow ? 5000000 : 300000 };
	unsigned round;
	uint32_t i, over;

	for (round = 0;; round++) {
		over = atomic_load(&writers_over);
		for (i = 0; i < shared_top_slot(&shared); i++) {
			read_slot(i);
			if (round % 3 == 0)
				shared_shrink(&shared, i, unpacks[i].pos);
		}
		if (over)
			return arg;
		nanosleep(&rest, NULL);
	}
}

/* One event of each kind in turn; returns how many reach the ring. */
static unsigned write_event(uint64_t nr)
{
	struct rec_event e = { .kind = RING_FREE,
			       .nr_notes = 1,
			       .after = true };
	uint64_t addr = nr * 8 << 4;
	struct rec_place place;

	switch (nr % 8) {
	case 1:
		return rec_append(RING_MEMALIGN, addr, nr % 1000 + 1,
				  64 + nr % 7);
	case 2: /* wide */
		return rec_append(RING_FREE_SIZED, addr, 1ull << 40, 0);
	case 3:
		e.value[0] = addr;
		e.notes[0].which = RING_NOTE_AFTERWARDS;
		if (!rec_append_event(&e, &place))
			return 0;
		rec_append_after(&place, nr % 50);
		return 1;
	case 4:
		return 0;
	case 5:
		if (!rec_event(RING_REALLOC_BEGIN, (void *)((nr - 1) * 8 << 4),
			       0))
			return 0;
		return rec_event(RING_REALLOC, (void *)addr, 1);
	}
	return rec_event(RING_MALLOC, (void *)addr, nr % 1000 + 1);
}

static void *write_all(void *arg)
{
	uint64_t nr, *written = arg;

	for (nr = 1; nr <= NR_EVENTS; nr++)
		*written += write_event(nr);
	return arg;
}

/* The constructor has found no recorder: do it again. */
static int begin(void **state)
{
	char text[64];
	struct err err;

	(void)state;
	assert_int_equal(shared_open(&shared, RING_CLOCK_COUNTER, &err), 0);
	shared.control->target_pid = (uint32_t)getpid();
	shared_describe(&shared, text, sizeof(text));
	setenv(RING_ENV, text, 1);
	unpacks = calloc(shared.nr_slots, sizeof(*unpacks));
	ticks.ns_per_tick = 1ull << 32;
	atomic_store(&first_life.state, SHIM_NEW);
	atomic_store(&shim.mode, &mode_new);
	assert_non_null(shim_attach());
	assert_int_equal(shim_mode(), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	shim_stop();
	assert_int_equal(shim_mode(), RING_PAUSED);
	rec_self = NULL;
	free(unpacks);
	shared_close(&shared);
	return 0;
}

/* Run writers beside the reader; what was written, and what was dropped. */
static void race(uint64_t *written, uint64_t *read, uint64_t *dropped)
{
	uint64_t counts[NR_WRITERS] = { 0 };
	pthread_t reader, writers[NR_WRITERS];
	unsigned i, life;

	*written = *read = *dropped = 0;
	memset(known, 0, sizeof(known));
	atomic_store(&writers_over, 0);
	assert_int_equal(pthread_create(&reader, NULL, read_all, NULL), 0);
	for (life = 0; life < NR_LIVES; life++) {
		for (i = 0; i < NR_WRITERS; i++)
			assert_int_equal(pthread_create(&writers[i], NULL,
							write_all, &counts[i]),
					 0);
		for (i = 0; i < NR_WRITERS; i++)
			pthread_join(writers[i], NULL);
	}
	atomic_store(&writers_over, 1);
	pthread_join(reader, NULL);
	for (i = 0; i < NR_WRITERS; i++)
		*written += counts[i];
	for (i = 0; i < NR_THREADS; i++) {
		*read += known[i].events;
		*dropped += known[i].dropped;
	}
}

static void nothing_is_lost(void **state)
{
	uint64_t written, read, dropped;

	(void)state;
	shared.control->on_full = RING_FULL_WAIT;
	race(&written, &read, &dropped);
	assert_int_equal(written, NR_WRITERS * NR_LIVES * (NR_EVENTS / 8 * 7));
	assert_int_equal(read, written);
	assert_int_equal(dropped, 0);
}

static void what_is_dropped_is_counted(void **state)
{
	uint64_t written, read, dropped;

	(void)state;
	shared.control->on_full = RING_FULL_DROP;
	race(&written, &read, &dropped);
	assert_int_equal(read, written);
	assert_true(dropped > 0);
	assert_int_equal(written + dropped,
			 NR_WRITERS * NR_LIVES * (NR_EVENTS / 8 * 7));
}

int main(void)
{
	const struct CMUnitTest shim_race[] = {
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(what_is_dropped_is_counted),
	};

	return cmocka_run_group_tests_name("shim_race", shim_race, begin, end);
}
