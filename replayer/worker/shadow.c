// SPDX-License-Identifier: MIT
/* The bitmap of live memory: a table of pieces, each of 1 GiB of addresses. */
#include <sys/mman.h>

#include "replayer/worker/shadow.h"
#include "replayer/worker/worker.h"

#define PIECE_BITS  30
#define PIECE_WORDS ((1ULL << PIECE_BITS) / SHADOW_GRAIN / 64)
#define NR_PIECES   (1ULL << (SHADOW_ADDRESS_BITS - PIECE_BITS))

typedef _Atomic uint64_t word;

static _Atomic(word *) *pieces;

bool shadow_init(struct worker *w)
{
	pieces = worker_map(w, NR_PIECES * sizeof(*pieces),
			    "the table of live memory");
	return pieces;
}

/* The piece of that number, mapped if it is not; NULL: no memory. */
static word *piece_of(uint64_t number)
{
	word *piece =
		atomic_load_explicit(&pieces[number], memory_order_acquire);
	word *mine;

	if (piece)
		return piece;
	mine = worker_map(&worker, PIECE_WORDS * sizeof(word),
			  "a map of live memory");
	/* Release and acquire: its mapping comes before its use. */
	if (!mine || atomic_compare_exchange_strong_explicit(
			     &pieces[number], &piece, mine,
			     memory_order_acq_rel, memory_order_acquire))
		return mine;
	munmap((void *)mine, PIECE_WORDS * sizeof(word));
	return piece;
}

/* The word that has this grain; its bits from there up to grain end. */
static word *word_at(uint64_t grain, uint64_t end, uint64_t *bits)
{
	uint64_t index = grain / 64;
	uint64_t nr = end - grain;
	word *piece = piece_of(index / PIECE_WORDS);

	if (nr > 64 - grain % 64)
		nr = 64 - grain % 64;
	*bits = (nr == 64 ? UINT64_MAX : (1ULL << nr) - 1) << grain % 64;
	return piece ? &piece[index % PIECE_WORDS] : NULL;
}

uint64_t shadow_address(const void *p)
{
#if defined(__aarch64__)
	/* The CPU ignores the uppermost byte, where pointers have tags. */
	return (uintptr_t)p & (UINT64_MAX >> 8);
#else
	return (uintptr_t)p;
#endif
}

/* Those of the bits from grain on that stand for grains ours in part. */
static uint64_t partial(uint64_t grain, uint64_t addr, uint64_t end)
{
	uint64_t bits = 0, last = (end - 1) / SHADOW_GRAIN;

	if (addr % SHADOW_GRAIN && grain == addr / SHADOW_GRAIN)
		bits |= 1ULL << grain % 64;
	if (end % SHADOW_GRAIN && grain / 64 == last / 64)
		bits |= 1ULL << last % 64;
	return bits;
}

enum shadow_found shadow_take(uint64_t addr, uint64_t bytes)
{
	uint64_t end = addr + bytes;
	uint64_t last = (end + SHADOW_GRAIN - 1) / SHADOW_GRAIN;
	uint64_t grain = addr / SHADOW_GRAIN;
	enum shadow_found found = SHADOW_FREE;

	if (end < addr || end >> SHADOW_ADDRESS_BITS)
		return SHADOW_BEYOND;
	for (; bytes && grain < last; grain = (grain | 63) + 1) {
		uint64_t bits;
		word *at = word_at(grain, last, &bits);

		if (!at)
			return SHADOW_NO_MEMORY;
		bits &= atomic_fetch_or_explicit(at, bits,
						 memory_order_acq_rel);
		if (bits & ~partial(grain, addr, end))
			return SHADOW_TAKEN;
		if (bits)
			found = SHADOW_SHARED;
	}
	return found;
}

void shadow_give(uint64_t addr, uint64_t bytes)
{
	uint64_t end = addr + bytes;
	uint64_t last = (end + SHADOW_GRAIN - 1) / SHADOW_GRAIN;
	uint64_t grain = addr / SHADOW_GRAIN;

	for (; bytes && grain < last; grain = (grain | 63) + 1) {
		uint64_t bits;
		word *at = word_at(grain, last, &bits);

		/* Release: the next owner comes after us. */
		if (at)
			atomic_fetch_and_explicit(at, ~bits,
						  memory_order_release);
	}
}
