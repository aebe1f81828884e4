// SPDX-License-Identifier: MIT
/*
 * Writes a made-up campaign for the tests: known effects, seeded noise, arms
 * that fail, names that try to break out, and with mixed=NAME an arm of two
 * builds. Usage:
 *   make_results DIR [rounds=N] [seed=N] [noise=PERCENT] [tapes=A,B]
 *	[lag=1] [arms=NAME:WALL:RSS:TAIL,...] [fail=NAME] [hostile=1] [touch=WORD]
 *	[passes=time,latency,memory,calls,alone] [started=2026-11-23T03:30:00Z]
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/result.h"
#include "results/tests/simulating.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define NR_POINTS  600
#define NR_BUCKETS 200
#define NR_MARKS   20
#define NR_OPS     2000000
#define MIB        1048576.0

/* One arm and what it does, as factors on the first tape's glibc. */
struct arm {
	char name[300];
	double wall, rss, tail;
};

static struct arm arms[16];
static size_t nr_arms;
static unsigned long rounds = 10, seed = 1;
static double noise = 0.02;
static bool lag; /* calls had a schedule */
static const char *fail = "", *touch = "pages", *passes = "time,latency,memory";
static char tapes[1024] = "tapes/lua.tape,tapes/redis.tape";
static uint64_t state;
static const char *mixed = ""; /* its library was replaced */
static const char *started = "2026-11-23T03:30:00Z";

/* A factor around 1 with that relative spread. */
static double wobble(double sd)
{
	return exp(sd * sim_normal(&state));
}

static void add_arm(const char *spec)
{
	struct arm *arm = &arms[nr_arms++];

	*arm = (struct arm){ .wall = 1, .rss = 1, .tail = 1 };
	sscanf(spec, "%299[^:]:%lf:%lf:%lf", arm->name, &arm->wall, &arm->rss,
	       &arm->tail);
}

static void add_arms(char *list)
{
	char *save = NULL, *word;

	nr_arms = 0;
	for (word = strtok_r(list, ",", &save); word && nr_arms < 16;
	     word = strtok_r(NULL, ",", &save))
		add_arm(word);
}

static void add_hostile(void)
{
	char longest[300];

	memset(longest, 'x', sizeof(longest));
	strcpy(longest + 200, ":1.1:1.1:1.1");
	add_arm("</script><img src=x onerror=alert(1)>:0.9:0.9:1");
	add_arm("a_b`id`'\"$(id)\\n{/*10 big}&amp;%s:0.8:1.2:1");
	add_arm("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xe2\x80\xae rtl:1:1:2");
	add_arm("bad\xff\xfe utf8\x1b[31m:1:1:1");
	add_arm(longest);
	strcpy(tapes,
	       "x'\"`touch pwned`</title><script>alert(1)</script>.tape");
}

static void metric(struct result_run *run, const char *name, double value)
{
	result_add_metric(run, name, value, NULL);
}

/* Live bytes: a ramp, a burst in the middle, and the way down. */
static double live_at(double x, double scale)
{
	double burst = exp(-pow((x - 0.55) / 0.06, 2));
	double ramp = x < 0.85 ? 0.25 + 0.35 * x : 0.55 * (1 - x) / 0.15 + 0.05;

	return scale * MIB *
	       (120 * ramp + 110 * burst + 6 * sin(90 * x) * x + 8);
}

static void curve_metrics(struct result_run *run)
{
	double peak = 0, live_peak = 0, sum = 0, last = 0;
	size_t i;

	for (i = 0; i < run->nr_curve; i++) {
		last = (double)run->curve[i].rss_bytes;
		peak = fmax(peak, last);
		live_peak = fmax(live_peak, (double)run->curve[i].live_bytes);
		sum += last;
	}
	metric(run, "rss_peak_bytes", peak);
	metric(run, "rss_mean_bytes", sum / NR_POINTS);
	metric(run, "rss_end_bytes", last);
	metric(run, "rss_idle_bytes", last * 0.8);
	metric(run, "rss_freed_bytes", last * 0.3);
	metric(run, "live_peak_bytes", live_peak);
	metric(run, "predicted_rss_peak_bytes", peak * 1.2);
	metric(run, "predicted_rss_mean_bytes", sum / NR_POINTS * 1.2);
	metric(run, "minor_faults", floor(peak / 4096));
	metric(run, "allocated_bytes", live_peak * 60);
	metric(run, "ops", NR_OPS);
}

