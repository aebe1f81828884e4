// SPDX-License-Identifier: MIT
// When arena gives memory back, under a clock that the test moves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"

static int64_t clock_ms = 1000000;

// Takes the place of libc's for the whole program.
int clock_gettime(clockid_t id, struct timespec *now)
{
	(void)id;
	now->tv_sec = clock_ms / 1000;
	now->tv_nsec = clock_ms % 1000 * 1000000;
	return 0;
}

static size_t stat_of(const char *name)
{
	size_t value, len = sizeof(value);

	assert_int_equal(arena_ctl(name, &value, &len, NULL, 0), 0);
	return value;
}

// A sanitizer's shadow memory is resident, too.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
# define NEEDS_RSS() skip()
#else
# define NEEDS_RSS() ((void)0)
#endif

static size_t rss_bytes(void)
{
	char buf[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY);

	assert_true(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	return strtoul(strchr(buf, ' '), NULL, 10) * page_bytes();
}

// A few slow path entries, as any program has them.
static void poke(void)
{
	for (int i = 0; i < 16; i++)
		arena_free(arena_malloc(300000));
}

static void pass(int ms)
{
	for (; ms > 0; ms -= 50) {
		clock_ms += 50;
		poke();
	}
}

static void make_dirty(size_t bytes, size_t chunk)
{
	static void *p[10000];
	size_t n = bytes / chunk;

	assert_true(n <= 10000);
	for (size_t i = 0; i < n; i++)
		p[i] = memset(arena_malloc(chunk), 1, chunk);
	for (size_t i = 0; i < n; i++)
		arena_free(p[i]);
}

static int start(void **state)
{
	size_t half = 500, off = 0;

	(void)state;
	// Its clock is not the test's.
	arena_ctl("conf.background", NULL, NULL, &off, sizeof(off));
	arena_ctl("conf.decay_ms", NULL, NULL, &half, sizeof(half));
	pass(5000);
	return arena_ctl("purge", NULL, NULL, NULL, 0);
}

static void free_memory_stays_for_a_moment(void **state)
{
	(void)state;
	make_dirty(40 * ARENA_MIB, 100000);
	pass(300);
	assert_true(stat_of("stats.dirty") > 30 * ARENA_MIB);
}

static void then_it_goes_below_its_ceiling(void **state)
{
	(void)state;
	make_dirty(40 * ARENA_MIB, 100000);
	pass(650);
	assert_true(stat_of("stats.dirty") <= 2 * ARENA_MIB);
	assert_true(stat_of("stats.dirty") > ARENA_MIB / 2);
}

static void what_stays_halves_each_decay_time(void **state)
{
	size_t dirty;

	(void)state;
	make_dirty(40 * ARENA_MIB, 20000);
	pass(650);
	dirty = stat_of("stats.dirty");
	pass(500);
	assert_in_range(stat_of("stats.dirty"), dirty / 3, dirty * 2 / 3);
	pass(5000);
	// What poke() itself uses is never older than one epoch.
	assert_true(stat_of("stats.dirty") < 400000);
}

static void huge_blocks_go_back_too(void **state)
{
	size_t before = rss_bytes();
	void *p = arena_malloc(100 * ARENA_MIB);

	(void)state;
	NEEDS_RSS();
	memset(p, 1, 100 * ARENA_MIB);
	assert_true(rss_bytes() >= before + 99 * ARENA_MIB);
	arena_free(p);
	pass(5000);
	assert_true(rss_bytes() <= before + ARENA_MIB);
	// Unmapped memory comes back as zeroes.
	p = arena_calloc(1, 100 * ARENA_MIB);
	assert_true(rss_bytes() <= before + ARENA_MIB);
	arena_free(p);
}

static void the_ratio_can_be_switched_off(void **state)
{
	size_t off = 0, on = 8, day = 86400000;

	(void)state;
	arena_ctl("conf.dirty_ratio", NULL, NULL, &off, sizeof(off));
	arena_ctl("conf.decay_ms", NULL, NULL, &day, sizeof(day));
	make_dirty(40 * ARENA_MIB, 100000);
	pass(1000);
	assert_true(stat_of("stats.dirty") > 30 * ARENA_MIB);
	arena_ctl("conf.dirty_ratio", NULL, NULL, &on, sizeof(on));
}

static void no_decay_time_keeps_nothing(void **state)
{
	size_t none = 0;

	(void)state;
	arena_ctl("conf.decay_ms", NULL, NULL, &none, sizeof(none));
	make_dirty(40 * ARENA_MIB, 100000);
	assert_true(stat_of("stats.dirty") < ARENA_MIB * 2);
}

enum { NR_HOLED = 40000, HOLED_BYTES = 512 };

// Scattered survivors keep slabs alive; the pages between them need not stay.
static void holes_in_slabs_go_back(void **state)
{
	static char *p[NR_HOLED];
	size_t before = rss_bytes(), total = NR_HOLED * HOLED_BYTES;

	(void)state;
	NEEDS_RSS();
	for (int i = 0; i < NR_HOLED; i++)
		p[i] = memset(arena_malloc(HOLED_BYTES), 1, HOLED_BYTES);
	for (int i = 0; i < NR_HOLED; i++)
		if (i % 32)
			arena_free(p[i]);
	assert_true(rss_bytes() > before + total / 2);
	pass(2500);
	// One page in four holds a survivor.
	assert_true(rss_bytes() < before + total * 2 / 5);
	for (int i = 0; i < NR_HOLED; i += 32) {
		assert_int_equal(p[i][HOLED_BYTES - 1], 1);
		arena_free(p[i]);
	}
	arena_trim(0);
	assert_true(rss_bytes() < before + total / 10);
}

// When sizes shift, the holes that the old ones left pay for the new ones, even
// if no time passes.
static void growth_takes_from_the_holes(void **state)
{
	static char *p[NR_HOLED], *q[NR_HOLED / 8];
	size_t before = rss_bytes(), total = NR_HOLED * HOLED_BYTES;

	(void)state;
	NEEDS_RSS();
	for (int i = 0; i < NR_HOLED; i++)
		p[i] = memset(arena_malloc(HOLED_BYTES), 1, HOLED_BYTES);
	for (int i = 0; i < NR_HOLED; i++)
		if (i % 32)
			arena_free(p[i]);
	for (int i = 0; i < NR_HOLED / 8; i++)
		q[i] = memset(arena_malloc(3000), 2, 3000);
	// 20 MB then, 0.6 MB of it left, 15 MB now.
	assert_true(rss_bytes() < before + total + total / 5);
	for (int i = 0; i < NR_HOLED; i += 32)
		arena_free(p[i]);
	for (int i = 0; i < NR_HOLED / 8; i++)
		arena_free(q[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(free_memory_stays_for_a_moment, start),
		cmocka_unit_test_setup(then_it_goes_below_its_ceiling, start),
		cmocka_unit_test_setup(what_stays_halves_each_decay_time,
				       start),
		cmocka_unit_test_setup(huge_blocks_go_back_too, start),
		cmocka_unit_test_setup(the_ratio_can_be_switched_off, start),
		cmocka_unit_test_setup(no_decay_time_keeps_nothing, start),
		cmocka_unit_test_setup(holes_in_slabs_go_back, start),
		cmocka_unit_test_setup(growth_takes_from_the_holes, start),
	};

	return cmocka_run_group_tests_name("arena_purge", tests, NULL, NULL);
}
