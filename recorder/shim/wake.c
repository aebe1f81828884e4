// SPDX-License-Identifier: MIT
/* Sleeping and waking across the two processes. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder/shim/shim.h"

void shim_futex_wait(const void *word, uint32_t seen, long timeout_ns)
{
	const struct timespec timeout = { .tv_nsec = timeout_ns };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

void shim_wake_drain(uint32_t least)
{
	_Atomic uint32_t *state = &shim.control->drain_state;
	uint32_t seen = atomic_load_explicit(state, memory_order_relaxed);

	/* One of several threads does it. */
	if ((seen == RING_DRAIN_SLEEP ||
	     (seen == RING_DRAIN_NAP && least == RING_DRAIN_NAP)) &&
	    atomic_compare_exchange_strong_explicit(
		    state, &seen, RING_DRAIN_BUSY, memory_order_relaxed,
		    memory_order_relaxed))
		syscall(SYS_futex, state, FUTEX_WAKE, 1, NULL, NULL, 0);
}
