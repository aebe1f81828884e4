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

enum { SIM_LOOKS = 3 }; /* at n rounds, 2n and 4n: they share the error */

/* All the rounds of one check that there may be. */
struct sim_data {
	double base[SIM_ROUNDS_MAX], arm[SIM_ROUNDS_MAX];
};

/* The family over the first n rounds; whether one is WORSE, or unclear. */
static inline bool sim_look(const struct sim_data *data, size_t checks,
			    size_t n, struct stats_outcome *outs, bool *unclear)
{
	static const struct stats_rule rule = { .class = STATS_NOISY,
						.threshold = 0.05 };
	struct stats_outcome *family[SIM_CHECKS_MAX];
	bool worse = false;
	size_t i;

	for (i = 0; i < checks; i++) {
		family[i] = &outs[i];
		if (stats_compare(data[i].base, data[i].arm, n, &rule, &outs[i],
				  NULL))
			abort();
	}
	if (stats_decide(family, checks, STATS_ALPHA / SIM_LOOKS, NULL))
		abort();
	*unclear = false;
	for (i = 0; i < checks; i++) {
		worse |= outs[i].verdict == STATS_WORSE;
		*unclear |= outs[i].verdict == STATS_UNCLEAR;
	}
	return worse;
}

/*
 * A gate a trial, as the tool runs it: a family of checks, one of them with
 * that true ratio and the others alike; rounds are added while some check is
 * unclear. It fails when any is WORSE.
 */
static inline struct sim_rates sim_gates(enum noise noise, double sd,
					 double ratio, size_t checks, int gates)
{
	static struct sim_data data[SIM_CHECKS_MAX];
	size_t n = stats_min_rounds(checks, STATS_ALPHA / SIM_LOOKS), i, k;
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct sim_rates r = { 0 };
	int g, look;

	n = n < 10 ? 10 : n;
	for (g = 0; g < gates; g++) {
		struct stats_outcome outs[SIM_CHECKS_MAX];
		bool unclear = true, worse = false;

		for (i = 0; i < checks; i++)
			for (k = 0; k < 4 * n; k++) {
				data[i].base[k] =
					1e6 * exp(sim_noise(noise, sd, &seed));
				data[i].arm[k] =
					1e6 * (i ? 1 : ratio) *
					exp(sim_noise(noise, sd, &seed));
			}
		for (look = 0; look < SIM_LOOKS && unclear && !worse; look++)
			worse = sim_look(data, checks, n << look, outs,
					 &unclear);
		r.failed += worse;
		r.worse += worse && outs[0].verdict == STATS_WORSE;
	}
	r.failed /= gates;
	r.worse /= gates;
	return r;
}

#endif
