// SPDX-License-Identifier: MIT
/* Made-up gates: families of checks, looked at up to three times. */
#ifndef RESULTS_TESTS_SIMULATING_GATES_H
#define RESULTS_TESTS_SIMULATING_GATES_H

#include "results/tests/simulating.h"

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
