// SPDX-License-Identifier: MIT
/* The gate as lines of text. */
#include <ctype.h>
#include <string.h>

#include "results/gate.h"
#include "results/render_gate.h"

/* The worst first. */
static const enum gate_state order[] = { GATE_FAIL,    GATE_CRASHED,
					 GATE_MISSING, GATE_INCOMPARABLE,
					 GATE_UNCLEAR, GATE_WARN,
					 GATE_PASS };

static const char *colour_of(enum gate_state state)
{
	switch (state) {
	case GATE_FAIL:
	case GATE_CRASHED:
		return "\033[31m";
	case GATE_PASS:
		return "\033[32m";
	default:
		return "\033[33m";
	}
}

/* Names come from outside: no control reaches the terminal. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
}

static void put_check(const struct gate_check *check, FILE *out, bool colour)
{
	const char *name = gate_state_name(check->state);
	char title[700];

	if (colour)
		fprintf(out, "%s%-8s\033[0m", colour_of(check->state), name);
	else
		fprintf(out, "%-8s", name);
	put_text(out, gate_check_title(check, title, sizeof(title)));
	fputs(": ", out);
	put_text(out, check->message);
	fputc('\n', out);
}

void render_gate_terminal(const struct gate *gate, FILE *out, bool colour,
			  bool verbose)
{
	char text[200], against[600];
	size_t s, i;

	for (s = 0; s < sizeof(order) / sizeof(*order); s++)
		for (i = 0; i < gate->nr_checks; i++)
			if (gate->checks[i].state == order[s] &&
			    (verbose || order[s] != GATE_PASS))
				put_check(&gate->checks[i], out, colour);
	for (i = 0; i < gate->nr_notes; i++) {
		fputs("note: ", out);
		put_text(out, gate->notes[i]);
		fputc('\n', out);
	}
	fprintf(out, "%s: %s; against ", gate_verdict(gate),
		gate_summary(gate, text, sizeof(text)));
	put_text(out, gate_against(gate, against, sizeof(against)));
	fputc('\n', out);
}
