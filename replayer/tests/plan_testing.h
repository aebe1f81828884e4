// SPDX-License-Identifier: MIT
/* Histories written by hand, made into plans. */
#ifndef REPLAYER_TESTS_PLAN_TESTING_H
#define REPLAYER_TESTS_PLAN_TESTING_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "replayer/plan.h"
#include "replayer/plan_compile.h"
#include "traces/base/err.h"
#include "traces/tape_merge.h"

/* A history on its way into a plan, and the plan as it was written. */
struct history {
	char path[64];
	struct plan_compiler *c;
	struct plan_header h;
	char *map;
	uint64_t time_ns;
};

static inline void begin_source(struct history *y,
				const struct plan_source *source)
{
	struct err err = { 0 };
	int fd;

	memset(y, 0, sizeof(*y));
	strcpy(y->path, "/tmp/heaptape-plan-test.XXXXXX");
	fd = mkstemp(y->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(plan_compiler_open(&y->c, y->path, source, &err), 0);
}

static inline void begin(struct history *y, uint32_t threads, uint64_t events)
{
	const struct plan_source source = { .events = events,
					    .threads = threads };

	begin_source(y, &source);
}

static inline void step(struct history *y, uint32_t thread, enum tape_kind kind,
			uint64_t addr, uint64_t size)
{
	struct tape_step s = { .ev = { .thread = thread,
				       .kind = kind,
				       .addr = addr,
				       .size = size } };
	struct err err = { 0 };

	y->time_ns += 10;
	s.time_ns = s.ev.time_ns = s.ev.end_ns = y->time_ns;
	assert_int_equal(plan_compiler_add(y->c, &s, &err), 0);
}

/* A realloc in two steps. */
static inline void move(struct history *y, uint32_t thread, uint64_t from,
			uint64_t to, uint64_t size, uint8_t flags)
{
	struct tape_step s = { .ev = { .thread = thread,
				       .kind = TAPE_REALLOC,
				       .addr = to,
				       .old_addr = from,
				       .flags = flags,
				       .size = size } };
	struct err err = { 0 };

	y->time_ns += 10;
	s.time_ns = s.ev.time_ns = y->time_ns;
	s.ev.end_ns = y->time_ns + 5;
	s.phase = TAPE_BEGIN;
	assert_int_equal(plan_compiler_add(y->c, &s, &err), 0);
	s.phase = TAPE_FINISH;
	s.time_ns += 5;
	assert_int_equal(plan_compiler_add(y->c, &s, &err), 0);
}

static inline void finish(struct history *y)
{
	struct err err = { 0 };
	int fd;

	assert_int_equal(plan_compiler_finish(y->c, &y->h, &err), 0);
	plan_compiler_free(y->c);
	fd = open(y->path, O_RDONLY);
	y->map = mmap(NULL, y->h.bytes, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(y->map, MAP_FAILED);
	close(fd);
}

static inline void end(struct history *y)
{
	munmap(y->map, y->h.bytes);
	unlink(y->path);
}

#endif
