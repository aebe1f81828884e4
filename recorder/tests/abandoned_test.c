// SPDX-License-Identifier: MIT
/* Entries and slots of processes that were killed while they claimed them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/recordings.h"
#include "recorder/session.h"

#define SECOND 1000000000ull

static struct shared shared;
static struct ticks ticks;
static struct drain drain;
static struct recordings all;
static const struct session_config config = { .follow = RING_FOLLOW_ALL };

static int open_all(void **state)
{
	struct err err = { 0 };

	(void)state;
	ticks_start(&ticks);
	memset(&all, 0, sizeof(all));
	all.env = (struct recording_env){ .config = &config,
					  .shared = &shared,
					  .ticks = &ticks,
					  .drain = &drain };
	return shared_open(&shared, ticks.clock, &err) ||
	       drain_open(&drain, &shared, &ticks, &err);
}

static int close_all(void **state)
{
	(void)state;
	drain_close(&drain);
	shared_close(&shared);
	return 0;
}

/* The number of a process that is over. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static uint32_t state_of(uint32_t entry)
{
	return shared.processes[entry].state;
}

static void entries_of_the_dead_are_freed(void **state)
{
	const uint32_t dead = RING_PROCESS_CLAIMED |
			      (uint32_t)dead_pid() << RING_OWNER_SHIFT,
		       own = RING_PROCESS_CLAIMED | (uint32_t)getpid()
							    << RING_OWNER_SHIFT;
	struct err err = { 0 };

	(void)state;
	shared.control->top_process = 2;
	shared.processes[0].state = dead;
	shared.processes[1].state = own;
	assert_int_equal(recordings_find(&all, 10 * SECOND, &err), 0);
	/* It may just have begun. */
	assert_int_equal(state_of(0), dead);
	assert_int_equal(recordings_find(&all, 20 * SECOND, &err), 0);
	assert_int_equal(state_of(0), RING_FREE_PROCESS);
	assert_int_equal(state_of(1), own);
	assert_int_equal(recordings_find(&all, 30 * SECOND, &err), 0);
	assert_int_equal(state_of(1), own);
}

static void claim_slot(uint32_t i, uint32_t process)
{
	shared.slots[i].state = RING_CLAIMED | (process + 1)
						       << RING_OWNER_SHIFT;
	shared.slots[i].process = RING_PROCESSES;
}

static void slots_go_with_their_process(void **state)
{
	struct drain_target target = { 0 };

	(void)state;
	shared.control->top_slot = 2;
	claim_slot(0, 3);
	claim_slot(1, 2);
	drain_attach(&drain, 3, &target);
	drain_detach(&drain, 3);
	assert_int_equal(shared.slots[0].state, RING_FREE_SLOT);
	assert_int_not_equal(shared.slots[1].state, RING_FREE_SLOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_of_the_dead_are_freed,
						open_all, close_all),
		cmocka_unit_test_setup_teardown(slots_go_with_their_process,
						open_all, close_all),
	};

	return cmocka_run_group_tests_name("abandoned", tests, NULL, NULL);
}
