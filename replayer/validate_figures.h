// SPDX-License-Identifier: MIT
/*
 * Predicted memory against real memory, per arm and measure, and what follows
 * from it: errors, and whether the arms rank alike. Numbers only. Any thread.
 */
#ifndef REPLAYER_VALIDATE_FIGURES_H
#define REPLAYER_VALIDATE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum validate_measure {
	VALIDATE_PEAK,
	VALIDATE_MEAN, /* over time */
	VALIDATE_END,
	VALIDATE_MEASURES,
};

/* Arms whose real peaks differ by less have no order. */
#define VALIDATE_RANKED 0.03

struct validate_values {
	double *real; /* bytes, round by round; owned; NAN: none */
	double *predicted;
	size_t nr;
	double real_median; /* and below: NAN where there is nothing */
	double real_low;
	double real_high;
	double predicted_median;
	double error; /* predicted over real, less 1 */
	bool within;  /* the prediction lies within the real ones */
};

struct validate_arm {
	char label[256];
	char path[512];
	char version[64];
	struct validate_values values[VALIDATE_MEASURES];
};

/* Over all arms; errors without their sign, NAN where there is none. */
struct validate_summary {
	double median_error;
	double worst_error;
	size_t worst_arm;
};

/* The first has less memory in reality, and more by prediction. */
struct validate_pair {
	size_t less, more;
};

struct validate_figures {
	struct validate_arm *arms;
	size_t nr_arms;
	struct validate_summary summary[VALIDATE_MEASURES];
	size_t nr_pairs;             /* with an order in reality */
	struct validate_pair *wrong; /* those with another by prediction */
	size_t nr_wrong;
};

/* Room for arms and rounds, all values NAN. release in any case. */
int validate_figures_init(struct validate_figures *f, size_t nr_arms,
			  size_t rounds, struct err *err);
void validate_figures_release(struct validate_figures *f);

/* Everything that follows from the values. */
void validate_figures_judge(struct validate_figures *f);

/* "peak", "mean", "end". */
const char *validate_measure_name(enum validate_measure measure);

#endif
