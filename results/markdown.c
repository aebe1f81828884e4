// SPDX-License-Identifier: MIT
/* Escaping: entities, since a backslash does not stop a mention or a link. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "results/markdown.h"
#include "results/term_text.h"

#define MAX_TEXT 1000 /* columns */

void markdown_text(FILE *out, const char *text)
{
	char clean[4 * MAX_TEXT + 4];
	const char *p;

	term_clean(text, MAX_TEXT, clean, sizeof(clean));
	for (p = clean; *p; p++) {
		unsigned char c = (unsigned char)*p;
		/* "www.x.y" is a link without any other sign. */
		bool link = c == '.' && p - clean >= 3 &&
			    !strncasecmp(p - 3, "www", 3);

		if (c < 0x80 && !link &&
		    (isalnum(c) || strchr(" ,.;/=%+-()", c)))
			fputc(c, out);
		else if (c < 0x80)
			fprintf(out, "&#%u;", c);
		else
			fputc(c, out);
	}
}
