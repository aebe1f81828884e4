// SPDX-License-Identifier: MIT
// The malloc family of arena against its contracts, call by call.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/sizeclass.h"

static size_t stat_of(const char *name)
{
	size_t value, len = sizeof(value);

	assert_int_equal(arena_ctl(name, &value, &len, NULL, 0), 0);
	return value;
}

static bool all(const void *p, int byte, size_t n)
{
	const unsigned char *s = p;

	for (size_t i = 0; i < n; i++)
		if (s[i] != byte)
			return false;
	return true;
}

static void sizes_are_usable_and_tight(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300000; n += n < 2000 ? 1 : 97) {
		void *p = arena_malloc(n);
		size_t have = arena_usable_size(p);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(have >= n);
		if (n > 128 && page_bytes() == 4096)
			assert_true((have - n) * 8 <= n);
		assert_true(have >= arena_good_size(n));
		assert_true(arena_good_size(n) >= n);
		memset(p, 0x5a, have);
		arena_free(p);
	}
}

static void calloc_zeroes_what_was_used(void **state)
{
	static const size_t sizes[] = { 1,       100,     4096,
					32768,   40000,   1000000,
					1048577, 3000000, 9000000 };

	(void)state;
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			void *p = arena_malloc(sizes[i]);

			memset(p, 0xff, arena_usable_size(p));
			arena_free(p);
			p = arena_calloc(1, sizes[i]);
			assert_true(all(p, 0, sizes[i]));
			memset(p, 0xff, arena_usable_size(p));
			if (round == 2)
				p = arena_realloc(p, sizes[i] / 3 + 1);
			arena_free(p);
			if (round == 1)
				arena_trim(0);
		}
	}
}

static void what_cannot_be_is_enomem(void **state)
{
	void *p = arena_malloc(100);

	(void)state;
	errno = 0;
	assert_null(arena_malloc((size_t)PTRDIFF_MAX + 1));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_malloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_malloc(SIZE_MAX / 4));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_calloc(SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_reallocarray(p, SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_realloc(p, SIZE_MAX - 100));
	assert_int_equal(errno, ENOMEM);
	memset(p, 1, 100);
	arena_free(p);
	errno = 0;
	assert_null(arena_memalign(4096, SIZE_MAX - 4096));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(arena_pvalloc(SIZE_MAX - 1));
	assert_int_equal(errno, ENOMEM);
}

static void zero_sizes_are_like_in_glibc(void **state)
{
	void *p = arena_malloc(0), *q = arena_malloc(0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_ptr_not_equal(p, q);
	arena_free(q);
	errno = 7;
	assert_null(arena_realloc(p, 0));
	assert_int_equal(errno, 7);
	p = arena_realloc(NULL, 0);
	assert_non_null(p);
	arena_free(p);
	arena_free(NULL);
	assert_int_equal(errno, 7);
	assert_int_equal(arena_usable_size(NULL), 0);
	p = arena_calloc(0, 10);
	assert_non_null(p);
	arena_free(p);
}

static void alignments_hold_and_errors_are_exact(void **state)
{
	void *p = NULL, *q;

	(void)state;
	for (size_t align = 1; align <= 8 * ARENA_MIB; align *= 2) {
		for (size_t n = 0; n < 3000000; n = n * 3 + 1) {
			p = arena_aligned_alloc(align, n);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % align, 0);
			assert_true(arena_usable_size(p) >= n);
			memset(p, 3, n);
			p = arena_realloc(p, n + 1);
			assert_true(all(p, 3, n));
			arena_free(p);
		}
	}
	errno = 0;
	assert_null(arena_aligned_alloc(24, 1));
	assert_int_equal(errno, EINVAL);
	p = &q;
	assert_int_equal(arena_posix_memalign(&p, 4, 10), EINVAL);
	assert_int_equal(arena_posix_memalign(&p, 48, 10), EINVAL);
	assert_ptr_equal(p, &q);
	errno = 5;
	assert_int_equal(arena_posix_memalign(&p, 64, SIZE_MAX - 1), ENOMEM);
	assert_int_equal(errno, 5);
	assert_int_equal(arena_posix_memalign(&p, 64, 10), 0);
	assert_int_equal((uintptr_t)p % 64, 0);
	arena_free(p);
	p = arena_memalign(48, 10);
	assert_int_equal((uintptr_t)p % 64, 0);
	arena_free(p);
	p = arena_valloc(10);
	assert_int_equal((uintptr_t)p % page_bytes(), 0);
	arena_free(p);
	p = arena_pvalloc(10);
	assert_true(arena_usable_size(p) >= page_bytes());
	arena_free(p);
}

static void realloc_keeps_contents(void **state)
{
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = 1 + (size_t)rand_r(&seed) % 1000;
		unsigned char *p = arena_malloc(n);

		for (int step = 0; step < 12; step++) {
			size_t to =
				1 + (size_t)rand_r(&seed) %
					    (1u << (4 + rand_r(&seed) % 20));
			size_t kept = to < n ? to : n;

			for (size_t i = 0; i < n; i += 61)
				p[i] = (unsigned char)(i * 7 + (size_t)step);
			p = arena_realloc(p, to);
			assert_non_null(p);
			for (size_t i = 0; i < kept; i += 61)
				assert_int_equal(
					p[i],
					(unsigned char)(i * 7 + (size_t)step));
			n = to;
		}
		arena_free(p);
	}
}

