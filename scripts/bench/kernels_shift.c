// SPDX-License-Identifier: MIT
/* The kernel whose sizes change: a live set of 20 MB, random blocks replaced,
 * first with sizes of one kind, then of another. Resident memory over live, the
 * geometric mean of twelve such changes, each in a process of its own. */
#include "scripts/bench/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 1 << 19, LIVE = 20000000 };
enum kind { FIXED, LOGNORMAL, UNIFORM };

struct scenario {
	enum kind kind;
	unsigned first, second; // size, median or largest of the two phases
};

static const struct scenario scenarios[] = {
	{ FIXED, 240, 492 },      { FIXED, 200, 350 },
	{ FIXED, 350, 200 },      { FIXED, 100, 1000 },
	{ FIXED, 1000, 100 },     { LOGNORMAL, 100, 100 },
	{ LOGNORMAL, 100, 300 },  { LOGNORMAL, 300, 100 },
	{ LOGNORMAL, 1000, 300 }, { UNIFORM, 512, 512 },
	{ UNIFORM, 2048, 2048 },  { UNIFORM, 2048, 256 },
};

enum { NR_SCENARIOS = sizeof(scenarios) / sizeof(*scenarios) };

struct set {
	char **slot;
	uint32_t *size;
	size_t nr, live;
	uint32_t state;
};

static double uniform(uint32_t *state)
{
	return ((next_random(state) >> 8) + 0.5) / (1 << 24);
}

static size_t draw(enum kind kind, unsigned param, uint32_t *state)
{
	double z;

	switch (kind) {
	case FIXED:
		return param;
	case LOGNORMAL:
		z = sqrt(-2 * log(uniform(state))) *
		    cos(2 * M_PI * uniform(state));
		z = param * exp(0.7 * z);
		return z < 16 ? 16 : z > 16384 ? 16384 : (size_t)z;
	case UNIFORM:
		return 16 + next_random(state) % (param - 15);
	}
	return param;
}

static void drop_random(struct set *s)
{
	size_t at = next_random(&s->state) % s->nr;

	free(s->slot[at]);
	s->live -= s->size[at];
	s->slot[at] = s->slot[--s->nr];
	s->size[at] = s->size[s->nr];
}

/* Allocates BYTES in all, with as much dropped as keeps the set at its size. */
static void churn(struct set *s, enum kind kind, unsigned param, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		size_t n = draw(kind, param, &s->state);

		while (s->nr && (s->live + n > LIVE || s->nr == SLOTS))
			drop_random(s);
		s->slot[s->nr] = filled(n);
		s->size[s->nr++] = (uint32_t)n;
		s->live += n;
		done += n;
	}
}

static double ratio(const struct scenario *sc)
{
	struct set s = { .state = 31337 };
	size_t before;

	s.slot = calloc(SLOTS, sizeof(*s.slot));
	s.size = calloc(SLOTS, sizeof(*s.size));
	if (!s.slot || !s.size)
		exit(1);
	for (size_t i = 0; i < SLOTS; i++) {
		s.slot[i] = "";
		s.size[i] = 1;
	}
	before = resident_bytes();
	churn(&s, sc->kind, sc->first, (size_t)LIVE * 3);
	churn(&s, sc->kind, sc->second, (size_t)LIVE);
	return (double)(resident_bytes() - before) / (double)s.live;
}

static double in_child(const struct scenario *sc)
{
	double value = 0;
	int ends[2], status;
	pid_t pid;

	if (pipe(ends))
		exit(1);
	pid = fork();
	if (!pid) {
		value = ratio(sc);
		_exit(write(ends[1], &value, sizeof(value)) != sizeof(value));
	}
	if (pid < 0 || read(ends[0], &value, sizeof(value)) != sizeof(value))
		exit(1);
	close(ends[0]);
	close(ends[1]);
	waitpid(pid, &status, 0);
	return value;
}

void shift(void)
{
	static const char *const names[] = { "fixed", "lognormal", "uniform" };
	double sum = 0;

	for (int i = 0; i < NR_SCENARIOS; i++) {
		const struct scenario *sc = &scenarios[i];
		double value = in_child(sc);

		printf("%s-%u-%u %.3f\n", names[sc->kind], sc->first,
		       sc->second, value);
		sum += log(value);
	}
	say("rss", exp(sum / NR_SCENARIOS));
}
