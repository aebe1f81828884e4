// SPDX-License-Identifier: MIT
/*
 * Which memory belongs to live blocks: a bit per 8 bytes of the address space,
 * in pieces that are mapped when the first block comes to lie there. A block
 * has all grains that it has a byte of. Any thread may call.
 */
#ifndef REPLAYER_WORKER_SHADOW_H
#define REPLAYER_WORKER_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

enum { SHADOW_GRAIN = 8, SHADOW_ADDRESS_BITS = 48 };

enum shadow_found {
	SHADOW_FREE,      /* nobody had any of it */
	SHADOW_SHARED,    /* of a grain that is ours in part only; see a list */
	SHADOW_TAKEN,     /* of a grain that is all ours */
	SHADOW_BEYOND,    /* more address bits than programs have */
	SHADOW_NO_MEMORY, /* of the shadow itself; message in the report */
};

struct worker;

/* Once, before all. false: a message is in the report. */
bool shadow_init(struct worker *w);
/* Where a pointer points to, as the numbers below. */
uint64_t shadow_address(const void *p);
/*
 * Take [addr, addr + bytes), and tell whether a live block had some of it.
 * Acquires what the other's thread had stored before it took its block, and
 * releases what this one has.
 */
enum shadow_found shadow_take(uint64_t addr, uint64_t bytes);
/* Give up what was taken. */
void shadow_give(uint64_t addr, uint64_t bytes);

#endif
