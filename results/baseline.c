// SPDX-License-Identifier: MIT
/* The memory of a baseline, and finding one's way in it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/baseline.h"
#include "results/baseline_parts.h"
#include "traces/base/err.h"

int baseline_no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, ENOMEM, "baseline");
}

/* One more place at the end of an array, zeroed; NULL: no memory. */
static void *grow(void **items, size_t *nr, size_t size)
{
	char *grown = reallocarray(*items, *nr + 1, size);

	if (!grown)
		return NULL;
	*items = grown;
	memset(grown + *nr * size, 0, size);
	return grown + (*nr)++ * size;
}

int baseline_pair_add(struct result_pair **pairs, size_t *nr, const char *key,
		      const char *value, struct err *err)
{
	char *copy = strdup(value);
	struct result_pair *pair =
		copy ? grow((void **)pairs, nr, sizeof(**pairs)) : NULL;

	if (!pair) {
		free(copy);
		return baseline_no_memory(err);
	}
	snprintf(pair->key, sizeof(pair->key), "%s", key);
	pair->value = copy;
	return 0;
}

int baseline_session_new(struct baseline_window *window,
			 struct baseline_session **session, struct err *err)
{
	*session = grow((void **)&window->sessions, &window->nr,
			sizeof(**session));
	return *session ? 0 : baseline_no_memory(err);
}

int baseline_tape_new(struct baseline *b, struct baseline_tape **tape,
		      struct err *err)
{
	*tape = grow((void **)&b->tapes, &b->nr_tapes, sizeof(**tape));
	return *tape ? 0 : baseline_no_memory(err);
}

int baseline_arm_new(struct baseline_session *session,
		     struct baseline_arm **arm, struct err *err)
{
	*arm = grow((void **)&session->arms, &session->nr_arms, sizeof(**arm));
	return *arm ? 0 : baseline_no_memory(err);
}

int baseline_knob_new(struct baseline_arm *arm, const char *knob,
		      struct err *err)
{
	char *copy = strdup(knob);
	char **place = copy ? grow((void **)&arm->knobs, &arm->nr_knobs,
				   sizeof(*arm->knobs))
			    : NULL;

	if (!place) {
		free(copy);
		return baseline_no_memory(err);
	}
	*place = copy;
	return 0;
}

int baseline_row_new(struct baseline_session *session, size_t nr,
		     struct baseline_row **row, struct err *err)
{
	double *values = calloc(nr ? nr : 1, sizeof(*values));
	size_t i;

	*row = values ? grow((void **)&session->rows, &session->nr_rows,
			     sizeof(**row))
		      : NULL;
	if (!*row) {
		free(values);
		return baseline_no_memory(err);
	}
	for (i = 0; i < nr; i++)
		values[i] = NAN;
	(*row)->values = values;
	(*row)->nr = nr;
	return 0;
}

static void release_pairs(struct result_pair *pairs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(pairs[i].value);
	free(pairs);
}

void baseline_session_release(struct baseline_session *session)
{
	size_t i, k;

	for (i = 0; i < session->nr_arms; i++) {
		for (k = 0; k < session->arms[i].nr_knobs; k++)
			free(session->arms[i].knobs[k]);
		free(session->arms[i].knobs);
	}
	for (i = 0; i < session->nr_rows; i++)
		free(session->rows[i].values);
	free(session->arms);
	free(session->rows);
	memset(session, 0, sizeof(*session));
}

void baseline_keep(struct baseline_window *window, size_t nr)
{
	size_t gone = window->nr > nr ? window->nr - nr : 0, i;

	for (i = 0; i < gone; i++)
		baseline_session_release(&window->sessions[i]);
	if (gone)
		memmove(window->sessions, window->sessions + gone,
			(window->nr - gone) * sizeof(*window->sessions));
	window->nr -= gone;
}

void baseline_release(struct baseline *b)
{
	size_t i;

	baseline_keep(&b->window, 0);
	baseline_keep(&b->anchor, 0);
	free(b->window.sessions);
	free(b->anchor.sessions);
	for (i = 0; i < b->nr_tapes; i++)
		release_pairs(b->tapes[i].options, b->tapes[i].nr_options);
	free(b->tapes);
	release_pairs(b->class, b->nr_class);
	memset(b, 0, sizeof(*b));
}

const struct baseline_row *baseline_row(const struct baseline *b,
					const struct baseline_session *session,
					const struct baseline_tape *tape,
					const char *arm, const char *metric)
{
	size_t number = (size_t)(tape - b->tapes), i;

	for (i = 0; i < session->nr_rows; i++) {
		const struct baseline_row *row = &session->rows[i];

		if (row->tape == number && !strcmp(row->metric, metric) &&
		    !strcmp(session->arms[row->arm].arm, arm))
			return row;
	}
	return NULL;
}

const struct baseline_arm *baseline_arm(const struct baseline_window *window,
					const char *arm)
{
	size_t i, k;

	for (i = window->nr; i-- > 0;)
		for (k = 0; k < window->sessions[i].nr_arms; k++)
			if (!strcmp(window->sessions[i].arms[k].arm, arm))
				return &window->sessions[i].arms[k];
	return NULL;
}

int baseline_path(const char *name, char path[PATH_MAX], struct err *err)
{
	size_t len = strlen(name);
	bool is_file = strchr(name, '/') ||
		       (len > 5 && !strcmp(name + len - 5, ".json"));

	if (!len || snprintf(path, PATH_MAX, "%s%s%s",
			     is_file ? "" : BASELINE_FOLDER "/", name,
			     is_file ? "" : ".json") >= PATH_MAX)
		return err_set(err, ERR_ARG, 0, "'%.80s' names no baseline",
			       name);
	return 0;
}
