// SPDX-License-Identifier: MIT
/*
 * Signal handlers that call the malloc family while the interrupted code is
 * in the middle of it. realloc to an impossible size is used, as it touches
 * no lock of the allocator. Prints how many calls were made:
 *   rec_signals nested   handlers return: every call counts
 *   rec_signals jump     handlers leave by siglongjmp, 300 times
 *   rec_signals fork     handlers fork, and the children go on, too
 *   rec_signals exit     a handler ends the program, with 7
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAIN_SIZE    (impossible - 0x7001)
#define HANDLER_SIZE (impossible - 0x7002)
#define NR_SIGNALS   300
#define NR_FORKS     60

static volatile size_t impossible = SIZE_MAX;
static volatile sig_atomic_t nr_signals;
static long nr_in_handler;
static void *block;
static sigjmp_buf again;
static int jumps;
static int forks;
static int ends;
static volatile sig_atomic_t is_child;

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
	if (forks && !is_child)
		is_child = !fork();
	if (ends && nr_signals == 20) {
		printf("%ld\n", nr_in_handler);
		exit(7);
	}
	if (jumps)
		siglongjmp(again, 1);
}

static void set_timer(long us)
{
	const struct itimerval timer = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* How many children ended otherwise than by an exit with 0. */
static int wait_for_children(void)
{
	int status, nr = 0;

	while (wait(&status) > 0)
		nr += !!status;
	return nr;
}

int main(int argc, char **argv)
{
	static long nr;
	int i;

	jumps = argc > 1 && !strcmp(argv[1], "jump");
	ends = argc > 1 && !strcmp(argv[1], "exit");
	forks = argc > 1 && !strcmp(argv[1], "fork");
	block = malloc(7001);
	signal(SIGALRM, handle);
	set_timer(forks ? 1000 : 200);
	sigsetjmp(again, 1);
	while (nr_signals < (forks ? NR_FORKS : NR_SIGNALS)) {
		if (realloc(block, MAIN_SIZE))
			abort();
		nr++;
		if (is_child && nr % 1000 == 0)
			break;
	}
	if (is_child)
		_exit(0);
	set_timer(0);
	if (wait_for_children())
		return 1;
	for (i = 0; i < 100; i++)
		free(malloc(7003));
	printf("%ld %ld\n", nr, nr_in_handler);
	return 0;
}
