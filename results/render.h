// SPDX-License-Identifier: MIT
/* The renderers of a comparison, one file each. None of them decides. */
#ifndef RESULTS_RENDER_H
#define RESULTS_RENDER_H

#include <stdbool.h>
#include <stdio.h>

struct comparison;
struct err;

/*
 * Tables for a person; columns is the width of a line; bounds shows intervals
 * by their ends instead of half their width. 0 or -ERR_NOMEM.
 */
int render_terminal(const struct comparison *cmp, FILE *out, unsigned columns,
		    bool colour, bool bounds, struct err *err);

/* For GitHub and GitLab; names are escaped. 0 or -ERR_NOMEM. */
int render_markdown(const struct comparison *cmp, FILE *out, struct err *err);

/* One row per cell, with a line of names; 0 or -ERR_NOMEM. */
int render_csv(const struct comparison *cmp, FILE *out, struct err *err);

/* One document, "schema": "heaptape-compare/1"; -ERR_NOMEM or -ERR_IO. */
int render_json(const struct comparison *cmp, FILE *out, struct err *err);

#endif
