// SPDX-License-Identifier: MIT
// The only door to the kernel. All functions keep errno. Addresses and lengths
// are whole pages.
#ifndef ALLOCATORS_ARENA_OS_H
#define ALLOCATORS_ARENA_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#pragma GCC visibility push(hidden)

enum { OS_BATCH = 128 };

// Ranges that shall read as zero and have no memory behind them, as far as the
// kernel lets go of it. Flushed when full. Start with nr = 0.
struct os_batch {
	unsigned nr;
	struct iovec range[OS_BATCH];
};

// For tests. Calls to the kernel that can fail are counted while one of
// first and every is set; call number `first` fails, and if `every` is set each
// every-th after it. A call that would have taken several ranges at once counts
// as one, and each range does when that fails.
struct os_faults {
	unsigned first; // from 1; 0 none
	unsigned every; // 0: only that one
	_Atomic unsigned calls;
	size_t page_bytes; // in place of the machine's, a multiple of it; 0 no
};

extern struct os_faults os_faults;

size_t os_page_bytes(void);
// Processors that this process may run on.
unsigned os_cpus(void);
// The limit on address space, SIZE_MAX when there is none.
size_t os_address_limit(void);
// Reserves address space without access; NULL when the kernel refuses.
void *os_reserve(size_t bytes);
// Gives a reservation up, also in part.
void os_release(void *p, size_t bytes);
// Makes reserved pages usable; false when the kernel refuses.
bool os_commit(void *p, size_t bytes);
// Puts a fresh zero mapping in place of whatever is there. On failure false, and
// the pages are usable; what they held may be gone.
bool os_renew(void *p, size_t bytes);
// Moves the pages of src, which is in one mapping, over those of dst; src is
// left zero and usable. When the kernel cannot: false, both sides usable, dst
// possibly zero.
bool os_move(void *dst, void *src, size_t bytes);
void os_batch_add(struct os_batch *batch, void *p, size_t bytes);
void os_batch_flush(struct os_batch *batch);
// Reads a file; returns its length, ROOM when it has no room, SIZE_MAX when it
// cannot be read.
size_t os_read_file(const char *path, char *buf, size_t room);
uint64_t os_now_ns(void);
// Writes to stderr.
void os_sleep(uint64_t ns);
void os_print(const char *text, size_t len);

#pragma GCC visibility pop
#endif
