// SPDX-License-Identifier: MIT
/*
 * Made-up campaigns by seeded chance: what the statistics say of them, many
 * times. Included by stats_test.c, which asserts, and stats_bench.c, which
 * prints.
 */
#ifndef RESULTS_TESTS_SIMULATING_H
#define RESULTS_TESTS_SIMULATING_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "results/stats.h"

/* How the rounds of one metric scatter. */
enum noise {
	NOISE_NORMAL,
	NOISE_HEAVY,   /* one in ten is five times as far off */
	NOISE_BIMODAL, /* one in four is 9 % slower */
	NOISES
};

static const char *const noise_names[NOISES] = { "normal", "heavy-tailed",
						 "bimodal" };

enum { SIM_ROUNDS_MAX = 64, SIM_CHECKS_MAX = 64 };

static inline double sim_uniform(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return ((double)(*seed >> 11) + 0.5) / 9007199254740992.0;
}

static inline double sim_normal(uint64_t *seed)
{
	return sqrt(-2 * log(sim_uniform(seed))) *
	       cos(2 * acos(-1) * sim_uniform(seed));
}

/* The log of one measurement around 0. */
static inline double sim_noise(enum noise noise, double sd, uint64_t *seed)
{
	double e = sd * sim_normal(seed);

	if (noise == NOISE_HEAVY && sim_uniform(seed) < 0.1)
		e *= 5;
	if (noise == NOISE_BIMODAL && sim_uniform(seed) < 0.25)
		e += 3 * sd;
	return e;
}

/* One check: n rounds of a base and of an arm with that true ratio. */
static inline void sim_check(enum noise noise, double sd, double ratio,
			     size_t n, const struct stats_rule *rule,
			     uint64_t *seed, struct stats_outcome *out)
{
	double base[SIM_ROUNDS_MAX], arm[SIM_ROUNDS_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		base[i] = 1e6 * exp(sim_noise(noise, sd, seed));
		arm[i] = 1e6 * ratio * exp(sim_noise(noise, sd, seed));
	}
	if (stats_compare(base, arm, n, rule, out, NULL))
		abort();
}

/* Of so many trials. */
struct sim_rates {
	double covered, worse, better, failed;
};

/* One check a trial: how often the interval has the truth, and the words. */
static inline struct sim_rates sim_checks(enum noise noise, double sd,
					  double ratio, size_t n, int trials)
{
	static const struct stats_rule rule = { .class = STATS_NOISY,
						.threshold = 0.05 };
	uint64_t seed = 88172645463325252;
	struct sim_rates r = { 0 };
	int t;

	for (t = 0; t < trials; t++) {
		struct stats_outcome out;

		sim_check(noise, sd, ratio, n, &rule, &seed, &out);
		r.covered += out.ratio_low <= ratio && out.ratio_high >= ratio;
		r.worse += out.verdict == STATS_WORSE;
		r.better += out.verdict == STATS_BETTER;
	}
	r.covered /= trials;
	r.worse /= trials;
	r.better /= trials;
	return r;
}

#endif
