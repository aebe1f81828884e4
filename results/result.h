// SPDX-License-Identifier: MIT
/*
 * The result document: what one round of one tape measured. JSON, "format":
 * "heaptape-result"; results/schema.json describes it. The replayer writes
 * these, everything else reads only them. Metric names and units are fixed.
 */
#ifndef RESULTS_RESULT_H
#define RESULTS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* A number with its name, "wall_ns". Absent where it was not measured. */
struct result_metric {
	char name[48];
	double value;
};

/* One point of a memory pass along the tape. */
struct result_point {
	uint64_t time_ns; /* on the tape */
	uint64_t op;      /* ops done, all threads */
	uint64_t live_bytes;
	uint64_t rss_bytes; /* anonymous, less the harness's floor */
};

#define RESULT_UNKNOWN UINT64_MAX /* a figure that nobody tells */

/*
 * Where the bytes are, at one place of a memory pass: exact memory, the sizes
 * of the live blocks, and what the allocator tells of itself. requested,
 * usable - requested, cached, free, metadata and dirty do not overlap; what is
 * left of rss is unexplained, and may be below zero.
 */
struct result_checkpoint {
	char name[16]; /* mark, peak (of live bytes), end, idle, freed */
	uint64_t time_ns;
	uint64_t op;
	uint64_t rss_bytes;      /* anonymous, less the harness's floor */
	uint64_t lazyfree_bytes; /* of rss: the kernel may take them */
	uint64_t huge_bytes;     /* of rss: in huge pages */
	uint64_t swap_bytes;
	uint64_t requested_bytes;
	uint64_t usable_bytes;
	uint64_t cached_bytes;    /* free, in caches of threads */
	uint64_t free_bytes;      /* free between blocks in use */
	uint64_t metadata_bytes;  /* the allocator's records */
	uint64_t dirty_bytes;     /* free pages not yet given back */
	uint64_t allocated_bytes; /* live, by the allocator's own book */
	uint64_t mapped_bytes;
	uint64_t retained_bytes; /* addresses without memory */
};

/* A latency histogram: how many ops took at most so many ns. */
struct result_bucket {
	uint64_t upper_ns;
	uint64_t count;
};

struct result_histogram {
	char op[16];                   /* malloc, free, realloc, calloc */
	char size_group[16];           /* "all", "1-128", ... */
	struct result_bucket *buckets; /* ascending, empty ones left out */
	size_t nr;
};

/* One pass of one arm. Arrays are owned. */
struct result_run {
	char arm[256];
	char pass[16];     /* time, latency, memory */
	char status[16];   /* ok, failed, crashed, timeout, missing */
	char message[240]; /* why, when the status is not ok */
	char path[512], version[64], build_id[48]; /* the arm's identity */
	char **knobs;                              /* "KEY=VALUE" */
	size_t nr_knobs;
	struct result_metric *metrics;
	size_t nr_metrics;
	struct result_point *curve;
	size_t nr_curve;
	struct result_checkpoint *checkpoints; /* in order of time */
	size_t nr_checkpoints;
	struct result_histogram *histograms;
	size_t nr_histograms;
};

/* A key and its text: environment and configuration entries. */
struct result_pair {
	char key[48];
	char *value;
};

struct result_doc {
	char tape[512]; /* path as given */
	char tape_hash[33];
	uint32_t round;   /* from 1 */
	uint32_t folder;  /* not in the file: see campaign_load_all */
	uint64_t seed;    /* of the order of arms */
	char started[32]; /* ISO 8601, UTC */
	struct result_pair *environment;
	size_t nr_environment;
	struct result_pair *config; /* pace, touch, command line, ... */
	size_t nr_config;
	struct result_point *recorded; /* the tape's own RSS and live bytes */
	size_t nr_recorded;
	struct result_run *runs;
	size_t nr_runs;
};

/* All of these: 0 or -ERR_NOMEM. Texts are copied. */
int result_add_environment(struct result_doc *doc, const char *key,
			   const char *value, struct err *err);
int result_add_config(struct result_doc *doc, const char *key,
		      const char *value, struct err *err);
/* *run points into doc until the next result_add_run. */
int result_add_run(struct result_doc *doc, struct result_run **run,
		   struct err *err);
int result_add_metric(struct result_run *run, const char *name, double value,
		      struct err *err);
int result_add_knob(struct result_run *run, const char *knob, struct err *err);

/* The metric's value, or NAN when the run has none of that name. */
double result_metric(const struct result_run *run, const char *name);

/*
 * Write atomically (force replaces); read back any known version. Reading
 * gives -ERR_ARG for JSON of another kind, -ERR_FORMAT for a broken document.
 */
int result_write(const struct result_doc *doc, const char *path, bool force,
		 struct err *err);
int result_read(struct result_doc *doc, const char *path, struct err *err);
/* Frees what doc owns and zeroes it; safe on a zeroed struct. */
void result_release(struct result_doc *doc);

#endif
