// SPDX-License-Identifier: MIT
/* What a gate has found, for people and for CI. One file each; none decides. */
#ifndef RESULTS_RENDER_GATE_H
#define RESULTS_RENDER_GATE_H

#include <stdbool.h>
#include <stdio.h>

struct err;
struct gate;

/* What fails or warns first, then how many pass; all with verbose. */
void render_gate_terminal(const struct gate *gate, FILE *out, bool colour,
			  bool verbose);
/* One document, "schema": "heaptape-gate/1"; -ERR_NOMEM or -ERR_IO. */
int render_gate_json(const struct gate *gate, FILE *out, struct err *err);
/* JUnit XML: a test case per check. */
void render_gate_junit(const struct gate *gate, FILE *out);
/* A table for a step summary or a comment. */
void render_gate_markdown(const struct gate *gate, FILE *out);
/* Workflow commands of GitHub Actions; it shows at most 10 of a kind. */
void render_gate_github(const struct gate *gate, FILE *out);
/* GitLab's Code Quality report; -ERR_NOMEM or -ERR_IO. */
int render_gate_codequality(const struct gate *gate, FILE *out,
			    struct err *err);
/* OpenMetrics text with the medians, to three digits. */
void render_gate_openmetrics(const struct gate *gate, FILE *out);

#endif
