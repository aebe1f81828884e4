// SPDX-License-Identifier: MIT
/* What the verify pass stands on: the map of live memory, the contents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "replayer/worker/contents.h"
#include "replayer/worker/shadow.h"
#include "replayer/worker/worker.h"

struct worker worker;

/* The worker's own lies in its main file. */
void *worker_map(struct worker *w, size_t bytes, const char *what)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)w;
	(void)what;
	return p == MAP_FAILED ? NULL : p;
}

#define FAR 0x7fff3ffff000ULL /* near the end of a piece */

static void test_take_and_give(void **state)
{
	(void)state;
	assert_int_equal(shadow_take(FAR, 100000), SHADOW_FREE);
	assert_int_equal(shadow_take(FAR - 64, 64), SHADOW_FREE);
	assert_int_equal(shadow_take(FAR + 100000, 8), SHADOW_FREE);
	assert_int_equal(shadow_take(FAR + 50000, 8), SHADOW_TAKEN);
	assert_int_equal(shadow_take(FAR - 4096, 5000), SHADOW_TAKEN);
	shadow_give(FAR, 100000);
	assert_int_equal(shadow_take(FAR + 99992, 16), SHADOW_TAKEN);
	shadow_give(FAR + 99992, 16);
	assert_int_equal(shadow_take(FAR, 100000), SHADOW_FREE);
	shadow_give(FAR, 100000);
}

static void test_parts_of_grains(void **state)
{
	(void)state;
	assert_int_equal(shadow_take(0x10000, 4), SHADOW_FREE);
	assert_int_equal(shadow_take(0x10004, 4), SHADOW_SHARED);
	assert_int_equal(shadow_take(0x10004, 12), SHADOW_SHARED);
	assert_int_equal(shadow_take(0x10000, 8), SHADOW_TAKEN);
	assert_int_equal(shadow_take(0x10003, 0), SHADOW_FREE);
	assert_int_equal(shadow_take(0x20003, 0), SHADOW_FREE);
	assert_int_equal(shadow_take(0x20000, 8), SHADOW_FREE);
}

static void test_beyond(void **state)
{
	(void)state;
	assert_int_equal(shadow_take(1ULL << 48, 8), SHADOW_BEYOND);
	assert_int_equal(shadow_take(UINT64_MAX - 8, 16), SHADOW_BEYOND);
}

/* A byte anywhere in a small block is found; those behind the limit not. */
static void test_small_contents(void **state)
{
	char buf[80];
	uint64_t size, at;

	(void)state;
	for (size = 0; size < 64; size++) {
		uint64_t key = contents_key(3, size, 7);

		memset(buf, 0x55, sizeof(buf));
		contents_fill(buf, size, key);
		assert_int_equal(buf[size], 0x55);
		assert_int_equal(contents_check(buf, size, size, key), size);
		for (at = 0; at < size; at++) {
			buf[at] ^= 0x10;
			assert_int_equal(contents_check(buf, size, size, key),
					 at);
			assert_int_equal(contents_check(buf, size, at, key),
					 size);
			buf[at] ^= 0x10;
		}
	}
}

/* So is a lost page of a large one, and a byte at both of its ends. */
static void test_large_contents(void **state)
{
	const uint64_t size = 300001;
	uint64_t key = contents_key(1, size, 1), at;
	char *buf = malloc(size + 1);

	(void)state;
	assert_non_null(buf);
	buf[size] = 0x55;
	contents_fill(buf, size, key);
	assert_int_equal(buf[size], 0x55);
	assert_int_equal(contents_check(buf, size, size, key), size);
	for (at = 0; at + 4096 <= size; at += 4096) {
		memset(buf + at, 0, 4096);
		assert_in_range(contents_check(buf, size, size, key), at,
				at + 4095);
		assert_int_equal(contents_check(buf, size, at, key), size);
		contents_fill(buf, size, key);
	}
	buf[size - 1] ^= 1;
	assert_int_equal(contents_check(buf, size, size, key), size - 1);
	assert_int_equal(contents_check(buf, size, size - 1, key), size);
	free(buf);
}

static void test_zero(void **state)
{
	char buf[40] = { 0 };
	uint64_t at;

	(void)state;
	for (at = 0; at < 37; at++) {
		buf[at] = 1;
		assert_int_equal(contents_check_zero(buf, 37), at);
		buf[at] = 0;
	}
	buf[37] = 1;
	assert_int_equal(contents_check_zero(buf, 37), 37);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_give),
		cmocka_unit_test(test_parts_of_grains),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_small_contents),
		cmocka_unit_test(test_large_contents),
		cmocka_unit_test(test_zero),
	};

	if (!shadow_init(&worker))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
