// SPDX-License-Identifier: MIT
/* The memfd that holds control page, slots and rings, and its futexes. */
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

int shared_open(struct shared *s, uint32_t clock, struct err *err)
{
	uint32_t nr;

	memset(s, 0, sizeof(*s));
	s->fd = memfd_create("heaptape", MFD_CLOEXEC);
	if (s->fd < 0)
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

static void wake_all(const void *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void shared_wake_slot(struct ring_slot *slot)
{
	/* Sequential: we see the flag, or its owner sees the new tail. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&slot->waiting, memory_order_relaxed)) {
		atomic_store_explicit(&slot->waiting, 0, memory_order_relaxed);
		wake_all(&slot->tail);
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
	uint32_t i, top = atomic_load_explicit(&s->control->top_slot,
					       memory_order_relaxed);

	atomic_store_explicit(&s->control->drain_state, RING_DRAIN_STOPPED,
			      memory_order_seq_cst);
	for (i = 0; i < top; i++)
		wake_all(&s->slots[i].tail);
}
