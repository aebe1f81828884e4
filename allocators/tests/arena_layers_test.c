// SPDX-License-Identifier: MIT
// The lower layers of arena one by one: bitmaps, size classes, knobs, blocks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocators/arena/arena_internal.h"
#include "allocators/arena/bits.h"
#include "allocators/arena/block.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"
#include "allocators/arena/sizeclass.h"

enum { NR_BITS = 512 };

static size_t slow_find(const uint64_t *map, size_t from, size_t end, size_t n,
			size_t align)
{
	for (size_t i = from; i + n <= end; i++) {
		size_t k = 0;

		if (i % align)
			continue;
		while (k < n && !bits_test(map, i + k))
			k++;
		if (k == n)
			return i;
	}
	return end;
}

static void bits_find_what_a_plain_search_finds(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint64_t map[NR_BITS / 64] = { 0 };
		size_t end = 1 + (size_t)rand_r(&seed) % NR_BITS;
		size_t from = (size_t)rand_r(&seed) % end;
		size_t n = 1 + (size_t)rand_r(&seed) % 40;
		size_t align = (size_t)1 << rand_r(&seed) % 6;
		size_t longest = 0, run = 0;

		for (int k = rand_r(&seed) % 60; k > 0; k--) {
			size_t at = (size_t)rand_r(&seed) % NR_BITS;
			size_t len = (size_t)rand_r(&seed) % 20;

			if (at + len > NR_BITS)
				len = NR_BITS - at;
			bits_set_range(map, at, len);
			assert_int_equal(bits_count_range(map, at, len), len);
			if (k % 3)
				continue;
			bits_clear_range(map, at, len / 2);
			assert_int_equal(bits_count_range(map, at, len / 2), 0);
		}
		for (size_t i = 0; i < end; i++) {
			run = bits_test(map, i) ? 0 : run + 1;
			longest = run > longest ? run : longest;
		}
		assert_int_equal(bits_longest_run(map, end), longest);
		assert_int_equal(bits_find_run(map, from, end, n, align),
				 slow_find(map, from, end, n, align));
	}
}

static void classes_waste_at_most_an_eighth(void **state)
{
	(void)state;
	assert_true(arena_init());
	for (size_t n = 1; n <= SLAB_MAX; n++) {
		unsigned c = class_of_size(n);
		size_t size = size_class[c].size;

		assert_in_range(size, n, SLAB_MAX);
		assert_int_equal(size % 16, 0);
		if (c)
			assert_true(size_class[c - 1].size < n);
		if (n > 128)
			assert_true((size - n) * 8 <= n);
		else
			assert_true(size - n < 16);
	}
	assert_int_equal(class_of_size(0), 0);
}

static void slots_are_found_by_multiplication(void **state)
{
	(void)state;
	assert_true(arena_init());
	for (unsigned c = 0; c < NR_FIXED; c++) {
		const struct size_class *sc = &size_class[c];
		size_t bytes = (size_t)sc->nr_units * UNIT_BYTES;

		assert_true((size_t)sc->nr_slots * sc->size <= bytes);
		if (sc->size > SMALL_MAX) {
			assert_int_equal(sc->nr_slots, 1);
			assert_true(bytes - sc->size < UNIT_BYTES);
			continue;
		}
		assert_true(sc->nr_slots >= 4 && sc->nr_slots <= SLOTS_MAX);
		for (size_t at = 0; at < bytes; at++)
			assert_int_equal((at * sc->recip) >> 32, at / sc->size);
	}
}

// Runs conf_parse() with stderr in a file; returns the lines written there.
static int warnings(const char *text)
{
	char buf[1024];
	FILE *out = tmpfile();
	int saved = dup(2), lines = 0;
	ssize_t n;

	assert_non_null(out);
	dup2(fileno(out), 2);
	conf_parse(text);
	dup2(saved, 2);
	close(saved);
	n = pread(fileno(out), buf, sizeof(buf), 0);
	fclose(out);
	for (ssize_t i = 0; i < n; i++)
		lines += buf[i] == '\n';
	return lines;
}