/* Parts of the peak: the base tells all of them, the others do not. */
static void split_metrics(struct result_run *run, bool all)
{
	double rss = result_metric(run, "rss_peak_bytes");

	metric(run, "rss_live_peak_bytes", rss);
	metric(run, "requested_peak_bytes", rss * 0.8);
	metric(run, "rounding_peak_bytes", rss * 0.1);
	metric(run, "unexplained_peak_bytes", all ? rss * -0.01 : rss * 0.1);
	if (!all)
		return;
	metric(run, "cached_peak_bytes", rss * 0.02);
	metric(run, "internal_free_peak_bytes", rss * 0.03);
	metric(run, "metadata_peak_bytes", rss * 0.04);
	metric(run, "dirty_peak_bytes", rss * 0.02);
}

/* The same along the tape. */
static void add_marks(struct result_run *run)
{
	size_t i;

	run->nr_checkpoints = NR_MARKS;
	run->checkpoints = calloc(NR_MARKS, sizeof(*run->checkpoints));
	for (i = 0; i < NR_MARKS; i++) {
		const struct result_point *p =
			&run->curve[i * (NR_POINTS / NR_MARKS)];
		struct result_checkpoint *c = &run->checkpoints[i];

		memset(c, 0xff, sizeof(*c)); /* RESULT_UNKNOWN */
		strcpy(c->name, "mark");
		c->time_ns = p->time_ns;
		c->op = p->op;
		c->rss_bytes = p->rss_bytes;
		c->lazyfree_bytes = c->huge_bytes = c->swap_bytes = 0;
		c->requested_bytes = p->live_bytes;
		c->usable_bytes = p->live_bytes / 10 * 11;
		c->free_bytes = p->rss_bytes / 20;
	}
}

static void memory_pass(struct result_run *run, const struct arm *arm,
			double scale)
{
	double rss = 0, factor = arm->rss * wobble(noise / 5);
	size_t i;

	run->curve = calloc(NR_POINTS, sizeof(*run->curve));
	run->nr_curve = NR_POINTS;
	for (i = 0; i < NR_POINTS; i++) {
		double x = (double)i / (NR_POINTS - 1);
		double live = live_at(x, scale);

		/* What is freed goes back slowly. */
		rss = fmax(live * 1.12 * factor, rss * (1 - 0.004 / factor));
		run->curve[i] = (struct result_point){
			.time_ns = (uint64_t)(x * 9.81e9),
			.op = (uint64_t)(x * NR_OPS),
			.live_bytes = (uint64_t)live,
			.rss_bytes = (uint64_t)rss,
		};
	}
	curve_metrics(run);
	if (strcmp(arm->name, "arena") != 0)
		split_metrics(run, !strcmp(arm->name, "glibc"));
	if (!strcmp(arm->name, "glibc"))
		add_marks(run);
}

/* The smallest upper bound below which a part q of all operations lies. */
static double quantile(const struct result_histogram *h, double q)
{
	double total = 0, sum = 0;
	size_t i;

	for (i = 0; i < h->nr; i++)
		total += (double)h->buckets[i].count;
	for (i = 0; i + 1 < h->nr; i++) {
		sum += (double)h->buckets[i].count;
		if (sum >= q * total)
			break;
	}
	return (double)h->buckets[i].upper_ns;
}

static void quantile_metrics(struct result_run *run,
			     const struct result_histogram *h)
{
	static const struct {
		const char *part;
		double q;
	} parts[] = { { "p50", 0.5 },    { "p90", 0.9 },      { "p99", 0.99 },
		      { "p999", 0.999 }, { "p9999", 0.9999 }, { "max", 1 } };
	char name[48];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(name, sizeof(name), "%s_%s_ns", h->op, parts[i].part);
		metric(run, name, quantile(h, parts[i].q));
	}
}

