// SPDX-License-Identifier: MIT
/*
 * Prints what the statistics do in simulated campaigns: how often a gate
 * fails that should not, finds what it should, and intervals have the truth.
 * Exits 1 where a promise is not kept. Every number comes from fixed seeds.
 */
#include <stdio.h>

#include "results/tests/simulating_baselines.h"
#include "results/tests/simulating_gates.h"

static int broken;

static void row(const char *what, double got, double low, double high)
{
	bool kept = got >= low && got <= high;

	broken |= !kept;
	printf("  %-58s %6.1f %%  (%g to %g %%)  %s\n", what, 100 * got,
	       100 * low, 100 * high, kept ? "ok" : "BROKEN");
}

static void gates(enum noise noise)
{
	char what[80];

	snprintf(what, sizeof(what), "200 gates of 24 checks, A/A, 3 %% %s",
		 noise_names[noise]);
	row(what, sim_gates(noise, 0.03, 1, 24, 200).failed, 0, 0.05);
	snprintf(what, sizeof(what), "200 gates of 24, one arm +20 %%, %s",
		 noise_names[noise]);
	row(what, sim_gates(noise, 0.03, 1.2, 24, 200).worse, 1, 1);
	snprintf(what, sizeof(what), "1000 campaigns, +3 %% of 5 %%, %s",
		 noise_names[noise]);
	row(what, sim_gates(noise, 0.03, 1.03, 1, 1000).failed, 0, 0.02);
	snprintf(what, sizeof(what), "1000 campaigns, +5 %% of 5 %%, %s",
		 noise_names[noise]);
	row(what, sim_gates(noise, 0.03, 1.05, 1, 1000).failed, 0, 0.065);
}

/* 5 sessions stored, 3 now, 10 rounds each. */
static void baselines(enum noise noise, double session)
{
	struct sim_baseline family = { noise, 0.03, session, 24 };
	struct sim_baseline one = { noise, 0.03, session, 1 };
	char what[80], how[40];

	snprintf(how, sizeof(how), "%s, sessions %g %%", noise_names[noise],
		 100 * session);
	snprintf(what, sizeof(what), "200 gates of 24, A/A, %s", how);
	row(what, sim_baselines(&family, 1, 200).failed, 0, 0.05);
	snprintf(what, sizeof(what), "200 gates of 24, +20 %%, %s", how);
	row(what, sim_baselines(&family, 1.2, 200).worse, 1, 1);
	snprintf(what, sizeof(what), "1000 gates, +3 %% of 5 %%, %s", how);
	row(what, sim_baselines(&one, 1.03, 1000).failed, 0, 0.02);
}

static void coverage(enum noise noise)
{
	static const size_t rounds[] = { 6, 8, 10, 12, 20, 44 };
	static const double ratios[] = { 1, 1.05, 0.8 };
	char what[80];
	size_t i, k;

	for (i = 0; i < sizeof(rounds) / sizeof(*rounds); i++) {
		double sum = 0;

		for (k = 0; k < 3; k++)
			sum += sim_checks(noise, 0.03, ratios[k], rounds[i],
					  3000)
				       .covered;
		snprintf(what, sizeof(what), "9000 intervals, %zu rounds, %s",
			 rounds[i], noise_names[noise]);
		/* 6 rounds cannot do better than 31/32. */
		row(what, sum / 3, 0.93, rounds[i] == 6 ? 0.975 : 0.97);
	}
}

int main(void)
{
	int noise;

	printf("simulated gates that fail:\n");
	for (noise = 0; noise < NOISES; noise++)
		gates((enum noise)noise);
	printf("against a baseline of another day:\n");
	for (noise = 0; noise < NOISES; noise++) {
		baselines((enum noise)noise, 0);
		baselines((enum noise)noise, 0.02);
	}
	printf("intervals that have the truth:\n");
	for (noise = 0; noise < NOISES; noise++)
		coverage((enum noise)noise);
	return broken;
}
