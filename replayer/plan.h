// SPDX-License-Identifier: MIT
/*
 * The plan: a tape compiled for replay, as it lies in its file. The compiler
 * writes it, the worker maps it shared and reads it forward. A plan lives on
 * the machine that made it: native byte order, no promise between versions.
 *
 * The file is a header (one page), chunks of op words, then tables. Every
 * thread has a stream: a chain of chunks of 64-bit words. An op is one word,
 * or two: slot << 32 | arg << 7 | flags | code. Every live object has a slot;
 * the worker keeps its pointer there.
 *
 * Order. Steps of the merged tape are numbered (seq); that is the total order
 * of the replay. A thread runs its own stream in that order, and waits in
 * three places only:
 * - PLAN_WAIT: until the slot's generation is reached, which an op of another
 *   thread with a smaller seq publishes (flag PLAN_PUBLISH).
 * - PLAN_SKEW: the thread tells that it has done all its ops before seq, and
 *   waits until every living thread has told seq - window or more.
 * - PLAN_JOIN: until a thread has exited, whose PLAN_EXIT has a smaller seq.
 * A thread is made by PLAN_SPAWN, which has a smaller seq than its first op.
 *
 * No deadlock: let T be the living thread whose next op has the smallest seq
 * n. What its WAIT and JOIN wait for has a smaller seq, hence is done. No
 * unborn thread owns an op before n, as its SPAWN would be earlier still. And
 * SKEW never stops T: every op comes less than PLAN_GAP after the last SKEW
 * of its stream, so every other thread has told more than n - PLAN_GAP, and
 * who waits, waits for no more: half a window is never less than PLAN_GAP. So
 * T goes on; the seqs are finite.
 *
 * What is more than PLAN_DONE steps old is done, by SKEW alone: ops need no
 * WAIT for it, and slots freed before that go to any thread. (The last SKEW
 * lies less than PLAN_GAP back; a new thread knows what its maker knew.)
 */
#ifndef REPLAYER_PLAN_H
#define REPLAYER_PLAN_H

#include <stdint.h>

enum {
	PLAN_PAGE = 4096,    /* unit of chunk addresses */
	PLAN_WINDOW = 65536, /* steps that a thread may run ahead, at most */
	PLAN_GAP = 1024,     /* steps between two SKEW of a stream, at most */
	PLAN_DONE = PLAN_WINDOW + 2 * PLAN_GAP,
	PLAN_LARGE = 65536, /* bytes of blocks whose residency counts */
};

/* "slot": the upper half of the word. "arg": 25 bits. "next": the next word. */
enum plan_code {
	PLAN_STOP = 0,        /* end; the thread lives until all is measured */
	PLAN_EXIT,            /* end; the thread exits */
	PLAN_NEXT,            /* go on at page `slot` of the file */
	PLAN_WAIT,            /* until the slot's generation is arg (modulo) */
	PLAN_SKEW,            /* next: seq */
	PLAN_SPAWN,           /* make thread number `slot` */
	PLAN_JOIN,            /* wait for the exit of thread number `slot` */
	PLAN_MARK,            /* sample; `slot` is the number of the mark */
	PLAN_CLOCK,           /* plan_clock(): tape time of what follows */
	PLAN_TOUCHED,         /* plan_touched(): of the next op's block */
	PLAN_MALLOC,          /* arg: size */
	PLAN_MALLOC_BIG,      /* next: size; here and below arg: size, cut */
	PLAN_CALLOC,          /* arg: size */
	PLAN_CALLOC_BIG,      /* next: size */
	PLAN_REALLOC_NEW,     /* realloc(NULL, size); arg: size */
	PLAN_REALLOC_NEW_BIG, /* next: size */
	PLAN_FREE,            /* arg: size of the block, cut */
	PLAN_REALLOC,         /* next and arg: plan_realloc_*() */
	PLAN_REALLOCARRAY,
	PLAN_REALLOC_FREE, /* realloc(p, 0) that freed; arg: old size, cut */
	PLAN_FREE_NULL,    /* arg: how many free(NULL) */
	PLAN_REALLOCARRAY_NEW, /* next: size */
	PLAN_ALIGNED_ALLOC, /* from here: next: size | log2(alignment) << 56 */
	PLAN_POSIX_MEMALIGN,
	PLAN_MEMALIGN,
	PLAN_VALLOC,
	PLAN_PVALLOC,
	PLAN_FREE_SIZED, /* size as the program gave it; arg: size, cut */
	PLAN_FREE_ALIGNED_SIZED,
};

#define PLAN_CODE_MASK   31U
#define PLAN_PUBLISH     32U /* another thread waits: raise the generation */
#define PLAN_PEAK        64U /* live bytes are highest after this op */
#define PLAN_FLAGS       (PLAN_PUBLISH | PLAN_PEAK)
#define PLAN_ARG_SHIFT   7
#define PLAN_ARG_MAX     ((1U << 25) - 1)
#define PLAN_SIZE_BITS   44 /* sizes of a plan are less than 1 << this */
#define PLAN_ALIGN_SHIFT 56

static inline uint64_t plan_word(enum plan_code code, uint32_t slot,
				 uint64_t arg)
{
	if (arg > PLAN_ARG_MAX)
		arg = PLAN_ARG_MAX;
	return (uint64_t)slot << 32 | arg << PLAN_ARG_SHIFT | code;
}

static inline uint32_t plan_slot(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

static inline uint32_t plan_arg(uint64_t word)
{
	return (uint32_t)word >> PLAN_ARG_SHIFT;
}

/* PLAN_CLOCK has no slot: the time takes its place too. */
static inline uint64_t plan_clock_word(uint64_t time_ns)
{
	return time_ns << PLAN_ARG_SHIFT | PLAN_CLOCK;
}

static inline uint64_t plan_clock(uint64_t word)
{
	return word >> PLAN_ARG_SHIFT;
}

/*
 * PLAN_TOUCHED comes right before an op that makes a large block. It tells how
 * many pages of it were used from its start on, and of the block that a
 * realloc is given: 1 + pages, or 0 for unknown.
 */
static inline uint64_t plan_touched(uint32_t old_pages, uint32_t pages)
{
	return plan_word(PLAN_TOUCHED, old_pages, pages);
}

/* A realloc's two sizes: 44 bits of the old one, the rest is the new one. */
static inline uint64_t plan_realloc_word(enum plan_code code, uint32_t slot,
					 uint64_t new_size)
{
	return plan_word(code, slot, new_size >> 20);
}

static inline uint64_t plan_realloc_next(uint64_t old_size, uint64_t new_size)
{
	return (old_size & ((1ULL << 44) - 1)) | new_size << 44;
}

static inline uint64_t plan_realloc_new(uint64_t word, uint64_t next)
{
	return (uint64_t)plan_arg(word) << 20 | next >> 44;
}

static inline uint64_t plan_realloc_old(uint64_t next)
{
	return next & ((1ULL << 44) - 1);
}

#endif
