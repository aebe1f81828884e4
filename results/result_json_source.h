// SPDX-License-Identifier: MIT
/*
 * Checked access to a document that is being read: what is missing or wrong
 * becomes an error with the file and the key. Of result_json_*.c only; all of
 * these return 0 or a negative error.
 */
#ifndef RESULTS_RESULT_JSON_SOURCE_H
#define RESULTS_RESULT_JSON_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct result_point;
struct result_run;

/* Where in the document we are, for the errors. */
struct source {
	const char *path;
	char where[64]; /* "runs[3]." */
	struct err *err;
};

int source_bad(const struct source *src, const char *key, const char *expected);
int source_no_memory(const struct source *src);

/* The member, NULL when it is absent and may be; *rc tells what is wrong. */
json_t *source_member(const struct source *src, json_t *object, const char *key,
		      json_type type, bool needed, int *rc);
/* Copy a text that has to fit; `to` is left alone where it may be absent. */
int source_text(const struct source *src, json_t *object, const char *key,
		bool needed, char *to, size_t len);
/* A whole number of 0 or more; 0 or -1, without an error. */
int source_u64(const json_t *value, uint64_t *to);

/* Arrays of structs from objects of columns; the caller frees them. */
int source_curve(const struct source *src, json_t *object, const char *key,
		 struct result_point **curve, size_t *nr);
int source_histograms(const struct source *src, json_t *object,
		      struct result_run *run);

/*
 * result_json_checkpoints.c: the run's checkpoints from and to an object of
 * columns; NULL without memory.
 */
int source_checkpoints(const struct source *src, json_t *object,
		       struct result_run *run);
json_t *checkpoints_new(const struct result_run *run);

#endif