/* A fast path, a slow path, and page faults far out. */
static void fill_histogram(struct result_histogram *h, const char *op,
			   double fast, double tail)
{
	size_t i;

	strcpy(h->op, op);
	strcpy(h->size_group, "all");
	h->buckets = calloc(NR_BUCKETS, sizeof(*h->buckets));
	for (i = 0; i < NR_BUCKETS; i++) {
		double ns = 10 * pow(1.06, (double)i);
		double count =
			1e6 * exp(-pow(log(ns / fast) / 0.2, 2)) +
			2e4 * exp(-pow(log(ns / (fast * 6)) / 0.4, 2)) +
			800 * exp(-pow(log(ns / (tail * 2000)) / 0.5, 2));

		if (count * wobble(0.02) < 0.5)
			continue;
		/* Rounding must not make two upper ends the same. */
		h->buckets[h->nr] =
			(struct result_bucket){ (uint64_t)ceil(ns) + h->nr,
						(uint64_t)ceil(count) };
		h->nr++;
	}
}

static void latency_pass(struct result_run *run, const struct arm *arm)
{
	static const char *const ops[] = { "malloc", "free", "realloc",
					   "malloc_lag" };
	size_t nr = lag ? 4 : 3, i;

	run->histograms = calloc(nr, sizeof(*run->histograms));
	run->nr_histograms = nr;
	for (i = 0; i < nr; i++) {
		fill_histogram(&run->histograms[i], ops[i],
			       (18 + 4 * (double)i) * arm->wall * wobble(noise),
			       arm->tail * wobble(2 * noise));
		quantile_metrics(run, &run->histograms[i]);
	}
	metric(run, "timer_floor_ns", 14);
}

static void time_pass(struct result_run *run, const struct arm *arm,
		      double scale)
{
	double wall = 2.4e9 * scale * arm->wall * wobble(noise);

	metric(run, "wall_ns", floor(wall));
	metric(run, "cpu_ns", floor(wall * 0.98 * wobble(noise / 3)));
	metric(run, "ops", NR_OPS);
	metric(run, "voluntary_switches", floor(40 * arm->tail * wobble(0.3)));
}

static void calls_pass(struct result_run *run, const struct arm *arm)
{
	metric(run, "mmap_calls", floor(300 * arm->rss * wobble(noise)));
	metric(run, "munmap_calls", floor(120 * arm->rss * wobble(noise)));
	metric(run, "brk_calls", arm == arms ? 900 : 0);
	metric(run, "madvise_dontneed_calls", floor(2000 * arm->tail));
	metric(run, "futex_waits", floor(60 * arm->tail * wobble(0.2)));
	metric(run, "futex_wait_ns", 3e6 * arm->tail * wobble(0.2));
}

static void alone_pass(struct result_run *run, const struct arm *arm,
		       double scale)
{
	metric(run, "contention_ratio", 1 + 0.4 * arm->tail * wobble(noise));
	metric(run, "alone_cpu_ns", floor(1.7e9 * scale * arm->wall));
	metric(run, "alone_wall_ns", floor(1.8e9 * scale * arm->wall));
}

static void add_run(struct result_doc *doc, const struct arm *arm,
		    const char *pass, double scale)
{
	struct result_run *run;

	if (!strstr(passes, pass))
		return;
	if (result_add_run(doc, &run, NULL))
		abort();
	snprintf(run->arm, sizeof(run->arm), "%.255s", arm->name);
	strcpy(run->pass, pass);
	strcpy(run->version, "5.3.0");
	snprintf(run->path, sizeof(run->path), "/usr/lib/lib%.250s.so.2",
		 arm->name);
	strcpy(run->build_id, "6196744a316dbd57c0fc8968df1680aac482cef4");
	if (!strcmp(arm->name, mixed) && doc->round > 4)
		strcpy(run->build_id, "4711");
	result_add_knob(run, "EXAMPLE_CONF=narenas:2", NULL);
	if (!strcmp(arm->name, fail) && doc->round > 1) {
		strcpy(run->status, "crashed");
		strcpy(run->message, "killed by signal 11 at op 4711");
		return;
	}
	strcpy(run->status, "ok");
	if (!strcmp(pass, "time"))
		time_pass(run, arm, scale);
	else if (!strcmp(pass, "latency"))
		latency_pass(run, arm);
	else if (!strcmp(pass, "calls"))
		calls_pass(run, arm);
	else if (!strcmp(pass, "alone"))
		alone_pass(run, arm, scale);
	else
		memory_pass(run, arm, scale);
}

