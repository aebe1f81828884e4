// SPDX-License-Identifier: MIT
// Every call of arena to the kernel, failing: each one of a scenario alone, all
// from there on, and each n-th. Whatever fails, blocks keep their contents, a
// refusal is NULL with ENOMEM, and once the kernel gives again so does arena.
// Each run is a child of its own, so that the first allocation fails as well.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/os.h"

enum { NR_BLOCKS = 64, STRIDE = 32768 };
enum { NO_ERRNO = 2, WRONG_BYTES, STILL_REFUSED, NOT_ZERO };

struct held {
	unsigned char *p;
	size_t n;
};

// Sanitizers make children slow: some of the places do there.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { PLACES = 10, SKIP = 5 };
#else
enum { PLACES = 80, SKIP = 1 };
#endif

static struct held held[NR_BLOCKS];
static unsigned nr_refused;

static const size_t sizes[] = { 24,     700,    5000,    40000,  200000,
				400000, 900000, 1500000, 3000000 };

enum { NR_SIZES = sizeof(sizes) / sizeof(*sizes) };

// The last byte, and some on the way.
static void mark(const struct held *h, unsigned char with)
{
	for (size_t i = 0; i < h->n; i += STRIDE)
		h->p[i] = with;
	if (h->n)
		h->p[h->n - 1] = with;
}

static void verify(const struct held *h, size_t upto, unsigned char with)
{
	for (size_t i = 0; i < upto; i += STRIDE)
		if (h->p[i] != with)
			_exit(WRONG_BYTES);
}

static bool refused(const void *p)
{
	if (p)
		return false;
	nr_refused++;
	if (errno != ENOMEM)
		_exit(NO_ERRNO);
	return true;
}

static void renew(unsigned i, size_t n, bool zero)
{
	struct held *h = &held[i];

	if (h->p)
		verify(h, h->n, (unsigned char)i);
	arena_free(h->p);
	errno = 0;
	h->p = zero ? arena_calloc(1, n) : arena_malloc(n);
	h->n = n;
	if (refused(h->p))
		h->n = 0;
	if (zero)
		verify(h, h->n, 0);
	mark(h, (unsigned char)i);
}

static void resize(unsigned i, size_t n)
{
	struct held *h = &held[i];
	void *p;

	errno = 0;
	p = arena_realloc(h->p, n);
	if (refused(p)) {
		verify(h, h->n, (unsigned char)i);
		return;
	}
	h->p = p;
	verify(h, h->n < n ? h->n : n, (unsigned char)i);
	h->n = n;
	mark(h, (unsigned char)i);
}

static void align(unsigned i, size_t n)
{
	struct held *h = &held[i];

	arena_free(h->p);
	errno = 0;
	h->p = arena_memalign((size_t)4096 << i % 11, n);
	h->n = n;
	if (refused(h->p))
		h->n = 0;
	else if ((uintptr_t)h->p % ((size_t)4096 << i % 11))
		_exit(WRONG_BYTES);
	mark(h, (unsigned char)i);
}

static void drop_all(void)
{
	for (unsigned i = 0; i < NR_BLOCKS; i++) {
		verify(&held[i], held[i].n, (unsigned char)i);
		arena_free(held[i].p);
		held[i].p = NULL;
		held[i].n = 0;
	}
}

// All that makes arena call the kernel: growing the region, new slabs, purging,
// moving mappings, blocks in place of moved ones.
static void scenario(void)
{
	for (unsigned i = 0; i < 2 * NR_SIZES; i++)
		renew(i, sizes[i % NR_SIZES], i % 2);
	for (unsigned i = 0; i < NR_SIZES; i++)
		resize(i, sizes[i] * 3 / 2);
	for (unsigned i = 0; i < NR_SIZES; i++)
		resize(i, sizes[i] / 3);
	arena_trim(0);
	for (unsigned i = 0; i < NR_SIZES; i++)
		align(2 * NR_SIZES + i, sizes[i] / 2);
	for (unsigned i = 0; i < NR_BLOCKS; i += 3)
		renew(i, 60000 + i, false);
	for (unsigned i = 1; i < NR_BLOCKS; i += 9)
		resize(i, 2500000);
	for (unsigned i = 1; i < NR_BLOCKS; i += 9)
		resize(i, 5000000);
	drop_all();
	arena_trim(0);
}

static unsigned run(unsigned first, unsigned every)
{
	os_faults.first = first;
	os_faults.every = every;
	os_faults.calls = 0;
	scenario();
	os_faults.first = 0;
	return atomic_load(&os_faults.calls);
}

