// SPDX-License-Identifier: MIT
/* The verdict of a tape in sentences, the figures indented under each. */
#include <stdio.h>

#include "results/term_notes.h"
#include "results/verdict.h"

int term_print_verdict(const struct terminal *t,
		       const struct comparison_tape *tape, struct err *err)
{
	struct verdict v;
	size_t i, k;
	int rc = verdict_of_tape(t->cmp, tape, &v, err);

	if (!rc && v.nr)
		fprintf(t->out, "\nWhich one, and why:\n");
	for (i = 0; i < v.nr && !rc; i++) {
		if (v.sentences[i].kind == VERDICT_READING &&
		    (!i || v.sentences[i - 1].kind != VERDICT_READING))
			fputs("To read these figures:\n", t->out);
		term_print_wrapped(t, "- ", v.sentences[i].text);
		for (k = 0; k < v.sentences[i].nr_figures; k++)
			term_print_wrapped(t, "    ",
					   v.sentences[i].figures[k]);
	}
	verdict_release(&v);
	return rc;
}
