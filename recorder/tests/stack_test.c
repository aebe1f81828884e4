// SPDX-License-Identifier: MIT
/*
 * The walk over stacks: against the C library's own, on stacks of all kinds,
 * with the memory of earlier walks, with frame pointers that lead nowhere, and
 * with unwind tables that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <alloca.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_walk.h"

#define DEPTH     64
#define LINK      __attribute__((noinline, noclone)) static void
#define IN_MEMORY __asm__ volatile("" : : : "memory")

/* What one thread has, as in stack.c. */
struct sampler {
	struct stack_config config;
	struct stack_span span;
	struct stack_log log;
	struct stack_memo memo;
	uint64_t ips[DEPTH];
	unsigned nr;
	unsigned found; /* by the memo */
	unsigned walked;
};

static struct sampler sampler;

static void reset(enum ring_unwind unwind)
{
	memset(&sampler, 0, sizeof(sampler));
	sampler.config.unwind = unwind;
	sampler.config.depth = DEPTH;
	stack_memo_forget(&sampler.memo, 0);
}

static int setup(void **state)
{
	(void)state;
	reset(RING_UNWIND_AUTO);
	return 0;
}

/* Walk from here, ips[0] being the return address of this function. */
__attribute__((noinline)) static uint64_t take(bool with_memo)
{
	struct stack_range range;
	struct stack_regs here;
	uint64_t found = 0, hash = 1;

	stack_here(&here);
	if (!stack_enter(&sampler.span, here.sp, &range))
		return 0;
	if (with_memo)
		found = stack_memo_find(&sampler.memo, &here, &range);
	sampler.nr = stack_walk(&sampler.config, &sampler.span, &range, &here,
				&sampler.log, sampler.ips, &hash);
	if (range.high != sampler.span.own.high)
		sampler.span.other = range;
	if (!with_memo)
		return hash;
	sampler.walked++;
	if (found) {
		sampler.found++;
		assert_true(found == hash);
	} else if (!sampler.log.impure) {
		stack_memo_keep(&sampler.memo, here.sp, hash, &sampler.log);
	}
	return hash;
}

/* The same as backtrace(), but for the innermost addresses of each. */
LINK link_compare(void)
{
	void *expected[DEPTH];
	int nr = backtrace(expected, DEPTH), skip = 1, i;

	assert_true(take(false) != 0);
	/* Mine are take, its caller, ...; the library's begin with the caller. */
	assert_in_range(sampler.nr, 3, DEPTH);
	/* Sanitizers put a function of theirs before it. */
	skip += expected[1] != (void *)(uintptr_t)sampler.ips[2];
	assert_int_equal(sampler.nr - 2, nr - skip);
	for (i = skip; i < nr; i++)
		assert_ptr_equal((void *)(uintptr_t)sampler.ips[2 + i - skip],
				 expected[i]);
}

LINK link_variable(size_t room, void (*next)(void))
{
	char *p = alloca(room);

	memset(p, 1, room);
	__asm__ volatile("" : : "r"(p) : "memory");
	next();
	IN_MEMORY;
}

LINK link_aligned(void (*next)(void))
{
	char buf[256] __attribute__((aligned(128)));

	__asm__ volatile("" : : "r"(buf) : "memory");
	next();
	IN_MEMORY;
}

LINK link_again(unsigned times, void (*next)(void))
{
	if (times)
		link_again(times - 1, next);
	else
		next();
	IN_MEMORY;
}

LINK variable_compare(void)
{
	link_variable(100, link_compare);
	link_variable(5000, link_compare);
	IN_MEMORY;
}

LINK aligned_compare(void)
{
	link_aligned(variable_compare);
	IN_MEMORY;
}

static int compare_in_sort(const void *a, const void *b)
{
	aligned_compare();
	return *(const int *)a - *(const int *)b;
}

LINK sort_compare(void)
{
	int numbers[] = { 3, 1, 2 };

	qsort(numbers, 3, sizeof(numbers[0]), compare_in_sort);
	assert_int_equal(numbers[0], 1);
}

static void walks_as_the_c_library(void **state)
{
	(void)state;
	link_compare();
	variable_compare();
	aligned_compare();
	sort_compare();
	link_again(20, sort_compare);
}

static void just_take(void)
{
	take(false);
	IN_MEMORY;
}

static void stops_at_the_depth(void **state)
{
	unsigned i;

	(void)state;
	link_again(200, just_take);
	assert_int_equal(sampler.nr, DEPTH);
	for (i = 4; i < DEPTH; i++)
		assert_true(sampler.ips[i] == sampler.ips[3]);
}

static uint64_t seed = 1;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static void with_memo(void)
{
	take(true);
	IN_MEMORY;
}

/*
 * Chains that meet at the same stack pointer by different ways, over stacks
 * that still hold what others have left there. Frames of variable size hide a
 * return address behind a frame pointer; take() compares.
 */
LINK wander(unsigned depth)
{
	static void (*const ends[])(void) = { with_memo, just_take };
	char *p = alloca(16 * draw(4));

	__asm__ volatile("" : : "r"(p) : "memory");
	if (!depth)
		ends[draw(8) == 0]();
	else if (draw(2))
		wander(depth - 1);
	else
		link_variable(16 * draw(4) + 1, with_memo);
	IN_MEMORY;
}

static void remembers_walks(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 200000; i++)
		wander((unsigned)draw(6));
	/* Not a test of speed, but the memo shall be at work. */
	assert_true(sampler.found > sampler.walked / 4);
}

static void remembers_usual_walks(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		link_again(i % 10, with_memo);
		link_aligned(with_memo);
		link_variable(64, with_memo);
	}
	assert_true(sampler.found > 2800);
}

