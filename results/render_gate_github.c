// SPDX-License-Identifier: MIT
/* The gate as annotations of a GitHub workflow. */
#include "results/gate.h"
#include "results/render_gate.h"

/* Of each kind GitHub shows 10 in a step; the last one counts the rest. */
#define MOST 9

/* A value of a workflow command; properties may not have : and , either. */
static void put_text(FILE *out, const char *text, bool property)
{
	for (; *text; text++)
		if (*text == '%' || (unsigned char)*text < 0x20 ||
		    (property && (*text == ':' || *text == ',')))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, out);
}

static bool is_error(const struct gate *gate, enum gate_state state)
{
	return state == GATE_FAIL || state == GATE_CRASHED ||
	       state == GATE_MISSING ||
	       ((state == GATE_UNCLEAR || state == GATE_INCOMPARABLE) &&
		!gate->unclear_passes);
}

static void put_kind(const struct gate *gate, FILE *out, bool errors)
{
	const char *kind = errors ? "error" : "warning";
	size_t nr = 0, i;
	char title[700];

	for (i = 0; i < gate->nr_checks; i++) {
		const struct gate_check *check = &gate->checks[i];

		if (check->state == GATE_PASS ||
		    is_error(gate, check->state) != errors || nr++ >= MOST)
			continue;
		fprintf(out, "::%s title=", kind);
		put_text(out, gate_check_title(check, title, sizeof(title)),
			 true);
		fputs("::", out);
		put_text(out, check->message, false);
		fputc('\n', out);
	}
	if (nr > MOST)
		fprintf(out, "::%s title=heaptape gate::%zu more of them\n",
			kind, nr - MOST);
}

void render_gate_github(const struct gate *gate, FILE *out)
{
	char text[200];
	size_t i;

	put_kind(gate, out, true);
	put_kind(gate, out, false);
	for (i = 0; i < gate->nr_notes; i++) {
		fputs("::warning title=heaptape gate::", out);
		put_text(out, gate->notes[i], false);
		fputc('\n', out);
	}
	fprintf(out, "::notice title=heaptape gate::%s%%3A %s\n",
		gate_verdict(gate), gate_summary(gate, text, sizeof(text)));
}
