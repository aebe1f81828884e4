// SPDX-License-Identifier: MIT
/*
 * An estimate of the live bytes while events pass by, for the line on the
 * terminal: exact while there are few blocks; with more, large blocks and a
 * sample of the small ones. Bounded memory. One user at a time.
 */
#ifndef RECORDER_LIVE_BYTES_H
#define RECORDER_LIVE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct live_entry;
struct tape_event;

struct live_bytes {
	struct live_entry *table;
	uint32_t nr;
	unsigned shift;       /* one of 2^shift small blocks is followed */
	uint64_t large;       /* blocks from here on are all followed */
	uint64_t large_bytes; /* live */
	uint64_t small_bytes; /* live, of those followed */
	uint64_t last_ns;     /* of the events seen */
};

/* 0, or -1 without memory: nothing is estimated then. */
int live_bytes_open(struct live_bytes *l);
void live_bytes_close(struct live_bytes *l);

/*
 * Events of one process, below 65536, in the order in which they are read:
 * those of one thread in theirs, threads in any.
 */
void live_bytes_add(struct live_bytes *l, uint32_t process,
		    const struct tape_event *ev, size_t nr);

/* The process is over, and its heap with it. */
void live_bytes_forget(struct live_bytes *l, uint32_t process);

uint64_t live_bytes_now(const struct live_bytes *l);

#endif
