// SPDX-License-Identifier: MIT
/*
 * What has to be the same for values to be comparable: the class of machine,
 * the content of the tape, and how it was replayed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "results/baseline.h"
#include "results/baseline_parts.h"
#include "results/campaign.h"
#include "traces/base/version.h"

/* What of a machine's entry counts. */
enum part {
	PART_ALL,
	PART_BUCKET, /* bytes to the power of two that is next */
	PART_MINOR,  /* "6.18" of "6.18.44-generic"; "6" for what is exact */
	PART_MAJOR,
};

static const struct field {
	const char *name;
	bool noisy_only;
	enum part part;
} fields[] = {
	{ "machine", false, PART_ALL },
	{ "cpu", true, PART_ALL },
	{ "cpu_id", true, PART_ALL },
	{ "usable_cpus", false, PART_ALL },
	{ "cpus", false, PART_ALL },
	{ "smt", false, PART_ALL },
	{ "memory_bytes", false, PART_BUCKET },
	{ "memory_limit_bytes", false, PART_ALL },
	{ "page_size_bytes", false, PART_ALL },
	{ "thp", false, PART_ALL },
	{ "kernel", false, PART_MINOR },
	{ "libc", false, PART_ALL },
	{ "hypervisor", false, PART_ALL },
	{ "heaptape", false, PART_MAJOR },
};

#define NR_FIELDS (sizeof(fields) / sizeof(*fields))

/* Settings of a replay, those that may differ from tape to tape among them. */
static const char *const options[] = { "pace",    "touch",   "window",
				       "idle_ns", "threads", "copies" };

#define NR_OPTIONS (sizeof(options) / sizeof(*options))

/* The first numbers of a version, as many as dots + 1. */
static void cut(char *text, int dots)
{
	for (; *text; text++)
		if ((*text < '0' || *text > '9') && (*text != '.' || !dots--)) {
			*text = '\0';
			return;
		}
}

/* The document's entry, as far as it counts; "" when it does not tell. */
static void value_of(const struct result_doc *doc, const struct field *field,
		     char *buf, size_t len)
{
	const char *text = strcmp(field->name, "heaptape") != 0
				   ? campaign_environment(doc, field->name)
				   : campaign_config(doc, "version");
	double bytes;

	/* A release may be "Linux 6.18" in documents of others. */
	if (text && field->part == PART_MINOR)
		text += strcspn(text, "0123456789");
	snprintf(buf, len, "%s", text ? text : "");
	if (field->part == PART_MINOR || field->part == PART_MAJOR)
		cut(buf, field->part == PART_MINOR);
	bytes = field->part == PART_BUCKET ? strtod(buf, NULL) : 0;
	if (bytes > 0)
		snprintf(buf, len, "%.0f", exp2(round(log2(bytes))));
}

int baseline_class_fill(struct baseline *b, const struct result_doc *doc,
			struct err *err)
{
	char value[300];
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_FIELDS && !rc; i++) {
		value_of(doc, &fields[i], value, sizeof(value));
		if (*value)
			rc = baseline_pair_add(&b->class, &b->nr_class,
					       fields[i].name, value, err);
	}
	return rc;
}

int baseline_options_fill(struct baseline_tape *tape,
			  const struct result_doc *doc, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_OPTIONS && !rc; i++) {
		const char *value = campaign_config(doc, options[i]);

		if (value)
			rc = baseline_pair_add(&tape->options,
					       &tape->nr_options, options[i],
					       value, err);
	}
	return rc;
}

static const char *find(const struct result_pair *pairs, size_t nr,
			const char *key)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(pairs[i].key, key))
			return pairs[i].value;
	return NULL;
}

static void say(char *buf, size_t len, const char *what, const char *now,
		const char *before)
{
	snprintf(buf, len, "%s is '%.80s' now, '%.80s' in the baseline", what,
		 now, before);
}

/* What nobody tells is no difference: old documents have fewer entries. */
static void class_difference(const struct baseline *b,
			     const struct result_doc *doc, bool noisy,
			     char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < NR_FIELDS && !*buf; i++) {
		const char *text = find(b->class, b->nr_class, fields[i].name);
		char now[300], before[300];

		if (!text || (fields[i].noisy_only && !noisy))
			continue;
		value_of(doc, &fields[i], now, sizeof(now));
		snprintf(before, sizeof(before), "%s", text);
		if (!noisy && fields[i].part == PART_MINOR) {
			cut(now, 0);
			cut(before, 0);
		}
		if (*now && strcmp(now, before) != 0)
			say(buf, len, fields[i].name, now, before);
	}
}

static void tape_difference(const struct baseline_tape *tape,
			    const struct result_doc *doc, char *buf, size_t len)
{
	size_t i;

	if (strcmp(tape->hash, doc->tape_hash) != 0)
		say(buf, len, "the tape's sha", doc->tape_hash, tape->hash);
	for (i = 0; i < NR_OPTIONS && !*buf; i++) {
		const char *now = campaign_config(doc, options[i]);
		const char *before =
			find(tape->options, tape->nr_options, options[i]);

		if (now && before && strcmp(now, before) != 0)
			say(buf, len, options[i], now, before);
	}
}

const struct baseline_tape *baseline_tape(const struct baseline *b,
					  const struct result_doc *doc)
{
	const struct baseline_tape *named = NULL;
	char why[300];
	size_t i;

	for (i = 0; i < b->nr_tapes; i++) {
		const struct baseline_tape *tape = &b->tapes[i];

		why[0] = '\0';
		tape_difference(tape, doc, why, sizeof(why));
		if (!why[0])
			return tape;
		if (!strcmp(tape->name, doc->tape))
			named = tape;
	}
	return named;
}

char *baseline_difference(const struct baseline *b,
			  const struct result_doc *doc, bool noisy, char *buf,
			  size_t len)
{
	const struct baseline_tape *tape = baseline_tape(b, doc);

	*buf = '\0';
	if (b->result_format != HEAPTAPE_RESULT_FORMAT)
		snprintf(buf, len,
			 "the format of results is %d now, %llu in the "
			 "baseline",
			 HEAPTAPE_RESULT_FORMAT,
			 (unsigned long long)b->result_format);
	else if (tape)
		tape_difference(tape, doc, buf, len);
	if (!*buf)
		class_difference(b, doc, noisy, buf, len);
	return buf;
}

/* Seconds since 1970, or -1. */
static time_t seconds_of(const char *text)
{
	struct tm tm = { 0 };

	if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return -1;
	return timegm(&tm);
}

long baseline_age_days(const struct baseline *b, const struct result_doc *doc)
{
	time_t now = seconds_of(doc->started), newest = -1;
	size_t i;

	for (i = 0; i < b->window.nr; i++) {
		time_t one = seconds_of(b->window.sessions[i].started);

		newest = one > newest ? one : newest;
	}
	if (now == -1 || newest == -1 || now < newest)
		return 0;
	return (long)((now - newest) / 86400);
}
