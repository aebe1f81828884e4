// SPDX-License-Identifier: MIT
/*
 * A gnuplot process that draws one figure after the other: starting one for
 * each would take longer than drawing. It reads scripts from a socket and
 * writes pictures to a memory file, so that nothing lies around. One thread.
 */
#ifndef RESULTS_PLOTTER_H
#define RESULTS_PLOTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/* Zeroed: not started yet. */
struct plotter {
	pid_t pid;
	int socket;   /* scripts there, one word back for each */
	int picture;  /* the memory file */
	bool missing; /* there is no gnuplot: not tried again */
};

/*
 * Draw what the script says. It begins with its terminal; where the picture
 * goes is the plotter's affair. *data, *len is the caller's to free, and has a
 * NUL behind it. -ERR_MISSING: no gnuplot; -ERR_SYS: it drew nothing, died, or
 * took more than a minute.
 */
int plotter_draw(struct plotter *plotter, const char *script, char **data,
		 size_t *len, struct err *err);
/* Safe on a zeroed struct. */
void plotter_release(struct plotter *plotter);

#endif