static void *walk_in_thread(void *arg)
{
	reset(RING_UNWIND_AUTO);
	sort_compare();
	return arg;
}

static void walks_in_threads(void **state)
{
	static char stack[4 << 20] __attribute__((aligned(4096)));
	pthread_attr_t attr;
	pthread_t thread;
	unsigned i;

	(void)state;
	pthread_attr_init(&attr);
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			pthread_create(&thread, &attr, walk_in_thread, NULL),
			0);
		pthread_join(thread, NULL);
		pthread_attr_setstack(&attr, stack, sizeof(stack));
	}
	pthread_attr_destroy(&attr);
}

static ucontext_t main_context, routine;

static void run_routine(void)
{
	link_again(3, just_take);
	swapcontext(&routine, &main_context);
}

/* The page behind the stack is not to be read, and soon the stack neither. */
static void walks_on_other_stacks(void **state)
{
	const size_t len = 32768;
	unsigned i;

	(void)state;
	take(false);
	for (i = 0; i < 100; i++) {
		char *p = mmap(NULL, len + 8192, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(p != MAP_FAILED);
		mprotect(p + 4096, len, PROT_READ | PROT_WRITE);
		getcontext(&routine);
		routine.uc_link = &main_context;
		routine.uc_stack.ss_sp = p + 4096;
		routine.uc_stack.ss_size = len;
		makecontext(&routine, run_routine, 0);
		swapcontext(&main_context, &routine);
		/* take, just_take, 4 links, the routine, what called it */
		assert_int_equal(sampler.nr, 8);
		munmap(p, len + 8192);
	}
}

static void leaves_room(void **state)
{
	struct stack_span span = { .own = { 0, 0 } };
	struct stack_range range;
	char *p = mmap(NULL, 5 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	uint64_t base = (uintptr_t)p;

	(void)state;
	assert_true(p != MAP_FAILED);
	mprotect(p + 4096, 3 * 4096, PROT_READ | PROT_WRITE);
	assert_true(stack_enter(&span, base + 3 * 4096, &range));
	assert_true(range.low <= base + 2 * 4096);
	assert_false(stack_enter(&span, base + 4096 + 512, &range));
	assert_true(stack_enter(&span, base + 2 * 4096, &range));
	assert_true(stack_extend(&span, &range, base + 4 * 4096 - 8));
	assert_false(stack_extend(&span, &range, base + 4 * 4096));
	munmap(p, 5 * 4096);
}

/* Registers as garbage may leave them; nothing of it can be read. */
static void survives_lost_frame_pointers(void **state)
{
	const uint64_t wrong[] = { 0,          1,
				   8,          4096,
				   UINT64_MAX, UINT64_MAX - 7,
				   1ull << 47, 0x7fffdeadbee8 };
	struct stack_range range;
	struct stack_regs here;
	uint64_t hash = 1;
	size_t i;

	(void)state;
	reset(RING_UNWIND_FP);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		stack_here(&here);
		here.fp = wrong[i];
		assert_true(stack_enter(&sampler.span, here.sp, &range));
		assert_int_equal(stack_walk(&sampler.config, &sampler.span,
					    &range, &here, &sampler.log,
					    sampler.ips, &hash),
				 1);
	}
	for (i = 1; i < 100; i++) {
		stack_here(&here);
		here.fp = here.sp + draw(4096);
		assert_true(stack_enter(&sampler.span, here.sp, &range));
		stack_walk(&sampler.config, &sampler.span, &range, &here,
			   &sampler.log, sampler.ips, &hash);
	}
}

/* A copy of a file's memory, as far as it can be read. */
static char *copy_object(const struct stack_object *object, size_t len)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t page;

	assert_true(p != MAP_FAILED && fd >= 0);
	for (page = 0; page < len; page += 4096)
		if (pread(fd, p + page, 4096, (off_t)(object->start + page)) <
		    0)
			continue;
	close(fd);
	return p;
}

/* Bytes of the tables are changed, one after the other. */
static void survives_lying_tables(void **state)
{
	const uint64_t addr = (uintptr_t)survives_lying_tables + 1;
	struct stack_object object, copy;
	struct stack_rule rule, copied;
	size_t hdr, len, tables;
	unsigned i, k;
	char *p;

	(void)state;
	assert_true(stack_object_find(addr, &object));
	hdr = (uintptr_t)object.eh_frame_hdr - object.start;
	len = object.end - object.start;
	tables = len - hdr < 65536 ? len - hdr : 65536;
	p = copy_object(&object, len);
	copy = object;
	copy.start = (uintptr_t)p;
	copy.end = copy.start + len;
	copy.eh_frame_hdr = p + hdr;
	rule = stack_cfi_rule(addr, false);
	copied = stack_cfi_read(&copy, addr - object.start + copy.start, false);
	assert_int_equal(rule.kind, RULE_SP);
	assert_memory_equal(&rule, &copied, sizeof(rule));
	for (i = 0; i < 20000; i++) {
		p[hdr + draw(tables)] = (char)draw(256);
		for (k = 0; k < 4; k++)
			stack_cfi_read(&copy, copy.start + draw(len - 64),
				       k & 1);
	}
	munmap(p, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(walks_as_the_c_library, setup),
		cmocka_unit_test_setup(stops_at_the_depth, setup),
		cmocka_unit_test_setup(remembers_walks, setup),
		cmocka_unit_test_setup(remembers_usual_walks, setup),
		cmocka_unit_test_setup(walks_in_threads, setup),
		cmocka_unit_test_setup(walks_on_other_stacks, setup),
		cmocka_unit_test_setup(leaves_room, setup),
		cmocka_unit_test_setup(survives_lost_frame_pointers, setup),
		cmocka_unit_test_setup(survives_lying_tables, setup),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
