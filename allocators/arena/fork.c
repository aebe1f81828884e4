// SPDX-License-Identifier: MIT
// fork(): takes every lock in order, so that the child gets all records in one
// piece; sets them free in the child and makes orphans of the heaps whose
// threads do not exist there.
#include "allocators/arena/fork.h"
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/background.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/purge.h"
#include "allocators/arena/region.h"

#include <pthread.h>

static void prepare(void)
{
	lock_take(&purge_lock);
	heap_registry_lock();
	for (unsigned i = 0; i < nr_arenas; i++)
		lock_take(&arenas[i].lock);
	lock_take(&region_lock);
	lock_take(&meta_lock);
	lock_have_all = true;
}

static void parent(void)
{
	lock_have_all = false;
	lock_release(&meta_lock);
	lock_release(&region_lock);
	for (unsigned i = nr_arenas; i-- > 0;)
		lock_release(&arenas[i].lock);
	heap_registry_unlock();
	lock_release(&purge_lock);
}

static void child(void)
{
	lock_have_all = false;
	lock_reset(&meta_lock);
	lock_reset(&region_lock);
	for (unsigned i = 0; i < nr_arenas; i++)
		lock_reset(&arenas[i].lock);
	heap_registry_child();
	lock_reset(&purge_lock);
	background_child();
}

void fork_init(void)
{
	pthread_atfork(prepare, parent, child);
}
