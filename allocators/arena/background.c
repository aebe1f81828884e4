// SPDX-License-Identifier: MIT
// A process that stops calling malloc enters no slow path that could purge. So
// one thread is started when there is much to return. It wakes once per epoch;
// after a whole decay_ms without a slow path anywhere it returns everything and
// ends, until there is as much to return again. A small process never has it.
#include "allocators/arena/background.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/os.h"
#include "allocators/arena/purge.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#define STACK_BYTES  (64 * ARENA_KIB)
#define EPOCH_NS_MIN 50000000u

enum state { THREAD_BARRED, THREAD_NONE, THREAD_RUNS };

static _Atomic uint32_t state;

static void set_state(enum state s)
{
	atomic_store_explicit(&state, s, memory_order_relaxed);
}

static void *purge_until_idle(void *arg)
{
	uint32_t seen = heap_events();
	int quiet = 0;

	prctl(PR_SET_NAME, "arena-purge");
	while (quiet < EPOCHS_PER_DECAY) {
		uint64_t epoch = purge_epoch_ns();
		uint32_t events;

		os_sleep(epoch < EPOCH_NS_MIN ? EPOCH_NS_MIN : epoch);
		events = heap_events();
		quiet = events == seen ? quiet + 1 : 0;
		seen = events;
		purge_tick(quiet == EPOCHS_PER_DECAY);
	}
	set_state(THREAD_NONE);
	return arg;
}

// The program's signals are not this thread's business.
static int create(void)
{
	size_t least = (size_t)PTHREAD_STACK_MIN + STACK_BYTES;
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, round_up(least, page_bytes()));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, purge_until_idle, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

void background_start(void)
{
	uint32_t none = THREAD_NONE;
	int saved = errno;

	if (atomic_load_explicit(&state, memory_order_relaxed) != none ||
	    !conf_get(&conf.background))
		return;
	// What pthread_create() allocates finds the state set and comes by.
	if (!atomic_compare_exchange_strong_explicit(&state, &none, THREAD_RUNS,
						     memory_order_relaxed,
						     memory_order_relaxed))
		return;
	// Where threads are forbidden, the slow paths have to do.
	if (create())
		set_state(THREAD_BARRED);
	errno = saved;
}

void background_allow(void)
{
	set_state(THREAD_NONE);
}

// A thread that the fork left behind may have held locks that pthread_create()
// needs. Ids of heaps tell how many threads have ever allocated: the shared
// heap's and one more where there was no other.
void background_child(void)
{
	bool alone = heap_count() <= 2;

	if (atomic_load_explicit(&state, memory_order_relaxed) != THREAD_BARRED)
		set_state(alone ? THREAD_NONE : THREAD_BARRED);
}
