// SPDX-License-Identifier: MIT
/*
 * Processes and threads: finding the shared memory, giving each thread a slot
 * and a ring at its first event, taking it back at its end, and noticing that
 * this process is a forked child.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/real.h"
#include "recorder/shim/record.h"

struct shim shim;
__thread struct rec_thread *rec_self;
struct rec_thread rec_ended;
struct rec_thread rec_refused;

static void block_signals(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
}

static void unblock_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

int shim_is_child(void)
{
	/* The late block's limit is never 0 but where it was wiped. */
	return !atomic_load_explicit(&shim.blocks[SHIM_LATE].limit,
				     memory_order_relaxed);
}

void shim_stop(void)
{
	if (atomic_exchange_explicit(&shim.state, SHIM_OFF,
				     memory_order_relaxed) == SHIM_ON &&
	    shim_is_child())
		atomic_fetch_add_explicit(&shim.control->forked, 1,
					  memory_order_relaxed);
	rec_self = NULL;
}

/* Where the kernel cannot wipe our blocks in children. */
static void forget_in_child(void)
{
	memset(&shim.blocks[SHIM_LATE], 0, sizeof(struct rec_thread));
	if (rec_self)
		shim_stop();
}

/* Open the shared memory; the descriptor lives for some microseconds. */
static void *map_shared(uint64_t offset, size_t len)
{
	struct stat st;
	/* By syscall(2): open(2) and close(2) are cancellation points. */
	int fd = (int)syscall(SYS_openat, AT_FDCWD, shim.path,
			      O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return NULL;
	/* The drain may be gone, and its number another process's. */
	if (fstat(fd, &st) || (uint64_t)st.st_size < offset + len) {
		syscall(SYS_close, fd);
		return NULL;
	}
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 (off_t)offset);
	syscall(SYS_close, fd);
	if (p == MAP_FAILED)
		return NULL;
	madvise(p, len, MADV_DONTDUMP);
	return p;
}

/*
 * The same where the file is out of reach: the program has changed its root or
 * user, or may open nothing more. A copy of the mapping that there is grows.
 */
