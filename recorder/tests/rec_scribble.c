// SPDX-License-Identifier: MIT
/*
 * A program that overwrites all the memory that it shares with the recorder.
 *   rec_scribble SEED   random words, for about a second
 *   rec_scribble ones   all bits
 * Exits with 3, also when it has made itself wait for ever.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;

/* xorshift64 */
static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void give_up(int sig)
{
	(void)sig;
	_exit(3);
}

static void scribble(uint64_t *from, uint64_t *to, int ones)
{
	size_t nr = (size_t)(to - from), i;

	if (ones) {
		memset(from, 0xff, nr * sizeof(*from) / 64);
		return;
	}
	/* Small values are what states and counts look like. */
	for (i = 0; i < 20000; i++) {
		uint64_t value = next_random();

		if (value & 1)
			value >>= 32 + next_random() % 31;
		from[next_random() % (i % 2 ? nr : nr / 64)] = value;
	}
}

int main(int argc, char **argv)
{
	const int ones = argc > 1 && !strcmp(argv[1], "ones");
	unsigned long long first[64], end[64];
	time_t stop = time(NULL) + 1;
	char line[512];
	int i, nr = 0;
	FILE *f = fopen("/proc/self/maps", "re");

	signal(SIGALRM, give_up);
	alarm(4);
	state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2 + 1 : 1;
	while (nr < 64 && fgets(line, sizeof(line), f))
		if (strstr(line, "/memfd:heaptape") &&
		    sscanf(line, "%llx-%llx", &first[nr], &end[nr]) == 2)
			nr++;
	fclose(f);
	while (time(NULL) < stop)
		for (i = 0; i < nr; i++) {
			free(malloc(100));
			scribble((uint64_t *)(uintptr_t)first[i],
				 (uint64_t *)(uintptr_t)end[i], ones);
		}
	return 3;
}
