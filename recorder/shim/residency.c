// SPDX-License-Identifier: MIT
/*
 * Residency by mincore(2), at a bounded rate: all threads together spend one
 * part in SHARE of the time on it. What a look costs is reckoned, not measured,
 * so that a thread which is interrupted in it pays no more.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "recorder/shim/residency.h"

#define CALL_NS  1500 /* of one mincore, about */
#define PAGE_NS  3    /* ... for each page more */
#define SHARE    100
#define BURST_NS 1000000000 /* how much may be spent in advance */
#define PAGES    512        /* of one call; a handler's stack may be small */

/* Until then what was spent is paid for, on CLOCK_MONOTONIC. */
static _Atomic uint64_t paid_until_ns;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Whether so many pages may be looked at now. */
static bool may_look(size_t pages)
{
	const uint64_t now = now_ns(),
		       cost = (pages / PAGES + 1) * CALL_NS + pages * PAGE_NS;
	uint64_t paid =
		atomic_load_explicit(&paid_until_ns, memory_order_relaxed);
	uint64_t from = paid > now ? paid : now;

	/* Where several want to at a time, one does. */
	return from < now + BURST_NS &&
	       atomic_compare_exchange_strong_explicit(
		       &paid_until_ns, &paid, from + cost * SHARE,
		       memory_order_relaxed, memory_order_relaxed);
}

/* Bytes of [start, end) that lie in the page at address. */
static uint64_t overlap(uintptr_t address, size_t page, uintptr_t start,
			uintptr_t end)
{
	const uintptr_t from = address > start ? address : start,
			to = address + page < end ? address + page : end;

	return to - from;
}

static bool look(uintptr_t start, uintptr_t end, size_t page, uint64_t *bytes)
{
	uintptr_t address = start & ~(page - 1), next;
	unsigned char resident[PAGES];
	size_t i;

	*bytes = 0;
	for (; address < end; address = next) {
		next = address + PAGES * page;
		if (next > end)
			next = (end + page - 1) & ~(page - 1);
		if (mincore((void *)address, next - address, resident))
			return false;
		for (i = 0; address < next; address += page, i++)
			if (resident[i] & 1)
				*bytes += overlap(address, page, start, end);
	}
	return true;
}

bool residency_of(const void *block, size_t size, uint64_t *touched_bytes)
{
	const uintptr_t start = (uintptr_t)block;
	const size_t page = (size_t)getpagesize();
	int saved_errno = errno;
	bool known;

	if (size < RESIDENCY_LEAST || !may_look(size / page + 1))
		return false;
	known = look(start, start + size, page, touched_bytes);
	errno = saved_errno;
	return known;
}
