// SPDX-License-Identifier: MIT
/* The memfd that holds control page, slots and rings, and its futexes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder/shared.h"
#include "traces/base/err.h"

/*
 * The kernel walks this list when the thread dies, however it dies, and marks
 * the word beside each entry: so the program learns that its drain is gone.
 */
static struct robust_list_head robust;
static struct robust_list robust_entry;

static void own(struct ring_control *control)
{
	_Atomic uint32_t *word = &control->drain_owner;

	robust_entry.next = &robust.list;
	robust.list.next = &robust_entry;
	robust.futex_offset = (char *)word - (char *)&robust_entry;
	atomic_store_explicit(word, (uint32_t)syscall(SYS_gettid),
			      memory_order_relaxed);
	syscall(SYS_set_robust_list, &robust, sizeof(robust));
}

/* As many slots as the limits on files and address space allow. */
static uint32_t size_and_map(struct shared *s)
{
	struct rlimit limit;
	uint32_t nr;
	void *p;

	if (getrlimit(RLIMIT_FSIZE, &limit))
		limit.rlim_cur = RLIM_INFINITY;
	for (nr = RING_SLOTS; nr >= RING_CHUNK; nr /= 2) {
		s->len = ring_offset(nr);
		errno = EFBIG;
		if (s->len > limit.rlim_cur || ftruncate(s->fd, (off_t)s->len))
			continue;
		p = mmap(NULL, s->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 s->fd, 0);
		if (p == MAP_FAILED)
			continue;
		s->control = p;
		s->processes = (void *)((char *)p + RING_PROCESSES_OFFSET);
		s->slots = (void *)((char *)p + RING_DIRECTORY_OFFSET);
		return nr;
	}
	return 0;
}

/* The file may be sealed, which shared_in_use() tries. */
static int make_file(struct shared *s)
{
	struct stat st;

	s->fd = memfd_create("heaptape", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->fd < 0)
		return -1;
	if (!fstat(s->fd, &st))
		s->inode = st.st_ino;
	return 0;
}

int shared_open(struct shared *s, uint32_t clock, struct err *err)
{
	uint32_t nr;

	memset(s, 0, sizeof(*s));
	if (make_file(s))
		return err_set(err, ERR_SYS, errno, "cannot make the rings");
	nr = size_and_map(s);
	if (!nr) {
		err_set(err, ERR_SYS, errno,
			"cannot share memory with the program; "
			"raise the limits on files and address space "
			"(ulimit -f, -v)");
		close(s->fd);
		s->fd = -1;
		return -ERR_SYS;
	}
	s->control->magic = RING_MAGIC;
	s->control->abi = RING_ABI;
	s->control->clock = clock;
	s->control->nr_slots = nr;
	s->nr_slots = nr;
	own(s->control);
	return 0;
}

void shared_close(struct shared *s)
{
	if (!s->control)
		return;
	shared_stop(s);
	munmap(s->control, s->len);
	close(s->fd);
	s->control = NULL;
}

void shared_describe(const struct shared *s, char *text, size_t len)
{
	snprintf(text, len, "shm=/proc/%d/fd/%d", (int)getpid(), s->fd);
}

struct ring_record *shared_ring(const struct shared *s, uint32_t slot)
{
	return (void *)((char *)s->control + ring_offset(slot));
}

static uint32_t load_up_to(const _Atomic uint32_t *word, uint32_t max)
{
	/* Acquire: what lies below is there. */
	uint32_t top = atomic_load_explicit(word, memory_order_acquire);

	return top < max ? top : max;
}

uint32_t shared_top_slot(const struct shared *s)
{
	return load_up_to(&s->control->top_slot, s->nr_slots);
}

uint32_t shared_top_process(const struct shared *s)
{
	return load_up_to(&s->control->top_process, RING_PROCESSES);
}

static void wake_all(const void *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Positions from first to end, of which only whole pages can go. */
static void punch(const struct shared *s, uint32_t slot, uint64_t first,
		  uint64_t end)
{
	const uint64_t page = 4096, size = sizeof(struct ring_record);
	uint64_t from = (first * size + page - 1) / page * page;
	uint64_t to = end * size / page * page;

	if (from < to)
		fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  (off_t)(ring_offset(slot) + from),
			  (off_t)(to - from));
}

void shared_clear(const struct shared *s, uint32_t slot)
{
	punch(s, slot, 0, RING_RECORDS);
}

bool shared_shrink(const struct shared *s, uint32_t i, uint64_t tail)
{
	struct ring_slot *slot = &s->slots[i];
	uint64_t claim, first, nr;

	/* Sequential: we see the thread's claim, or it that we shrink. */
	atomic_store_explicit(&slot->shrinking, 1, memory_order_seq_cst);
	claim = atomic_load_explicit(&slot->claim, memory_order_seq_cst);
	nr = claim - tail < RING_RECORDS ? RING_RECORDS - (claim - tail) : 0;
	first = claim % RING_RECORDS;
	if (first + nr > RING_RECORDS) {
		punch(s, i, 0, first + nr - RING_RECORDS);
		nr = RING_RECORDS - first;
	}
	punch(s, i, first, first + nr);
	/* Release: the pages are new before they are written to. */
	atomic_store_explicit(&slot->shrinking, 0, memory_order_release);
	wake_all(&slot->shrinking);
	return nr != 0;
}

void shared_wake_slot(struct ring_slot *slot)
{
	/* Sequential: we see the flag, or its owner sees the new tail. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&slot->waiting, memory_order_relaxed)) {
		atomic_store_explicit(&slot->waiting, 0, memory_order_relaxed);
		wake_all(&slot->waiting);
	}
}

void shared_sleep(const struct shared *s, enum ring_drain_state state,
		  uint64_t ns)
{
	_Atomic uint32_t *word = &s->control->drain_state;
	const struct timespec timeout = { (time_t)(ns / 1000000000u),
					  (long)(ns % 1000000000u) };

	atomic_store_explicit(word, state, memory_order_seq_cst);
	syscall(SYS_futex, word, FUTEX_WAIT, state, &timeout, NULL, 0);
	atomic_store_explicit(word, RING_DRAIN_BUSY, memory_order_relaxed);
}

void shared_stop(const struct shared *s)
{
	uint32_t i, top = shared_top_slot(s);

	atomic_store_explicit(&s->control->drain_state, RING_DRAIN_STOPPED,
			      memory_order_seq_cst);
	for (i = 0; i < top; i++)
		wake_all(&s->slots[i].waiting);
}

/*
 * The kernel lets nobody seal a file against writing that is mapped writable.
 * Our own mapping goes for that moment; its place is kept.
 */
bool shared_in_use(struct shared *s)
{
	void *at = s->control;
	bool used;

	if (mmap(at, s->len, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return true;
	used = fcntl(s->fd, F_ADD_SEALS, F_SEAL_WRITE) && errno == EBUSY;
	/*
	 * Once it is sealed, nobody is left to write into rings, nor to see
	 * what we write.
	 */
	while (mmap(at, used ? s->len : RING_RINGS_OFFSET,
		    PROT_READ | PROT_WRITE,
		    (used ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED, s->fd,
		    0) == MAP_FAILED)
		sched_yield(); /* it was there a moment ago */
	return used;
}
