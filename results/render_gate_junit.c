// SPDX-License-Identifier: MIT
/*
 * The gate as JUnit XML. GitLab shows class name, name and the body of a
 * failure alone, hence all is told there.
 */
#include <string.h>

#include "results/gate.h"
#include "results/render_gate.h"

/* Text or attribute: escaped, and without bytes that XML has no place for. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
		}
}

/* Which element a state becomes; NULL: the test has passed. */
static const char *element_of(const struct gate *gate, enum gate_state state)
{
	switch (state) {
	case GATE_FAIL:
		return "failure";
	case GATE_CRASHED:
	case GATE_MISSING:
		return "error";
	case GATE_UNCLEAR:
	case GATE_INCOMPARABLE:
		return gate->unclear_passes ? "skipped" : "error";
	default:
		return NULL;
	}
}

static void put_check(const struct gate *gate, const struct gate_check *check,
		      FILE *out)
{
	const char *element = element_of(gate, check->state);
	char title[700], name[160];

	fputs("  <testcase classname=\"", out);
	put_text(out, check->tape);
	fputc('.', out);
	put_text(out, check->arm);
	fputs("\" name=\"", out);
	put_text(out, gate_check_name(check, name, sizeof(name)));
	if (!element) {
		fputs("\"><system-out>", out);
		put_text(out, check->message);
		fputs("</system-out></testcase>\n", out);
		return;
	}
	fprintf(out, "\">\n   <%s type=\"%s\" message=\"", element,
		gate_state_name(check->state));
	put_text(out, check->message);
	fputs("\">", out);
	put_text(out, gate_check_title(check, title, sizeof(title)));
	fputs(": ", out);
	put_text(out, check->message);
	fprintf(out, "</%s>\n  </testcase>\n", element);
}

void render_gate_junit(const struct gate *gate, FILE *out)
{
	size_t unclear = gate->nr[GATE_UNCLEAR] + gate->nr[GATE_INCOMPARABLE];
	size_t i;
	size_t errors = gate->nr[GATE_CRASHED] + gate->nr[GATE_MISSING] +
			(gate->unclear_passes ? 0 : unclear);

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n",
	      out);
	fprintf(out,
		" <testsuite name=\"heaptape gate\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		gate->nr_checks, gate->nr[GATE_FAIL], errors,
		gate->unclear_passes ? unclear : 0);
	for (i = 0; i < gate->nr_checks; i++)
		put_check(gate, &gate->checks[i], out);
	fputs(" </testsuite>\n</testsuites>\n", out);
}