static void all_is_well(void)
{
	nr_refused = 0;
	for (unsigned i = 0; i < NR_SIZES; i++)
		renew(i, sizes[i], true);
	drop_all();
	if (nr_refused)
		_exit(STILL_REFUSED);
}

// Runs the scenario with failures in a child; returns how many calls it made.
static unsigned child(unsigned first, unsigned every)
{
	unsigned calls = 0;
	int status, fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		calls = run(first, every);
		all_is_well();
		_exit(write(fd[1], &calls, sizeof(calls)) != sizeof(calls));
	}
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		print_error("call %u failed, then each %u: status %#x\n", first,
			    every, (unsigned)status);
	assert_int_equal(status, 0);
	assert_int_equal(read(fd[0], &calls, sizeof(calls)), sizeof(calls));
	close(fd[0]);
	return calls;
}

static void each_call_may_fail(void **state)
{
	unsigned last = child(1u << 30, 0);

	(void)state;
	assert_in_range(last, 50, 5000);
	for (unsigned k = 1; k <= last; k += 1 + last / PLACES)
		child(k, 0);
}

static void all_calls_may_fail_from_one_on(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= 40; k += SKIP)
		assert_true(child(k, 1) >= k);
}

static void each_nth_call_may_fail(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 20; n += SKIP)
		for (unsigned first = 1; first <= n; first += 1 + n / 4)
			child(first, n);
}

// A program that is refused memory for arena's records goes on asking.
static void refusals_cost_no_address_space(void **state)
{
	char before[32] = "", after[32] = "";
	int fd = open("/proc/self/statm", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	arena_free(arena_malloc(100));
	assert_true(pread(fd, before, sizeof(before) - 1, 0) > 0);
	// Reserved, not usable, given up; and so on.
	os_faults.first = 2;
	os_faults.every = 3;
	os_faults.calls = 0;
	for (int i = 0; i < 100; i++)
		assert_null(meta_alloc(2 * ARENA_MIB));
	os_faults.first = os_faults.every = 0;
	assert_true(pread(fd, after, sizeof(after) - 1, 0) > 0);
	close(fd);
	assert_true(strtoul(after, NULL, 10) <
		    strtoul(before, NULL, 10) + 1024);
}

static void files_may_fail(void **state)
{
	char buf[16];

	(void)state;
	assert_true(os_read_file("/proc/self/cmdline", buf, sizeof(buf)) > 0);
	for (unsigned k = 1; k <= 2; k++) {
		os_faults.calls = 0;
		os_faults.first = k;
		errno = EINTR;
		assert_int_equal(os_read_file("/etc/passwd", buf, sizeof(buf)),
				 SIZE_MAX);
		os_faults.first = 0;
		assert_int_equal(errno, EINTR);
	}
}

// Before arena's own constructor, which makes the first calls.
__attribute__((constructor(101))) static void begin_with_failures(void)
{
	const char *text = getenv("FAULTS");

	if (!text)
		return;
	os_faults.first = (unsigned)strtoul(text, (char **)&text, 10);
	os_faults.every = (unsigned)strtoul(text, NULL, 10);
}

static int run_begun_with_failures(void)
{
	renew(0, 100, true);
	renew(1, 100000, false);
	renew(2, 3000000, false);
	os_faults.first = 0;
	all_is_well();
	return 0;
}

// The first calls of a process: no region, no table, no heap.
static void arena_may_not_come_to_life(void **state)
{
	char faults[32];
	int status;
	pid_t pid;

	(void)state;
	for (unsigned k = 0; k < 40; k++) {
		snprintf(faults, sizeof(faults), "%u %u", 1 + k / 2, k % 2);
		pid = fork();
		if (!pid) {
			setenv("FAULTS", faults, 1);
			execl("/proc/self/exe", "arena_faults_test", NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			print_error("%s: status %#x\n", faults,
				    (unsigned)status);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_may_fail),
		cmocka_unit_test(all_calls_may_fail_from_one_on),
		cmocka_unit_test(each_nth_call_may_fail),
		cmocka_unit_test(refusals_cost_no_address_space),
		cmocka_unit_test(files_may_fail),
		cmocka_unit_test(arena_may_not_come_to_life),
	};

	if (getenv("FAULTS"))
		return run_begun_with_failures();
	return cmocka_run_group_tests_name("arena_faults", tests, NULL, NULL);
}
