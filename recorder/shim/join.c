// SPDX-License-Identifier: MIT
/*
 * Processes: finding the shared memory, taking an entry in its table, and what
 * becomes of forked children. Their memory that tells how far we are is zero,
 * so that each begins anew at its first event.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/real.h"
#include "recorder/shim/record.h"
#include "recorder/shim/stack.h"

/* What the mode points to while this process has no entry. */
static const _Atomic uint32_t mode_new = RING_NEW;
static const _Atomic uint32_t mode_off = RING_PAUSED;
/* ... and life, until there is memory that forking wipes. */
static struct shim_life first_life;

struct shim shim = { .mode = &mode_new, .life = &first_life };

/* What is known of this program image, for the entries of forked children. */
static struct {
	char path[64];   /* of the shared memory */
	uint64_t serial; /* of the entry in shim.process */
	uint32_t foreign;
	bool wipes; /* the kernel wipes our memory in forked children */
	char allocator[sizeof(shim.process->allocator)];
	char exe[sizeof(shim.process->exe)];
} image;

static void set_mode(const _Atomic uint32_t *mode)
{
	/* Release: what the mode needs is there. */
	atomic_store_explicit(&shim.mode, mode, memory_order_release);
}

void shim_stop(void)
{
	atomic_store_explicit(&shim_life()->state, SHIM_OFF,
			      memory_order_relaxed);
	set_mode(&mode_off);
}

void shim_raise(_Atomic uint32_t *top, uint32_t least)
{
	uint32_t seen = atomic_load_explicit(top, memory_order_relaxed);

	while (seen < least && !atomic_compare_exchange_weak_explicit(
				       top, &seen, least, memory_order_relaxed,
				       memory_order_relaxed))
		;
}

