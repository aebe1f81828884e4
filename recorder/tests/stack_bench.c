// SPDX-License-Identifier: MIT
/*
 * What one stack costs, in ns: walked, known from before, and walked by the C
 * library's backtrace(), at several depths.
 */
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_walk.h"

#define NR 200000u

static struct stack_config config = { .depth = 64 };
static struct stack_span span;
static struct stack_log reads;
static struct stack_memo memo;
static uint64_t ips[64];
static uint64_t sum;
static bool known;

enum how { WALK, KNOWN, BACKTRACE, HOWS };

__attribute__((noinline)) static void take(enum how how)
{
	struct stack_range range;
	struct stack_regs here;
	uint64_t hash = 1;

	if (how == BACKTRACE) {
		sum += (unsigned)backtrace((void **)ips, 64);
		return;
	}
	stack_here(&here);
	if (!stack_enter(&span, here.sp, &range))
		return;
	if (how == KNOWN) {
		sum += stack_memo_find(&memo, &here, &range);
		return;
	}
	stack_walk(&config, &span, &range, &here, &reads, ips, &hash);
	if (!known)
		stack_memo_keep(&memo, here.sp, hash, &reads);
	known = true;
}

/* Other programs may run as well. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

__attribute__((noinline)) static double run(enum how how, unsigned nr)
{
	uint64_t start = cpu_ns();
	unsigned i;

	for (i = 0; i < nr; i++)
		take(how);
	return (double)(cpu_ns() - start) / nr;
}

__attribute__((noinline)) static void descend(unsigned depth)
{
	enum how how;

	if (depth) {
		descend(depth - 1);
		__asm__ volatile("");
		return;
	}
	known = false;
	/* From one place, so that all have the same stack. */
	for (how = WALK; how < HOWS; how++)
		printf("  %9.1f", run(how, how == BACKTRACE ? NR / 20 : NR));
	putchar('\n');
}

int main(void)
{
	static const unsigned depths[] = { 1, 10, 20, 40 };
	size_t i;

	stack_memo_forget(&memo, 0);
	puts("frames       walk      known  backtrace");
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		printf("%6u", depths[i] + 7);
		descend(depths[i]);
	}
	return sum == 1;
}
