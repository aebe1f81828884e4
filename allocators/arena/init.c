// SPDX-License-Identifier: MIT
// The order in which arena comes to life, at the first allocation of the
// process, and what is registered once libc is up.
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/background.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/fork.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"
#include "allocators/arena/sizeclass.h"

enum { ARENAS_AUTO_MAX = 8 };

unsigned page_shift;
static _Atomic bool ready;
static struct lock init_lock;

static void init_arenas(void)
{
	size_t n = conf_get(&conf.arenas);
	unsigned cpus = os_cpus();

	if (!n)
		n = cpus < ARENAS_AUTO_MAX ? cpus : ARENAS_AUTO_MAX;
	for (uint32_t i = 0; i < n; i++)
		arenas[i].index = i;
	nr_arenas = (unsigned)n;
}

// Comes here again after a failure: what does not depend on the kernel, and the
// warnings about knobs, come once.
static bool init_locked(void)
{
	if (!nr_arenas) {
		page_shift = (unsigned)__builtin_ctzl(os_page_bytes());
		conf_init();
		sizeclass_init(conf_get(&conf.mag_bytes));
		init_arenas();
	}
	if (!region.base && !region_init())
		return false;
	return heap_registry_init();
}

bool arena_init(void)
{
	// acquire: everything is set up when this is seen
	if (arena_likely(atomic_load_explicit(&ready, memory_order_acquire)))
		return true;
	lock_take(&init_lock);
	if (!atomic_load_explicit(&ready, memory_order_relaxed)) {
		bool ok = init_locked();

		// release: pairs with the acquire above
		atomic_store_explicit(&ready, ok, memory_order_release);
	}
	lock_release(&init_lock);
	return atomic_load_explicit(&ready, memory_order_relaxed);
}

__attribute__((constructor)) static void init_process(void)
{
	// Also without memory: that may come later, fork handlers may not.
	arena_init();
	fork_init();
	background_allow();
}

__attribute__((destructor)) static void exit_process(void)
{
	if (conf_get(&conf.stats) &&
	    atomic_load_explicit(&ready, memory_order_relaxed))
		stats_print();
}