static void huge_blocks_grow_without_copying(void **state)
{
	size_t n = 4 * ARENA_MIB, before;
	char *p = arena_malloc(n), *wall;

	(void)state;
	memset(p, 9, n);
	for (int i = 0; i < 6; i++) {
		wall = arena_malloc(3 * ARENA_MIB);
		p = arena_realloc(p, n * 2);
		assert_true(all(p, 9, n));
		memset(p + n, 9, n);
		n *= 2;
		arena_free(wall);
	}
	before = stat_of("stats.active");
	p = arena_realloc(p, ARENA_MIB * 2);
	assert_true(before - stat_of("stats.active") >= n - 3 * ARENA_MIB);
	assert_true(all(p, 9, 2 * ARENA_MIB));
	arena_free(p);
}

static int nr_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int c, n = 0;

	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

// Blocks that grow in turns are in each other's way and have to move.
static void huge_blocks_move_and_leave_no_trace(void **state)
{
	enum { NR = 6 };
	unsigned char *p[NR] = { NULL };
	size_t n[NR];
	int before;

	(void)state;
	arena_trim(0);
	before = nr_mappings();
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < NR; i++) {
			size_t had = round ? n[i] : 0;

			n[i] = round ? had + had / 3 + 12345 : 1500000;
			p[i] = arena_realloc(p[i], n[i]);
			for (size_t k = 0; k < had; k += 4096)
				assert_int_equal(p[i][k], i + 1);
			memset(p[i] + had, i + 1, n[i] - had);
			if (round == 7)
				arena_trim(0);
		}
	}
	for (int i = 0; i < NR; i++) {
		assert_true(all(p[i], i + 1, n[i]));
		arena_free(p[i]);
	}
	arena_trim(0);
	assert_true(nr_mappings() <= before + 4);
	for (int i = 0; i < NR; i++) {
		p[i] = arena_calloc(1, n[i]);
		assert_true(all(p[i], 0, n[i]));
		arena_free(p[i]);
	}
}

static void statistics_add_up(void **state)
{
	size_t before = stat_of("stats.allocated");
	size_t class = class_of_size(1000), live, len = sizeof(live);
	void *p[1000];
	char name[40];
	uint64_t had;

	(void)state;
	snprintf(name, sizeof(name), "class.%zu.live", class);
	assert_int_equal(arena_ctl(name, &had, &len, NULL, 0), 0);
	for (int i = 0; i < 1000; i++)
		p[i] = arena_malloc(1000);
	assert_int_equal(stat_of("stats.allocated") - before, 1000 * 1024);
	assert_int_equal(arena_ctl(name, &live, &len, NULL, 0), 0);
	assert_int_equal(live - had, 1000);
	assert_true(stat_of("stats.active") >= stat_of("stats.allocated"));
	for (int i = 0; i < 1000; i++)
		arena_free(p[i]);
	assert_int_equal(stat_of("stats.allocated"), before);
	p[0] = arena_malloc(5 * ARENA_MIB);
	p[1] = arena_malloc(300000);
	assert_int_equal(stat_of("stats.allocated") - before,
			 5 * ARENA_MIB + round_up(300000, page_bytes()));
	arena_free(p[0]);
	arena_free(p[1]);
	assert_int_equal(stat_of("stats.allocated"), before);
	assert_int_equal(arena_ctl("purge", NULL, NULL, NULL, 0), 0);
	assert_int_equal(stat_of("stats.dirty"), 0);
	assert_int_equal(stat_of("stats.cached"), 0);
}

static void control_refuses_what_it_does_not_know(void **state)
{
	size_t value = 3, len = sizeof(value);
	char byte;
	size_t one = 1;

	(void)state;
	assert_int_equal(arena_ctl("stats.nothing", &value, &len, NULL, 0),
			 ENOENT);
	assert_int_equal(arena_ctl("stats.dirty", &byte, &one, NULL, 0),
			 EINVAL);
	assert_int_equal(arena_ctl("stats.dirty", NULL, NULL, &value, len),
			 EPERM);
	assert_int_equal(arena_ctl("conf.arenas", NULL, NULL, &value, len),
			 EPERM);
	assert_int_equal(arena_ctl("conf.none", &value, &len, NULL, 0), ENOENT);
	assert_int_equal(arena_ctl("conf.holes", NULL, NULL, &value, len),
			 EINVAL);
	assert_int_equal(arena_ctl("class.999.size", &value, &len, NULL, 0),
			 ENOENT);
	value = 700;
	assert_int_equal(arena_ctl("conf.decay_ms", NULL, NULL, &value, len),
			 0);
	value = 0;
	assert_int_equal(arena_ctl("conf.decay_ms", &value, &len, NULL, 0), 0);
	assert_int_equal(value, 700);
	value = 1000;
	arena_ctl("conf.decay_ms", NULL, NULL, &value, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_usable_and_tight),
		cmocka_unit_test(calloc_zeroes_what_was_used),
		cmocka_unit_test(what_cannot_be_is_enomem),
		cmocka_unit_test(zero_sizes_are_like_in_glibc),
		cmocka_unit_test(alignments_hold_and_errors_are_exact),
		cmocka_unit_test(realloc_keeps_contents),
		cmocka_unit_test(huge_blocks_grow_without_copying),
		cmocka_unit_test(huge_blocks_move_and_leave_no_trace),
		cmocka_unit_test(statistics_add_up),
		cmocka_unit_test(control_refuses_what_it_does_not_know),
	};

	return cmocka_run_group_tests_name("arena_api", tests, NULL, NULL);
}
