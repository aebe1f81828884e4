// SPDX-License-Identifier: MIT
/*
 * Made-up gates against stored rounds: sessions of before and of now, each
 * with an effect of its own that its rounds share.
 */
#ifndef RESULTS_TESTS_SIMULATING_BASELINES_H
#define RESULTS_TESTS_SIMULATING_BASELINES_H

#include "results/tests/simulating.h"

enum { SIM_BASE_SESSIONS = 5, SIM_NOW_SESSIONS = 3, SIM_SESSION_ROUNDS = 10 };

struct sim_baseline {
	enum noise noise;
	double sd;      /* of a measurement */
	double session; /* of what a session does to the ratio */
	size_t checks;
};

/* Log-ratios of an arm to the reference: sessions times rounds of them. */
static inline void sim_sessions(const struct sim_baseline *b, size_t sessions,
				double ratio, double *d, uint64_t *seed)
{
	size_t s, i;

	for (s = 0; s < sessions; s++) {
		double effect = b->session * sim_normal(seed);

		for (i = 0; i < SIM_SESSION_ROUNDS; i++)
			*d++ = log(ratio) + effect +
			       sim_noise(b->noise, b->sd, seed) -
			       sim_noise(b->noise, b->sd, seed);
	}
}

/* Gates of a family, one check with that true ratio to the baseline. */
static inline struct sim_rates sim_baselines(const struct sim_baseline *b,
					     double ratio, int gates)
{
	static const struct stats_rule rule = { .class = STATS_NOISY,
						.threshold = 0.05 };
	double base[SIM_BASE_SESSIONS * SIM_SESSION_ROUNDS];
	double now[SIM_NOW_SESSIONS * SIM_SESSION_ROUNDS];
	struct stats_outcome outs[SIM_CHECKS_MAX], *family[SIM_CHECKS_MAX];
	uint64_t seed = 0x2545f4914f6cdd1d;
	struct sim_rates r = { 0 };
	size_t i;
	int g;

	for (g = 0; g < gates; g++) {
		bool worse = false;

		for (i = 0; i < b->checks; i++) {
			double truth = i ? 1 : ratio;

			family[i] = &outs[i];
			sim_sessions(b, SIM_BASE_SESSIONS, 1, base, &seed);
			sim_sessions(b, SIM_NOW_SESSIONS, truth, now, &seed);
			if (stats_compare_shift(base,
						sizeof(base) / sizeof(*base),
						now, sizeof(now) / sizeof(*now),
						&rule, &outs[i], NULL))
				abort();
			r.covered += !i && outs[0].ratio_low <= truth &&
				     outs[0].ratio_high >= truth;
		}
		if (stats_decide(family, b->checks, STATS_ALPHA, NULL))
			abort();
		for (i = 0; i < b->checks; i++)
			worse |= outs[i].verdict == STATS_WORSE;
		r.failed += worse;
		r.worse += outs[0].verdict == STATS_WORSE;
	}
	r.failed /= gates;
	r.worse /= gates;
	r.covered /= gates;
	return r;
}

#endif
