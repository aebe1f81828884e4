// SPDX-License-Identifier: MIT
/* Random events for tests: the same for the same seed. One user at a time. */
#ifndef TRACES_TESTS_TAPE_RANDOM_H
#define TRACES_TESTS_TAPE_RANDOM_H

#include <stdint.h>
#include <string.h>

#include "traces/tape.h"

static inline uint64_t testing_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A number of any magnitude: as many bits as another number says. */
static inline uint64_t testing_wild(uint64_t *seed)
{
	unsigned bits = (unsigned)(testing_random(seed) % 65);

	return bits ? testing_random(seed) >> (64 - bits) : 0;
}

/* Often one of a few blocks, so that addresses return; else any number. */
static inline uint64_t testing_address(uint64_t *seed)
{
	uint64_t r = testing_random(seed);

	if (r % 4 == 0)
		return testing_wild(seed);
	return 0x7f0000001000 + ((r >> 8) % 50) * 48 + (r % 64 == 1 ? 8 : 0);
}

static inline uint64_t testing_size(uint64_t *seed)
{
	return testing_random(seed) % 2 ? testing_random(seed) % 64
					: testing_wild(seed);
}

#define TESTING_NOTES 32768 /* events with notes that may be kept at a time */

/*
 * Notes of any magnitude in a ring, which outlives what a test compares. No
 * stack: it would need frames on the tape.
 */
static inline const struct tape_notes *testing_notes(uint64_t *seed)
{
	static struct tape_notes ring[TESTING_NOTES];
	static unsigned at;
	struct tape_notes *n = &ring[at++ % TESTING_NOTES];

	*n = (struct tape_notes){
		.usable_bytes = testing_wild(seed) >> 1,
		.touched_bytes = testing_wild(seed) >> 1,
		.latency_ns = (uint32_t)testing_wild(seed),
		.has = (uint8_t)(testing_random(seed) % 16 & ~TAPE_NOTE_STACK),
	};
	return n;
}

/*
 * Any event that the format can hold: only the fields that its kind carries
 * are set. Time moves on from *time.
 */
static inline struct tape_event testing_event(uint64_t *seed, uint64_t *time)
{
	uint8_t kind = (uint8_t)(1 + testing_random(seed) % TAPE_MARK);
	struct tape_event ev = { .kind = kind };

	*time += testing_random(seed) % 16 ? testing_random(seed) % 300
					   : testing_wild(seed) >> 24;
	ev.time_ns = *time;
	if (kind <= TAPE_FREE_ALIGNED_SIZED) {
		ev.addr = testing_address(seed);
		if (testing_random(seed) % 8 == 0) {
			ev.flags = TAPE_FAILED;
			ev.addr = 0;
		}
		if (kind != TAPE_FREE)
			ev.size = testing_size(seed);
		if (testing_random(seed) % 4 == 0)
			ev.notes = testing_notes(seed);
	}
	if (tape_kind_is_realloc(kind)) {
		ev.old_addr = testing_random(seed) % 2 ? testing_address(seed)
						       : ev.addr;
		*time += testing_wild(seed) >> 40;
	}
	if (tape_kind_has_alignment(kind))
		ev.alignment = testing_wild(seed);
	if (kind == TAPE_FREE_NULL)
		ev.size = testing_wild(seed);
	if (kind == TAPE_THREAD_START)
		ev.addr = testing_wild(seed);
	if (kind == TAPE_THREAD_NAME || kind == TAPE_MARK)
		ev.text = testing_random(seed) % 2 ? "worker 7" : "";
	ev.end_ns = *time;
	return ev;
}

#endif
