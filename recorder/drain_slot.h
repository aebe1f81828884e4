// SPDX-License-Identifier: MIT
/* One slot and its thread, as the drain sees them. Internal to the drain. */
#ifndef RECORDER_DRAIN_SLOT_H
#define RECORDER_DRAIN_SLOT_H

#include "recorder/drain.h"
#include "recorder/unpack.h"

#define DRAIN_IDLE_NS 1000000000u /* until a ring gives back pages */

/* One thread, as far as it is known. */
struct drain_slot {
	struct unpack unpack;
	bool live;           /* its thread's birth has been written */
	bool gone;           /* its thread died without telling */
	bool shrunk;         /* since it was idle */
	uint32_t thread;     /* index in order of birth */
	uint32_t tid;        /* 0: the ring of ended threads */
	uint64_t first_pos;  /* pages of the ring have been used from here on */
	uint64_t null_frees; /* as many have been written */
	uint64_t dropped;    /* as many have been told of */
	uint64_t busy_ns;    /* when records were last seen; 0: empty */
	uint64_t end_pos; /* nobody wrote anything from here on; 0: unknown */
	uint64_t gap_pos; /* a hole is there ... */
	uint64_t gap_ns;  /* ... since then */
	char name[16];
};

/* One slot during a pass. */
struct look {
	struct drain *d;
	struct drain_target *target;
	struct ring_slot *slot;
	struct drain_slot *ds;
	struct ring_record *ring;
	uint32_t index;
	uint32_t process;
	uint32_t state; /* enum ring_slot_state */
};

/* Read what is new, write it, tend the ring; free it when its thread ended. */
void drain_slot_read(const struct look *l);

/* Read the thread's name anew. */
void drain_slot_name(const struct look *l);

/* Give the slot back to the programs. */
void drain_slot_free(const struct look *l);

#endif