/* Open the shared memory; the descriptor lives for some microseconds. */
static void *map_shared(uint64_t offset, size_t len)
{
	struct stat st;
	/*
	 * By syscall(2): open(2) and close(2) are cancellation points. It may
	 * be another process's terminal or pipe, as below.
	 */
	int fd = (int)syscall(SYS_openat, AT_FDCWD, image.path,
			      O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
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
 * The same from the mapping that there is, a copy of which grows: a program
 * that has changed its root or user, or locked itself up, may open nothing
 * more. Needs address space for all that lies before.
 */
static void *remap_shared(uint64_t offset, size_t len)
{
	char *p = mremap(shim.control, 0, offset + len, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return NULL;
	munmap(p, offset);
	return p + offset;
}

struct ring_record *shim_map_chunk(uint32_t chunk)
{
	const uint64_t offset = ring_offset(chunk * RING_CHUNK);
	struct ring_record *rings, *seen = NULL;

	rings = atomic_load_explicit(&shim.chunks[chunk], memory_order_acquire);
	if (rings)
		return rings;
	rings = remap_shared(offset, RING_CHUNK * RING_BYTES);
	if (!rings)
		rings = map_shared(offset, RING_CHUNK * RING_BYTES);
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
	if (len >= sizeof(image.path))
		return 0;
	memcpy(image.path, text, len);
	return 1;
}

/* Kernels before 4.14 do not do it; then only fork's children are safe. */
static void wipe(void)
{
	memset(&shim.blocks[SHIM_LATE], 0, sizeof(struct rec_thread));
	memset(shim_life(), 0, sizeof(struct shim_life));
	if (rec_self && rec_self->ring)
		memset(rec_self, 0, sizeof(*rec_self));
}

/*
 * In a child that fork made. One that only executes another program never
 * comes here again; a paused one would not, either, but must be known.
 */
static void forked(void)
{
	if (shim.mode == &mode_off)
		return;
	if (!image.wipes)
		wipe();
	if (shim_state() != SHIM_NEW)
		return; /* another handler has allocated */
	if (shim.control->follow == RING_FOLLOW_ALL &&
	    shim_mode() & RING_PAUSED)
		shim_prepare();
	else
		set_mode(&mode_new);
}

static int make_blocks(void)
{
	const size_t size = SHIM_BLOCKS * sizeof(struct rec_thread),
		     len = size + sizeof(struct shim_life);
	struct rec_thread *blocks =
		mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct shim_life *life = (void *)((char *)blocks + size);

	if (blocks == MAP_FAILED)
		return 0;
	image.wipes = !madvise(blocks, len, MADV_WIPEONFORK);
	pthread_atfork(NULL, NULL, forked);
	shim.blocks = blocks;
	atomic_store_explicit(&life->state, SHIM_STARTING,
			      memory_order_relaxed);
	/* Release: it is set. */
	atomic_store_explicit(&shim.life, life, memory_order_release);
	return 1;
}

/* Take the lowest free entry of the table of processes; NULL: none is. */
static struct ring_process *take_process(uint32_t claimed)
{
	uint32_t i, state;

	for (i = 0; i < RING_PROCESSES; i++) {
		state = RING_FREE_PROCESS;
		/* Acquire: the drain has left the entry before we write it. */
		if (atomic_load_explicit(&shim.processes[i].state,
					 memory_order_relaxed) ==
			    RING_FREE_PROCESS &&
		    atomic_compare_exchange_strong_explicit(
			    &shim.processes[i].state, &state, claimed,
			    memory_order_acquire, memory_order_relaxed)) {
			shim_raise(&shim.control->top_process, i + 1);
			return &shim.processes[i];
		}
	}
	return NULL;
}

/* Not in a forked child, where the loader's locks may be held for ever. */
static void describe_image(void)
{
	ssize_t len;

	image.foreign = !real_is_ours() ? RING_FOREIGN_PROGRAM
			: shim.probing  ? RING_FOREIGN_TOOL
					: RING_FOREIGN_NONE;
	real_allocator_path(image.allocator, sizeof(image.allocator));
	len = readlink("/proc/self/exe", image.exe, sizeof(image.exe) - 1);
	image.exe[len > 0 ? len : 0] = '\0';
}

void shim_note_usable(void)
{
	struct ring_process *p = shim.process;

	if (shim_state() != SHIM_ON ||
	    atomic_load_explicit(&p->asks_usable, memory_order_relaxed))
		return;
	/* A forked child that has not joined still has its parent's entry. */
	if (p->serial == image.serial)
		atomic_store_explicit(&p->asks_usable, 1, memory_order_relaxed);
}

/* A child does what its parent does, whose entry may be another's by now. */
static uint32_t first_mode(uint32_t birth)
{
	const struct ring_process *parent = shim.process;
	uint32_t mode =
		atomic_load_explicit(&shim.control->mode, memory_order_relaxed);

	if (birth == RING_BIRTH_FORK) {
		if (parent->serial == image.serial)
			mode = atomic_load_explicit(&parent->mode,
						    memory_order_relaxed);
		mode |= RING_WINDOW;
	}
	if (shim.clock != RING_CLOCK_COUNTER)
		mode |= RING_MONOTONIC;
	return mode;
}

/* Announce this program image: it starts a new tape. 0: there is no room. */
static int announce(uint32_t birth)
{
	const uint32_t pid = (uint32_t)getpid();
	uint32_t claimed = RING_PROCESS_CLAIMED | pid << RING_OWNER_SHIFT;
	struct ring_process *p = take_process(claimed);

	if (!p)
		return 0;
	p->birth = birth;
	p->pid = pid;
	p->parent = (uint32_t)getppid();
	p->start_ticks = clock_ticks(shim.clock);
	atomic_store_explicit(&p->mode, first_mode(birth),
			      memory_order_relaxed);
	atomic_store_explicit(&p->nr_threads, 0, memory_order_relaxed);
	atomic_store_explicit(&p->no_slot, 0, memory_order_relaxed);
	atomic_store_explicit(&p->lost, 0, memory_order_relaxed);
	atomic_store_explicit(&p->asks_usable, 0, memory_order_relaxed);
	p->foreign = image.foreign;
	memcpy(p->allocator, image.allocator, sizeof(p->allocator));
	memcpy(p->exe, image.exe, sizeof(p->exe));
	image.serial =
		1 + atomic_fetch_add_explicit(&shim.control->nr_processes, 1,
					      memory_order_relaxed);
	p->serial = image.serial;
	shim.process = p;
	/*
	 * Release: the drain sees the entry filled in. If we were stopped for
	 * long in a pid namespace of our own, it took us for dead.
	 */
	if (!atomic_compare_exchange_strong_explicit(
		    &p->state, &claimed, RING_PROCESS_LIVE,
		    memory_order_release, memory_order_relaxed))
		return 0;
	/* It looks us up while we are there. */
	shim_wake_drain(RING_DRAIN_SLEEP);
	return 1;
}

/* Whether we are to be recorded, who execute another program. */
static int is_followed(struct ring_control *control)
{
	if (control->target_pid == (uint32_t)getpid() ||
	    control->follow != RING_FOLLOW_NONE)
		return 1;
	atomic_fetch_add_explicit(&control->execed, 1, memory_order_relaxed);
	return 0;
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
	shim.control = control;
	if (shim_drain_gone() || !is_followed(control)) {
		shim.control = NULL;
		munmap(control, RING_RINGS_OFFSET);
		return 0;
	}
	shim.processes = (void *)((char *)control + RING_PROCESSES_OFFSET);
	shim.slots = (void *)((char *)control + RING_DIRECTORY_OFFSET);
	shim.clock = control->clock;
	shim.nr_slots = control->nr_slots;
	describe_image();
	stack_start(control);
	if (!pthread_key_create(&shim.key, shim_thread_exit) && make_blocks() &&
	    announce(RING_BIRTH_EXEC))
		return 1;
	atomic_fetch_add_explicit(&control->refused, 1, memory_order_relaxed);
	return 0;
}

/* In a forked child. */
static int rejoin(void)
{
	if (shim_drain_gone())
		return 0;
	if (shim.control->follow == RING_FOLLOW_ALL &&
	    announce(RING_BIRTH_FORK))
		return 1;
	atomic_fetch_add_explicit(shim.control->follow == RING_FOLLOW_ALL
					  ? &shim.control->refused
					  : &shim.control->forked,
				  1, memory_order_relaxed);
	return 0;
}

static int start(struct shim_life *life)
{
	int on = shim.blocks ? rejoin() : connect_drain(),
	    state = on ? SHIM_ON : SHIM_OFF;

	set_mode(on ? &shim.process->mode : &mode_off);
	/* Release: other threads see what was set up. */
	atomic_store_explicit(&shim_life()->state, state, memory_order_release);
	atomic_store_explicit(&life->state, state, memory_order_release);
	return state;
}

int shim_join(void)
{
	struct shim_life *life = shim_life();
	int state = SHIM_NEW;

	if (atomic_compare_exchange_strong_explicit(
		    &life->state, &state, SHIM_STARTING, memory_order_acquire,
		    memory_order_acquire))
		return start(life);
	/*
	 * The starter may be this thread, inside of what it calls, but not in a
	 * forked child, where nothing is called that could come back here.
	 */
	while (state == SHIM_STARTING && life != &first_life) {
		syscall(SYS_sched_yield);
		state = shim_state();
	}
	return state;
}
