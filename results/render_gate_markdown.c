// SPDX-License-Identifier: MIT
/* The gate as Markdown: what does not pass, and the rest as a number. */
#include "results/gate.h"
#include "results/markdown.h"
#include "results/render_gate.h"

/* GitHub refuses a summary above 1 MiB whole. */
#define MAX_ROWS 500

static void put_row(const struct gate_check *check, FILE *out)
{
	char name[160];

	fprintf(out, "| %s | ", gate_state_name(check->state));
	markdown_text(out, check->tape);
	fputs(" | ", out);
	markdown_text(out, check->label);
	fputs(" | ", out);
	markdown_text(out, check->is_anchor
				   ? gate_check_name(check, name, sizeof(name))
			   : check->budget ? check->budget->text
					   : check->metric->title);
	fputs(" | ", out);
	markdown_text(out, check->message);
	fputs(" |\n", out);
}

void render_gate_markdown(const struct gate *gate, FILE *out)
{
	size_t shown = 0, i;
	char text[200], against[600];

	fprintf(out, "### heaptape gate: %s\n\n%s, against ",
		gate_verdict(gate), gate_summary(gate, text, sizeof(text)));
	markdown_text(out, gate_against(gate, against, sizeof(against)));
	fputs(".\n", out);
	for (i = 0; i < gate->nr_notes; i++) {
		fputs("\nNote: ", out);
		markdown_text(out, gate->notes[i]);
		fputs(".\n", out);
	}
	for (i = 0; i < gate->nr_checks; i++) {
		if (gate->checks[i].state == GATE_PASS || shown == MAX_ROWS)
			continue;
		if (!shown++)
			fputs("\n| | tape | arm | metric | |\n"
			      "|---|---|---|---|---|\n",
			      out);
		put_row(&gate->checks[i], out);
	}
	if (shown == MAX_ROWS)
		fprintf(out, "\nThe first %d are shown.\n", MAX_ROWS);
}
