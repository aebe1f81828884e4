// SPDX-License-Identifier: MIT
/*
 * The gate as GitLab's Code Quality report. A finding is the same one from run
 * to run by its fingerprint, which must not depend on values.
 */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "results/gate.h"
#include "results/render_gate.h"
#include "traces/base/err.h"

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	} while (*text++);
	return hash;
}

static const char *severity_of(enum gate_state state)
{
	switch (state) {
	case GATE_FAIL:
		return "major";
	case GATE_CRASHED:
		return "blocker";
	case GATE_WARN:
		return "info";
	default:
		return "minor";
	}
}

static json_t *finding(const struct gate_check *check)
{
	char fingerprint[24], title[700], text[1100], what[160];
	uint64_t hash = 0xcbf29ce484222325ULL;

	gate_check_name(check, what, sizeof(what));
	hash = mix(mix(mix(hash, check->tape), check->arm), what);
	snprintf(fingerprint, sizeof(fingerprint), "%016llx",
		 (unsigned long long)hash);
	snprintf(text, sizeof(text), "%s: %s",
		 gate_check_title(check, title, sizeof(title)), check->message);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:i}}}",
			 "description", text, "check_name", what, "fingerprint",
			 fingerprint, "severity", severity_of(check->state),
			 "location", "path", check->tape, "lines", "begin", 1);
}

int render_gate_codequality(const struct gate *gate, FILE *out, struct err *err)
{
	json_t *list = json_array();
	size_t i;
	int rc = list ? 0 : -1;

	for (i = 0; i < gate->nr_checks && !rc; i++)
		if (gate->checks[i].state != GATE_PASS)
			rc = json_array_append_new(list,
						   finding(&gate->checks[i]));
	if (rc) {
		json_decref(list);
		return err_set(err, ERR_NOMEM, 0, "out of memory for the gate");
	}
	rc = json_dumpf(list, out, JSON_INDENT(1));
	json_decref(list);
	if (rc || fputc('\n', out) == EOF)
		return err_set(err, ERR_IO, 0, "cannot write the findings");
	return 0;
}
