// SPDX-License-Identifier: MIT
/* The estimate of live bytes against the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/live_bytes.h"
#include "traces/tape.h"

#define BLOCKS (1u << 20)

static uint64_t now;
static uint32_t process;

static void call(struct live_bytes *l, uint8_t kind, uint64_t addr,
		 uint64_t old_addr, uint64_t size, uint64_t time_ns)
{
	const struct tape_event ev = { .kind = kind,
				       .addr = addr,
				       .old_addr = old_addr,
				       .size = size,
				       .time_ns = time_ns,
				       .end_ns = time_ns };

	live_bytes_add(l, process, &ev, 1);
}

static uint64_t addr_of(uint32_t i)
{
	return 0x555500000000 + (uint64_t)i * 48;
}

static uint64_t size_of(uint32_t i)
{
	return i % 1000 == 7 ? 100000 + i % 77 : 16 + i % 300;
}

static void few_blocks_are_exact(void **state)
{
	struct live_bytes l;
	uint64_t truth = 0;
	uint32_t i;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	for (i = 0; i < 20000; i++) {
		call(&l, TAPE_MALLOC, addr_of(i), 0, size_of(i), ++now);
		truth += size_of(i);
	}
	for (i = 0; i < 20000; i += 3) {
		call(&l, TAPE_FREE, addr_of(i), 0, 0, ++now);
		truth -= size_of(i);
	}
	assert_int_equal(live_bytes_now(&l), truth);
	call(&l, TAPE_REALLOC, addr_of(0), addr_of(1), 5000, ++now);
	truth += 5000 - size_of(1);
	assert_int_equal(live_bytes_now(&l), truth);
	for (i = 0; i < 20000; i++)
		call(&l, TAPE_FREE, addr_of(i), 0, 0, ++now);
	assert_int_equal(live_bytes_now(&l), 0);
	live_bytes_close(&l);
}

/* Within 5 percent, whatever the table can hold. */
static void assert_near(uint64_t got, uint64_t truth)
{
	assert_in_range(got, truth - truth / 20, truth + truth / 20);
}

static void many_blocks_are_estimated(void **state)
{
	struct live_bytes l;
	uint64_t truth = 0;
	uint32_t i;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	for (i = 0; i < BLOCKS; i++) {
		call(&l, TAPE_MALLOC, addr_of(i), 0, size_of(i), ++now);
		truth += size_of(i);
	}
	assert_near(live_bytes_now(&l), truth);
	for (i = 0; i < BLOCKS / 2; i++) {
		call(&l, TAPE_FREE, addr_of(i), 0, 0, ++now);
		truth -= size_of(i);
	}
	assert_near(live_bytes_now(&l), truth);
	for (; i < BLOCKS; i++)
		call(&l, TAPE_FREE, addr_of(i), 0, 0, ++now);
	assert_int_equal(live_bytes_now(&l), 0);
	live_bytes_close(&l);
}

/* One thread's ring is read before that of the thread which allocated. */
static void early_frees_are_matched(void **state)
{
	struct live_bytes l;
	uint32_t round, i;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	for (round = 0; round < 100; round++) {
		const uint64_t start = now += 100000;

		for (i = 0; i < 1000; i++)
			call(&l, TAPE_FREE, addr_of(i + round * 1000), 0, 0,
			     start + i * 10 + 5);
		for (i = 0; i < 1000; i++)
			call(&l, TAPE_MALLOC, addr_of(i + round * 1000), 0, 64,
			     start + i * 10);
	}
	assert_int_equal(live_bytes_now(&l), 0);
	live_bytes_close(&l);
}

/* Blocks from before the window: their frees must not fill the table. */
static void unknown_frees_do_no_harm(void **state)
{
	struct live_bytes l;
	uint32_t i;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	call(&l, TAPE_MALLOC, 0x10, 0, 1u << 30, ++now);
	for (i = 0; i < BLOCKS; i++)
		call(&l, TAPE_FREE, addr_of(i), 0, 0, now += 1000000);
	assert_int_equal(live_bytes_now(&l), 1u << 30);
	assert_int_equal(l.shift, 0);
	live_bytes_close(&l);
}

/* The same address in two processes is two blocks; one's end is not both's. */
static void processes_are_kept_apart(void **state)
{
	struct live_bytes l;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	call(&l, TAPE_MALLOC, 0x1000, 0, 100, ++now);
	process = 4095;
	call(&l, TAPE_MALLOC, 0x1000, 0, 7000, ++now);
	assert_int_equal(live_bytes_now(&l), 7100);
	live_bytes_forget(&l, 4095);
	process = 0;
	assert_int_equal(live_bytes_now(&l), 100);
	call(&l, TAPE_FREE, 0x1000, 0, 0, ++now);
	assert_int_equal(live_bytes_now(&l), 0);
	live_bytes_close(&l);
}

/* Nothing that is written to the rings may keep us busy for ever. */
static void sizes_of_no_block_end_the_count(void **state)
{
	struct live_bytes l;
	uint64_t i;

	(void)state;
	assert_int_equal(live_bytes_open(&l), 0);
	for (i = 0; i < BLOCKS; i++)
		call(&l, TAPE_MALLOC, addr_of(i), 0, UINT64_MAX - 1, ++now);
	assert_null(l.table);
	assert_int_equal(live_bytes_now(&l), 0);
	live_bytes_forget(&l, 0);
	live_bytes_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_blocks_are_exact),
		cmocka_unit_test(many_blocks_are_estimated),
		cmocka_unit_test(early_frees_are_matched),
		cmocka_unit_test(unknown_frees_do_no_harm),
		cmocka_unit_test(processes_are_kept_apart),
		cmocka_unit_test(sizes_of_no_block_end_the_count),
	};

	return cmocka_run_group_tests_name("live_bytes", tests, NULL, NULL);
}