static void describe(struct result_doc *doc, double scale)
{
	size_t i;

	snprintf(doc->started, sizeof(doc->started), "%s", started);
	doc->seed = seed;
	snprintf(doc->tape_hash, sizeof(doc->tape_hash), "%08x%.0f", 0x9f31c2u,
		 scale * 10);
	result_add_environment(doc, "host", "ci-7", NULL);
	result_add_environment(doc, "cpu", "8 x Example Xeon 2.5 GHz", NULL);
	result_add_environment(doc, "kernel", "Linux 6.18.0", NULL);
	result_add_environment(doc, "thp", "madvise", NULL);
	result_add_config(doc, "command",
			  "heaptape replay lua.tape redis.tape -o run", NULL);
	result_add_config(doc, "pace", "asap", NULL);
	result_add_config(doc, "touch", touch, NULL);
	result_add_config(doc, "events", "2000000", NULL);
	doc->recorded = calloc(NR_POINTS, sizeof(*doc->recorded));
	doc->nr_recorded = NR_POINTS;
	for (i = 0; i < NR_POINTS; i++) {
		double x = (double)i / (NR_POINTS - 1);
		double live = live_at(x, scale);

		doc->recorded[i] = (struct result_point){
			(uint64_t)(x * 9.81e9), (uint64_t)(x * NR_OPS),
			(uint64_t)live, (uint64_t)(live * 1.3 + 20 * MIB)
		};
	}
}

static int write_document(const char *dir, const char *tape, size_t number,
			  unsigned long round)
{
	struct result_doc doc = { .round = (uint32_t)round };
	struct err err = { 0 };
	double scale = 1 + (double)number * 2.5;
	char path[512];
	size_t i;

	snprintf(doc.tape, sizeof(doc.tape), "%s", tape);
	describe(&doc, scale);
	for (i = 0; i < nr_arms; i++) {
		add_run(&doc, &arms[i], "time", scale);
		add_run(&doc, &arms[i], "latency", scale);
		add_run(&doc, &arms[i], "memory", scale);
		add_run(&doc, &arms[i], "calls", scale);
		add_run(&doc, &arms[i], "alone", scale);
	}
	snprintf(path, sizeof(path), "%s/tape%zu-round%lu.json", dir,
		 number + 1, round);
	if (result_write(&doc, path, false, &err))
		fprintf(stderr, "make_results: %s\n", err.text);
	result_release(&doc);
	return err.code;
}

static void set(char *word)
{
	const struct {
		const char *name, **to;
	} texts[] = { { "fail", &fail },
		      { "mixed", &mixed },
		      { "touch", &touch },
		      { "passes", &passes },
		      { "started", &started } };
	char *value = strchr(word, '=');
	size_t i;

	if (!value)
		exit(2);
	*value++ = '\0';
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(word, texts[i].name)) {
			*texts[i].to = value;
			return;
		}
	if (!strcmp(word, "rounds"))
		rounds = strtoul(value, NULL, 10);
	else if (!strcmp(word, "seed"))
		seed = strtoul(value, NULL, 10);
	else if (!strcmp(word, "noise"))
		noise = strtod(value, NULL) / 100;
	else if (!strcmp(word, "tapes"))
		snprintf(tapes, sizeof(tapes), "%s", value);
	else if (!strcmp(word, "arms"))
		add_arms(value);
	else if (!strcmp(word, "lag"))
		lag = true;
	else if (!strcmp(word, "hostile"))
		add_hostile();
	else
		exit(2);
}

int main(int argc, char **argv)
{
	char usual[] = "glibc,jemalloc:0.78:0.85:0.6,tcmalloc:0.75:1.05:0.9,"
		       "arena:0.69:0.92:0.5";
	char *save = NULL, *tape;
	unsigned long round;
	size_t number = 0;
	int i;

	if (argc < 2 || files_make_dir(argv[1], NULL))
		return 2;
	add_arms(usual);
	for (i = 2; i < argc; i++)
		set(argv[i]);
	state = seed * 0x9e3779b97f4a7c15 + 1;
	for (tape = strtok_r(tapes, ",", &save); tape;
	     tape = strtok_r(NULL, ",", &save), number++)
		for (round = 1; round <= rounds; round++)
			if (write_document(argv[1], tape, number, round))
				return 1;
	return 0;
}
