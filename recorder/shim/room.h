// SPDX-License-Identifier: MIT
/* Room in rings: for positions beyond the limit, and those that are shared. */
#ifndef RECORDER_SHIM_ROOM_H
#define RECORDER_SHIM_ROOM_H

#include <stdbool.h>

#include "recorder/shim/shim.h"

#define REC_NO_POS UINT64_MAX

/* What has become of positions beyond the limit. */
enum rec_room {
	REC_ROOM,  /* they may be written to */
	REC_NONE,  /* recording is over */
	REC_FULL,  /* the ring is, and what does not fit is dropped */
	REC_WIPED, /* they are another process's: this is a forked child */
};

/* Make room for nr positions, which have been taken, from pos on. */
enum rec_room rec_room(struct rec_thread *t, uint64_t pos, uint64_t nr);
/*
 * Take nr positions of a ring that several threads write to. REC_NO_POS: it is
 * full, and events that find no room are dropped.
 */
uint64_t rec_take_shared(struct rec_thread *t, uint64_t nr);
/*
 * Announce that positions before limit may be written from now on. False: not
 * now, the drain gives pages back, and we shall not wait, or it is gone.
 */
bool rec_claim(struct ring_slot *slot, uint64_t limit, bool wait);

#endif