static void knobs_are_read_and_mistakes_named(void **state)
{
	(void)state;
	assert_int_equal(warnings("decay_ms:250,dirty_ratio:off,dirty_min:3m"),
			 0);
	assert_int_equal(conf_get(&conf.decay_ms), 250);
	assert_int_equal(conf_get(&conf.dirty_ratio), 0);
	assert_int_equal(conf_get(&conf.dirty_min), 3 * ARENA_MIB);
	assert_int_equal(warnings("decay:1"), 1);
	assert_int_equal(warnings("decay_ms"), 1);
	assert_int_equal(warnings("decay_ms:,decay_ms:-1,decay_ms:1x"), 3);
	assert_int_equal(warnings("decay_ms:99999999999999999999"), 1);
	assert_int_equal(warnings("holes:2,holes:maybe,stats:always"), 3);
	assert_int_equal(conf_get(&conf.decay_ms), 250);
	assert_int_equal(
		warnings("decay_ms:1000,dirty_ratio:8,dirty_min:2m,holes:on,"),
		0);
}

static void runs_pack_into_blocks_and_blocks_drain(void **state)
{
	struct arena *a = &arenas[0];
	uint64_t dirty;
	void *run[64];
	uint32_t before;

	(void)state;
	assert_true(arena_init());
	before = a->nr_blocks;
	for (int i = 0; i < 64; i++) {
		run[i] = run_alloc(a, 100, 1, &dirty);
		assert_non_null(run[i]);
		assert_int_equal(run_pages(run[i]), 100);
		memset(run[i], 1, 100 * page_bytes());
	}
	assert_in_range(a->nr_blocks - before, 12, 13 * 512 / block_pages());
	assert_true(run_resize(run[0], 100, 50));
	assert_int_equal(run_pages(run[0]), 50);
	assert_true(run_resize(run[0], 50, 100));
	assert_false(run_resize(run[0], 100, 101));
	for (int i = 0; i < 64; i++)
		assert_int_equal(run_free_large(run[i]), 100);
	assert_int_equal(run_free_large(run[0]), 0);
	assert_int_equal(a->nr_blocks, before);
	region_purge(0);
	run[0] = run_alloc(a, 100, 1, &dirty);
	assert_int_equal(dirty, 0);
	for (size_t i = 0; i < 100 * page_bytes(); i++)
		assert_int_equal(((char *)run[0])[i], 0);
	run_free(run[0], 100, 0);
}

static void aligned_runs_are_aligned(void **state)
{
	uint64_t dirty;

	(void)state;
	for (size_t align = 1; align <= 256; align *= 2) {
		void *a = run_alloc(&arenas[0], 3, 1, &dirty);
		void *b = run_alloc(&arenas[0], 5, align, &dirty);

		assert_int_equal((uintptr_t)b % (align * page_bytes()), 0);
		run_free(a, 3, 0);
		run_free(b, 5, 0);
	}
}

static void blocks_of_the_region_are_found_again(void **state)
{
	uint32_t a = region_take(3, 1), b = region_take(1, 1), c;

	(void)state;
	assert_true(a && b && a != b);
	assert_false(region_take_at(b, 1));
	region_give(a, 3);
	c = region_take(2, 1);
	assert_int_equal(c, a);
	assert_true(region_take_at(a + 2, 1));
	region_give(c, 3);
	region_give(b, 1);
	c = region_take(2, 8);
	assert_int_equal((uintptr_t)block_address(c) % (8 * BLOCK_BYTES), 0);
	region_give(c, 2);
	assert_int_equal(region_take((size_t)1 << 40, 1), 0);
}

static void mappings_move(void **state)
{
	size_t n = 8 * page_bytes();
	char *from = os_reserve(n), *to = os_reserve(n);

	(void)state;
	assert_true(from && to && os_commit(from, n) && os_commit(to, n));
	memset(from, 1, n);
	memset(to, 2, n);
	if (os_move(to, from, n)) {
		assert_int_equal(to[n - 1], 1);
		assert_int_equal(from[0], 0);
	}
	// A source that is not there, a destination that must stay usable.
	assert_int_equal(munmap(from, n), 0);
	assert_false(os_move(to, from, n));
	memset(to, 3, n);
	assert_int_equal(munmap(to, n), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_find_what_a_plain_search_finds),
		cmocka_unit_test(classes_waste_at_most_an_eighth),
		cmocka_unit_test(slots_are_found_by_multiplication),
		cmocka_unit_test(knobs_are_read_and_mistakes_named),
		cmocka_unit_test(runs_pack_into_blocks_and_blocks_drain),
		cmocka_unit_test(aligned_runs_are_aligned),
		cmocka_unit_test(blocks_of_the_region_are_found_again),
		cmocka_unit_test(mappings_move),
	};

	return cmocka_run_group_tests_name("arena_layers", tests, NULL, NULL);
}
