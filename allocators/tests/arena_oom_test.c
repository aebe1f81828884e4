// SPDX-License-Identifier: MIT
// arena without memory: a limit on address space, a limit on data, and system
// calls that fail. Each case runs in a child of its own, before any allocation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/os.h"

enum { NR_BLOCKS = 200000 };

static char *block[NR_BLOCKS];

static int exit_of(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

// Allocates n bytes at a time until there are no more, frees all, does it
// again. Returns the number of the check that failed.
static int fill_twice(size_t n, size_t at_least)
{
	size_t got[2];

	for (int round = 0; round < 2; round++) {
		size_t nr = 0;

		errno = 0;
		while (nr < NR_BLOCKS && (block[nr] = arena_malloc(n))) {
			block[nr][0] = (char)nr;
			nr++;
		}
		if (errno != ENOMEM || nr * n < at_least)
			return 1;
		for (size_t i = 0; i < nr; i++)
			if (block[i][0] != (char)i)
				return 2;
		got[round] = nr;
		while (nr)
			arena_free(block[--nr]);
	}
	return got[1] + got[1] / 10 < got[0] ? 3 : 0;
}

static int limited(int resource, size_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	return setrlimit(resource, &limit);
}

static int limited_data(void)
{
	if (limited(RLIMIT_DATA, 64 * ARENA_MIB))
		return 10;
	for (size_t n = 1000; n < 10 * ARENA_MIB; n *= 21)
		if (fill_twice(n, 40 * ARENA_MIB))
			return (int)(n % 97);
	return 0;
}

static void a_limit_on_data_is_met(void **state)
{
	(void)state;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	(void)limited_data;
	skip();
#else
	assert_int_equal(exit_of(limited_data), 0);
#endif
}

// The region is there already; what remains are ordinary failures inside it.
static int failing_calls(void)
{
	unsigned seed = 5;

	for (unsigned every = 1; every < 12; every++) {
		size_t nr_failed = 0;

		os_faults.first = os_faults.every = every;
		os_faults.calls = 0;
		memset(block, 0, sizeof(block));
		for (int i = 0; i < 4000; i++) {
			char **p = &block[rand_r(&seed) % 600];
			size_t n = (size_t)rand_r(&seed) %
				   (1u << (5 + rand_r(&seed) % 17));
			char *q;

			if (rand_r(&seed) % 3) {
				arena_free(*p);
				*p = q = arena_calloc(1, n);
				for (size_t k = 0; q && k < n; k += 511)
					if (q[k])
						return 2;
			} else {
				q = arena_realloc(*p, n + 1);
				if (q)
					*p = q;
			}
			nr_failed += !q;
			if (q)
				memset(q, 1, n);
		}
		for (int i = 0; i < 600; i++)
			arena_free(block[i]);
		arena_trim(0);
		os_faults.first = 0;
		for (int i = 0; i < 100; i++) {
			block[i] = arena_malloc((size_t)i * 30000);
			if (!block[i])
				return 3;
		}
		for (int i = 0; i < 100; i++)
			arena_free(block[i]);
		if (every == 1 && !nr_failed)
			return 4;
	}
	return 0;
}

static void failing_system_calls_are_survived(void **state)
{
	(void)state;
	assert_int_equal(exit_of(failing_calls), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_on_data_is_met),
		cmocka_unit_test(failing_system_calls_are_survived),
	};

	return cmocka_run_group_tests_name("arena_oom", tests, NULL, NULL);
}
