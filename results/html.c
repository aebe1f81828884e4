// SPDX-License-Identifier: MIT
/* Escaping, for HTML and for SVG, which must be well-formed XML. */
#include <stdarg.h>

#include "results/html.h"

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else
			fputc(c, out);
	}
}

void html_name(FILE *out, const char *name)
{
	fputs("<bdi>", out);
	html_text(out, name);
	fputs("</bdi>", out);
}

void html_textf(FILE *out, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	html_text(out, text);
}
