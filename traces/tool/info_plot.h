// SPDX-License-Identifier: MIT
/* Live bytes and RSS over time, as a picture or as rows. */
#ifndef TRACES_TOOL_INFO_PLOT_H
#define TRACES_TOOL_INFO_PLOT_H

#include <stdbool.h>

struct err;
struct tape_reader;
struct tape_stats;

/*
 * Draw with gnuplot into a file whose name ends in .svg or .png.
 * -ERR_MISSING: no gnuplot; -ERR_EXISTS: the file is there and not force.
 */
int info_plot(struct tape_reader *r, const struct tape_stats *s,
	      const char *path, bool force, struct err *err);
/* 0, or -ERR_ARG when no picture can have that name. */
int info_plot_check(const char *path, struct err *err);

/* Print comma-separated rows on stdout, the first with the names. */
void info_timeline(const struct tape_stats *s);

#endif
