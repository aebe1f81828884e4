// SPDX-License-Identifier: MIT
/*
 * Signal handlers that call the malloc family while the interrupted code is
 * in the middle of it. realloc to an impossible size is used, as it touches
 * no lock of the allocator. Prints how many calls were made:
 *   rec_signals nested   handlers return: every call counts
 *   rec_signals jump     handlers leave by siglongjmp, 300 times
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define MAIN_SIZE    (impossible - 0x7001)
#define HANDLER_SIZE (impossible - 0x7002)
#define NR_SIGNALS   300

static volatile size_t impossible = SIZE_MAX;
static volatile sig_atomic_t nr_signals;
static long nr_in_handler;
static void *block;
static sigjmp_buf again;
static int jumps;

static void handle(int sig)
{
	int i;

	(void)sig;
	for (i = 0; i < 3; i++) {
		if (realloc(block, HANDLER_SIZE))
			abort();
		nr_in_handler++;
	}
	nr_signals++;
	if (jumps)
		siglongjmp(again, 1);
}

static void set_timer(long us)
{
	const struct itimerval timer = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

int main(int argc, char **argv)
{
	static long nr;
	int i;

	jumps = argc > 1 && !strcmp(argv[1], "jump");
	block = malloc(7001);
	signal(SIGALRM, handle);
	set_timer(200);
	sigsetjmp(again, 1);
	while (nr_signals < NR_SIGNALS) {
		if (realloc(block, MAIN_SIZE))
			abort();
		nr++;
	}
	set_timer(0);
	for (i = 0; i < 100; i++)
		free(malloc(7003));
	printf("%ld %ld\n", nr, nr_in_handler);
	return 0;
}
