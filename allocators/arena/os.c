// SPDX-License-Identifier: MIT
// Every system call of arena, and the waiting side of its lock. Time comes from
// the ordinary clock_gettime symbol, so that a replayer can supply it.
#include "allocators/arena/os.h"
#include "allocators/arena/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
# define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
# define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef SYS_process_madvise
# define SYS_process_madvise 440
#endif
// The kernel's name for "this process" where it takes a pidfd (Linux 6.14).
#define PIDFD_SELF (-10000)

struct os_faults os_faults;
static _Atomic bool no_process_madvise;

// With errno set, as the callers' own failures have it.
static bool injected_failure(void)
{
	const struct os_faults *f = &os_faults;
	unsigned n;

	if (__builtin_expect(!f->first, 1))
		return false;
	n = 1 + atomic_fetch_add_explicit(&os_faults.calls, 1,
					  memory_order_relaxed);
	if (n != f->first &&
	    (n < f->first || !f->every || (n - f->first) % f->every))
		return false;
	errno = ENOMEM;
	return true;
}

size_t os_page_bytes(void)
{
	if (os_faults.page_bytes)
		return os_faults.page_bytes;
	return (size_t)getauxval(AT_PAGESZ);
}

unsigned os_cpus(void)
{
	cpu_set_t set;
	int saved = errno;
	unsigned n = 1;

	if (!sched_getaffinity(0, sizeof(set), &set))
		n = (unsigned)CPU_COUNT(&set);
	errno = saved;
	return n ? n : 1;
}

size_t os_address_limit(void)
{
	struct rlimit limit;
	int saved = errno;

	if (getrlimit(RLIMIT_AS, &limit))
		limit.rlim_cur = RLIM_INFINITY;
	errno = saved;
	return limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : limit.rlim_cur;
}

void *os_reserve(size_t bytes)
{
	int saved = errno;
	void *p = MAP_FAILED;

	if (!injected_failure())
		p = mmap(NULL, bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	errno = saved;
	return p == MAP_FAILED ? NULL : p;
}

void os_release(void *p, size_t bytes)
{
	int saved = errno;

	// When it fails, address space is lost and nothing else.
	if (!injected_failure())
		munmap(p, bytes);
	errno = saved;
}

bool os_commit(void *p, size_t bytes)
{
	int saved = errno;
	bool ok = !injected_failure() &&
		  !mprotect(p, bytes, PROT_READ | PROT_WRITE);

	errno = saved;
	return ok;
}

// A call that maps over a range may have unmapped it before it failed. Should
// another thread have mapped something there since, nothing can be saved.
static void restore(void *p, size_t bytes)
{
	static const char text[] = "arena: the kernel lost a mapping\n";
	unsigned char resident;

	if (!mincore(p, 1, &resident) || errno != ENOMEM)
		return;
	if (mmap(p, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE,
		 -1, 0) == p)
		return;
	os_print(text, sizeof(text) - 1);
	abort();
}

bool os_renew(void *p, size_t bytes)
{
	int saved = errno;
	bool ok = false;

	if (!injected_failure()) {
		ok = mmap(p, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				  MAP_FIXED,
			  -1, 0) != MAP_FAILED;
		if (!ok)
			restore(p, bytes);
	}
	errno = saved;
	return ok;
}

bool os_move(void *dst, void *src, size_t bytes)
{
	int saved = errno;
	bool ok = false;

	if (!injected_failure()) {
		ok = mremap(src, bytes, bytes,
			    MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
			    dst) != MAP_FAILED;
		if (!ok)
			restore(dst, bytes);
	}
	errno = saved;
	return ok;
}

void os_batch_add(struct os_batch *batch, void *p, size_t bytes)
{
	struct iovec *last = &batch->range[batch->nr];

	if (batch->nr) {
		last--;
		if ((char *)last->iov_base + last->iov_len == p) {
			last->iov_len += bytes;
			return;
		}
		if ((char *)p + bytes == last->iov_base) {
			last->iov_base = p;
			last->iov_len += bytes;
			return;
		}
	}
	if (batch->nr == OS_BATCH)
		os_batch_flush(batch);
	batch->range[batch->nr].iov_base = p;
	batch->range[batch->nr++].iov_len = bytes;
}

// One call for all ranges; false where the kernel cannot do that.
static bool purge_at_once(const struct os_batch *batch)
{
	size_t total = 0;
	long done;

	if (batch->nr < 2 ||
	    atomic_load_explicit(&no_process_madvise, memory_order_relaxed) ||
	    injected_failure())
		return false;
	for (unsigned i = 0; i < batch->nr; i++)
		total += batch->range[i].iov_len;
	done = syscall(SYS_process_madvise, PIDFD_SELF, batch->range,
		       (size_t)batch->nr, MADV_DONTNEED, 0U);
	if (done < 0)
		atomic_store_explicit(&no_process_madvise, true,
				      memory_order_relaxed);
	return done >= 0 && (size_t)done == total;
}

// Locked memory cannot be given back; then it must at least read as zero.
static void purge_one(const struct iovec *range)
{
	if (injected_failure() ||
	    madvise(range->iov_base, range->iov_len, MADV_DONTNEED))
		memset(range->iov_base, 0, range->iov_len);
}

void os_batch_flush(struct os_batch *batch)
{
	int saved = errno;

	if (!batch->nr)
		return;
	if (!purge_at_once(batch))
		for (unsigned i = 0; i < batch->nr; i++)
			purge_one(&batch->range[i]);
	batch->nr = 0;
	errno = saved;
}

// Opens nothing that could wait for somebody, such as a pipe.
static int open_plain(const char *path)
{
	struct stat st;
	int fd = -1;

	if (!injected_failure())
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

size_t os_read_file(const char *path, char *buf, size_t room)
{
	int saved = errno, fd = open_plain(path);
	size_t len = 0;
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && len < room) {
		got = injected_failure() ? -1 : read(fd, buf + len, room - len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			len += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	errno = saved;
	return got < 0 ? SIZE_MAX : len;
}

uint64_t os_now_ns(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void os_sleep(uint64_t ns)
{
	struct timespec left = { (time_t)(ns / 1000000000u),
				 (long)(ns % 1000000000u) };

	nanosleep(&left, NULL);
}

void os_print(const char *text, size_t len)
{
	int saved = errno;

	while (len) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text += n;
		len -= (size_t)n;
	}
	errno = saved;
}

__thread bool lock_have_all;

void lock_wait(struct lock *l)
{
	int saved = errno;

	if (lock_have_all)
		return;
	for (int i = 0; i < 100; i++) {
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#endif
		if (!atomic_load_explicit(&l->state, memory_order_relaxed) &&
		    lock_try(l))
			return;
	}
	// acquire: see what the last holder wrote
	while (atomic_exchange_explicit(&l->state, 2, memory_order_acquire))
		syscall(SYS_futex, &l->state, FUTEX_WAIT_PRIVATE, 2, NULL);
	errno = saved;
}

void lock_wake(struct lock *l)
{
	int saved = errno;

	syscall(SYS_futex, &l->state, FUTEX_WAKE_PRIVATE, 1);
	errno = saved;
}