static void *remap_shared(uint64_t offset, size_t len)
{
	char *p = mremap(shim.control, 0, offset + len, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return NULL;
	munmap(p, offset);
	return p + offset;
}

/* The rings of one chunk, mapped at first use; NULL when that fails. */
static struct ring_record *map_chunk(uint32_t chunk)
{
	const uint64_t offset = ring_offset(chunk * RING_CHUNK);
	struct ring_record *rings, *seen = NULL;

	rings = atomic_load_explicit(&shim.chunks[chunk], memory_order_acquire);
	if (rings)
		return rings;
	rings = map_shared(offset, RING_CHUNK * RING_BYTES);
	if (!rings)
		rings = remap_shared(offset, RING_CHUNK * RING_BYTES);
	if (!rings)
		return NULL;
	/* Release: the mapping is there for who reads the pointer. */
	if (!atomic_compare_exchange_strong_explicit(
		    &shim.chunks[chunk], &seen, rings, memory_order_acq_rel,
		    memory_order_acquire)) {
		munmap(rings, RING_CHUNK * RING_BYTES);
		return seen;
	}
	return rings;
}

static void raise_to(_Atomic uint32_t *top, uint32_t least)
{
	uint32_t seen = atomic_load_explicit(top, memory_order_relaxed);

	while (seen < least && !atomic_compare_exchange_weak_explicit(
				       top, &seen, least, memory_order_relaxed,
				       memory_order_relaxed))
		;
}

/* Take the lowest free slot. RING_SLOTS: there is none. */
static uint32_t take_slot(void)
{
	uint32_t i, free_slot;

	for (i = 0; i < shim.nr_slots; i++) {
		free_slot = RING_FREE_SLOT;
		/* Acquire: the drain has left the slot before we write it. */
		if (atomic_load_explicit(&shim.slots[i].state,
					 memory_order_relaxed) ==
			    RING_FREE_SLOT &&
		    atomic_compare_exchange_strong_explicit(
			    &shim.slots[i].state, &free_slot, RING_CLAIMED,
			    memory_order_acquire, memory_order_relaxed))
			break;
	}
	if (i == shim.nr_slots)
		return RING_SLOTS;
	raise_to(&shim.control->top_slot, i + 1);
	return i;
}

/* Claim a slot; the block is block, or the slot's own. NULL: there is none. */
static struct rec_thread *claim(struct rec_thread *block, uint32_t tid)
{
	uint32_t i = take_slot();
	struct ring_slot *slot = &shim.slots[i];
	struct ring_record *rings;
	uint64_t tail;

	rings = i < RING_SLOTS ? map_chunk(i / RING_CHUNK) : NULL;
	if (!rings) {
		if (i < RING_SLOTS)
			atomic_store_explicit(&slot->state, RING_FREE_SLOT,
					      memory_order_relaxed);
		atomic_fetch_add_explicit(&shim.process->no_slot, 1,
					  memory_order_relaxed);
		return NULL;
	}
	if (!block)
		block = &shim.blocks[i];
	tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
	atomic_store_explicit(&slot->claim, tail + RING_QUARTER,
			      memory_order_relaxed);
	slot->process = (uint32_t)(shim.process - shim.processes);
	slot->thread = atomic_fetch_add_explicit(&shim.process->nr_threads, 1,
						 memory_order_relaxed);
	slot->tid = tid;
	slot->start_ticks = clock_ticks(shim.clock);
	block->slot = slot;
	block->rounds = 0;
	atomic_store_explicit(&block->cursor, tail, memory_order_relaxed);
	/* Not 0, which would look like a wiped block. */
	atomic_store_explicit(&block->limit, tail + RING_QUARTER,
			      memory_order_relaxed);
	block->ring = rings + (size_t)(i % RING_CHUNK) * RING_RECORDS;
	/* Release: the drain sees the slot filled in. */
	atomic_store_explicit(&slot->state, RING_LIVE, memory_order_release);
	return block;
}

struct rec_thread *shim_late(void)
{
	struct rec_thread *block = &shim.blocks[SHIM_LATE];
	int state = 0;
	sigset_t saved;

	block_signals(&saved);
	if (atomic_compare_exchange_strong_explicit(&shim.late, &state, 1,
						    memory_order_acquire,
						    memory_order_acquire)) {
		state = claim(block, 0) ? 2 : 3;
		atomic_store_explicit(&shim.late, state, memory_order_release);
	}
	/* The claimer cannot be one that we interrupted: signals are off. */
	while (state == 1) {
		syscall(SYS_sched_yield);
		state = atomic_load_explicit(&shim.late, memory_order_acquire);
	}
	unblock_signals(&saved);
	return state == 2 ? block : NULL;
}

static void detach(struct rec_thread *t)
{
	struct ring_slot *slot = t->slot;
	sigset_t saved;

	block_signals(&saved);
	slot->end_ticks = clock_ticks(shim.clock);
	slot->end_pos = atomic_load_explicit(&t->cursor, memory_order_relaxed);
	rec_self = &rec_ended;
	/* Release: the drain sees all that the thread wrote. */
	atomic_store_explicit(&slot->state, RING_ENDED, memory_order_release);
	shim_wake_drain(RING_DRAIN_SLEEP);
	unblock_signals(&saved);
}

/*
 * Runs at the end of a thread. Other destructors may still free, so it asks
 * to be run again as often as it may be.
 */
static void thread_exit(void *arg)
{
	struct rec_thread *t = arg;
	int saved_errno = errno;

	if (t == rec_self && t->ring) {
		if (++t->rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
			pthread_setspecific(shim.key, t);
		else
			detach(t);
	}
	errno = saved_errno;
}

/* The path of the shared memory, from our one variable. 0: not recorded. */
static int read_environment(void)
{
	const char *text = getenv(RING_ENV), *end;
	size_t len;

	if (!text || strncmp(text, "shm=", 4))
		return 0;
	text += 4;
	end = strchrnul(text, ',');
	len = (size_t)(end - text);
	if (len >= sizeof(shim.path))
		return 0;
	memcpy(shim.path, text, len);
	return 1;
}

static int make_blocks(void)
{
	const size_t len = SHIM_BLOCKS * sizeof(struct rec_thread);
	struct rec_thread *blocks =
		mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (blocks == MAP_FAILED)
		return 0;
	if (madvise(blocks, len, MADV_WIPEONFORK))
		pthread_atfork(NULL, NULL, forget_in_child);
	shim.blocks = blocks;
	atomic_store_explicit(&blocks[SHIM_LATE].limit, 1,
			      memory_order_relaxed);
	return 1;
}

/* Take the lowest free entry of the table of processes; NULL: none is. */
static struct ring_process *take_process(void)
{
	uint32_t i, state;

	for (i = 0; i < RING_PROCESSES; i++) {
		state = RING_FREE_PROCESS;
		/* Acquire: the drain has left the entry before we write it. */
		if (atomic_compare_exchange_strong_explicit(
			    &shim.processes[i].state, &state,
			    RING_PROCESS_CLAIMED, memory_order_acquire,
			    memory_order_relaxed)) {
			raise_to(&shim.control->top_process, i + 1);
			return &shim.processes[i];
		}
	}
	return NULL;
}

static void describe_image(struct ring_process *p)
{
	ssize_t len;

	p->foreign = !real_is_ours();
	real_allocator_path(p->allocator, sizeof(p->allocator));
	len = readlink("/proc/self/exe", p->exe, sizeof(p->exe) - 1);
	p->exe[len > 0 ? len : 0] = '\0';
}

/* Announce this program image: it starts a new tape. 0: there is no room. */
static int announce(void)
{
	struct ring_process *p = take_process();

	if (!p)
		return 0;
	p->birth = RING_BIRTH_EXEC;
	p->pid = (uint32_t)getpid();
	p->parent = (uint32_t)getppid();
	p->serial = 1 + atomic_fetch_add_explicit(&shim.control->nr_processes,
						  1, memory_order_relaxed);
	p->start_ticks = clock_ticks(shim.clock);
	atomic_store_explicit(&p->mode, shim.control->mode,
			      memory_order_relaxed);
	atomic_store_explicit(&p->nr_threads, 0, memory_order_relaxed);
	atomic_store_explicit(&p->no_slot, 0, memory_order_relaxed);
	atomic_store_explicit(&p->lost, 0, memory_order_relaxed);
	describe_image(p);
	shim.process = p;
	/* Release: the drain sees the entry filled in. */
	atomic_store_explicit(&p->state, RING_PROCESS_LIVE,
			      memory_order_release);
	return 1;
}

static int connect_drain(void)
{
	struct ring_control *control;

	if (!read_environment())
		return 0;
	control = map_shared(0, RING_RINGS_OFFSET);
	if (!control)
		return 0;
	if (control->magic != RING_MAGIC || control->abi != RING_ABI)
		return 0;
	if (control->target_pid != (uint32_t)getpid()) {
		atomic_fetch_add_explicit(&control->execed, 1,
					  memory_order_relaxed);
		munmap(control, RING_RINGS_OFFSET);
		return 0;
	}
	shim.control = control;
	shim.processes = (void *)((char *)control + RING_PROCESSES_OFFSET);
	shim.slots = (void *)((char *)control + RING_DIRECTORY_OFFSET);
	shim.clock = control->clock;
	shim.nr_slots = control->nr_slots;
	if (!make_blocks() || pthread_key_create(&shim.key, thread_exit) ||
	    !announce()) {
		atomic_fetch_add_explicit(&control->refused, 1,
					  memory_order_relaxed);
		return 0;
	}
	return 1;
}

struct rec_thread *shim_attach(void)
{
	int saved_errno = errno, state = SHIM_NEW;
	struct rec_thread *t;
	sigset_t saved;

	if (atomic_load_explicit(&shim.state, memory_order_relaxed) ==
		    SHIM_OFF ||
	    !real_found() || !environ)
		return NULL;
	block_signals(&saved);
	if (atomic_compare_exchange_strong_explicit(
		    &shim.state, &state, SHIM_STARTING, memory_order_acquire,
		    memory_order_acquire)) {
		state = connect_drain() ? SHIM_ON : SHIM_OFF;
		/* Release: other threads see what was set up. */
		atomic_store_explicit(&shim.state, state, memory_order_release);
	}
	if (state == SHIM_ON && shim_is_child())
		shim_stop();
	else if (state == SHIM_ON && !rec_self) {
		t = claim(NULL, (uint32_t)syscall(SYS_gettid));
		rec_self = t ? t : &rec_refused;
		if (t)
			pthread_setspecific(shim.key, t);
	}
	unblock_signals(&saved);
	errno = saved_errno;
	return rec_self;
}

/* The main thread is the first, even when it allocates nothing. */
__attribute__((constructor)) static void shim_start(void)
{
	real_resolve();
	shim_attach();
}
