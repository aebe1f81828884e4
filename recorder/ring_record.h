// SPDX-License-Identifier: MIT
/*
 * The records of a ring: 16 bytes for nearly every event. Times are whole
 * clock ticks, of which the low bits are kept; the drain knows the rest.
 */
#ifndef RECORDER_RING_RECORD_H
#define RECORDER_RING_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RING_ORDER   14
#define RING_RECORDS (1u << RING_ORDER)

/* Up to FREE_ALIGNED_SIZED the values are those of enum tape_kind. */
enum ring_kind {
	RING_NOTHING = 0, /* never written: a first word of 0 is unfilled */
	RING_MALLOC,
	RING_CALLOC,
	RING_REALLOC,
	RING_REALLOCARRAY,
	RING_ALIGNED_ALLOC,
	RING_POSIX_MEMALIGN,
	RING_MEMALIGN,
	RING_VALLOC,
	RING_PVALLOC,
	RING_FREE,
	RING_FREE_SIZED,
	RING_FREE_ALIGNED_SIZED,
	RING_REALLOC_BEGIN, /* address given; the REALLOC tells the result */
	RING_REALLOC_NEW,   /* realloc(NULL, size): has no BEGIN */
	RING_REALLOCARRAY_NEW,
	RING_REALLOC_CANCEL, /* recorded otherwise: forget the BEGIN */
	RING_WIDE,           /* size field: the kind; three RING_WORD follow */
	RING_WORD, /* part of the record before: a value in the second word */
	RING_SKIPPED,     /* written by the drain over an unfilled position */
	RING_NOTE,        /* size field: enum ring_note, of the next event */
	RING_NOTE_AFTER,  /* clock ticks that the event just before took */
	RING_STACK_DEF,   /* second word: hash; size RING_WORDs follow */
	RING_FREE_USABLE, /* a FREE of which the size field tells the block's */
	RING_MODULE_DEF,  /* a loaded file; size RING_WORDs follow */
	RING_KIND_END,
};

/* What a note tells; the value is its second word. */
enum ring_note {
	RING_NOTE_STACK = 1,  /* hash of the stack */
	RING_NOTE_LATENCY,    /* clock ticks that the call took */
	RING_NOTE_TOUCHED,    /* bytes of the block that were resident */
	RING_NOTE_AFTERWARDS, /* a RING_NOTE_AFTER follows the event */
};

/*
 * first:  63 lap | 62..61 kind, high | 60..48 size, low | 47..3 address
 *         | 2..0 kind, low
 * second: 63..18 clock ticks, low 46 bits | 17..0 size, high
 *
 * Kinds with an alignment are followed by one RING_WORD that holds it. What
 * does not fit (sizes from 2 GiB, odd addresses) is RING_WIDE, followed by
 * address, size and alignment. In RING_STACK_DEF and notes the second word is
 * the value, and the size is what the first word holds of it. Where blocks may
 * be older than the recording (RING_WINDOW), RING_FREE_USABLE takes the place
 * of RING_FREE; it and RING_REALLOC_BEGIN have the usable size as their size.
 *
 * The positions of an event, of its notes and of what is noted after it are
 * taken together. They are filled in order, but for words, which come before
 * their record.
 *
 * The words of RING_STACK_DEF: how often code had been unloaded, which goes
 * into the hash, then return addresses, innermost first. Those of
 * RING_MODULE_DEF, which comes before the stacks that need it: the same count,
 * start, end, bias, build id's length and path's length << 32, both texts.
 * What a signal handler has spoiled is RING_SKIPPED with its RING_WORDs.
 */
struct ring_record {
	_Atomic uint64_t first;
	_Atomic uint64_t second;
};

#define RING_LAP_BIT   (1ull << 63)
#define RING_SIZE_MAX  (1ull << 31)
#define RING_ADDR_MASK 0x0000fffffffffff8ull
#define RING_TIME_BITS 46
#define RING_TIME_MASK ((1ull << RING_TIME_BITS) - 1)

static inline uint64_t ring_kind_bits(unsigned kind)
{
	return (kind & 7) | (uint64_t)(kind >> 3) << 61;
}

/* The lap bit of a filled position; a new ring is zero, so laps begin at 1. */
static inline uint64_t ring_lap(uint64_t pos)
{
	return ~pos << (63 - RING_ORDER) & RING_LAP_BIT;
}

static inline bool ring_fits(uint64_t addr, uint64_t size)
{
	return !((addr & ~RING_ADDR_MASK) | (size >> 31));
}

static inline uint64_t ring_first(unsigned kind, uint64_t addr, uint64_t size)
{
	return ring_kind_bits(kind) | addr | (size & 0x1fff) << 48;
}

static inline uint64_t ring_second(uint64_t ticks, uint64_t size)
{
	return ticks << 18 | size >> 13;
}

static inline unsigned ring_kind_of(uint64_t first)
{
	return (first & 7) | (first >> 61 & 3) << 3;
}

static inline uint64_t ring_addr_of(uint64_t first)
{
	return first & RING_ADDR_MASK;
}

static inline uint64_t ring_size_of(uint64_t first, uint64_t second)
{
	return (first >> 48 & 0x1fff) | (second & 0x3ffff) << 13;
}

static inline bool ring_is_free(unsigned kind)
{
	return (kind >= RING_FREE && kind <= RING_FREE_ALIGNED_SIZED) ||
	       kind == RING_FREE_USABLE;
}

/* Kinds that are followed by a RING_WORD with the alignment. */
static inline bool ring_has_alignment(unsigned kind)
{
	return (kind >= RING_ALIGNED_ALLOC && kind <= RING_PVALLOC) ||
	       kind == RING_FREE_ALIGNED_SIZED;
}

_Static_assert(sizeof(struct ring_record) == 16, "a record is 16 bytes");
_Static_assert(RING_KIND_END <= 32, "kinds have five bits");

#endif
