// SPDX-License-Identifier: MIT
/* Scanning and printing of numbers with units, from one table per family. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "traces/base/units.h"

struct unit {
	const char *name;  /* as printed */
	const char *alias; /* short form that is read as well, or NULL */
	double scale;
};

static const struct unit bytes_units[] = {
	{ "TiB", "T", 1099511627776.0 },
	{ "GiB", "G", 1073741824.0 },
	{ "MiB", "M", 1048576.0 },
	{ "KiB", "K", 1024.0 },
	{ "B", "B", 1.0 },
};

static const struct unit time_units[] = {
	{ "h", "h", 3600e9 }, { "min", "m", 60e9 }, { "s", "s", 1e9 },
	{ "ms", "ms", 1e6 },  { "us", "us", 1e3 },  { "ns", "ns", 1.0 },
};

static const struct unit count_units[] = {
	{ " G", NULL, 1e9 },
	{ " M", NULL, 1e6 },
	{ " k", NULL, 1e3 },
	{ "", NULL, 1.0 },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const struct unit *pick(const struct unit *table, size_t nr, double v)
{
	double magnitude = v < 0 ? -v : v;
	size_t i;

	for (i = 0; i + 1 < nr; i++)
		if (magnitude >= table[i].scale)
			break;
	return &table[i];
}

static int digits(double v)
{
	if (v < 0)
		v = -v;
	return v < 10 ? 2 : v < 100 ? 1 : 0;
}

static char *format(char *buf, size_t len, double v, const struct unit *u,
		    const char *gap)
{
	double scaled = v / u->scale;
	int nr = u->scale == 1.0 && scaled == (double)(long long)scaled
			 ? 0
			 : digits(scaled);

	snprintf(buf, len, "%.*f%s%s", nr, scaled, gap, u->name);
	return buf;
}

char *units_format_bytes(char *buf, size_t len, double bytes)
{
	return format(buf, len, bytes,
		      pick(bytes_units, NR(bytes_units), bytes), " ");
}

char *units_format_ns(char *buf, size_t len, double ns)
{
	return format(buf, len, ns, pick(time_units, NR(time_units), ns), " ");
}

char *units_format_count(char *buf, size_t len, double count)
{
	return format(buf, len, count,
		      pick(count_units, NR(count_units), count), "");
}

static int parse(const char *text, const struct unit *table, size_t nr,
		 double bare_scale, uint64_t *out)
{
	char *end;
	double v;
	size_t i;

	if (!*text || strchr("+- \t", *text))
		return -1;
	v = strtod(text, &end);
	if (end == text || !(v >= 0))
		return -1;
	while (*end == ' ')
		end++;
	if (!*end) {
		v *= bare_scale;
	} else {
		for (i = 0; i < nr; i++)
			if (!strcasecmp(end, table[i].name) ||
			    !strcasecmp(end, table[i].alias))
				break;
		if (i == nr)
			return -1;
		v *= table[i].scale;
	}
	if (v >= 18446744073709551615.0)
		return -1;
	*out = (uint64_t)v;
	return 0;
}

int units_parse_bytes(const char *text, uint64_t *bytes)
{
	return parse(text, bytes_units, NR(bytes_units), 1.0, bytes);
}

int units_parse_ns(const char *text, uint64_t *ns)
{
	return parse(text, time_units, NR(time_units), 1e9, ns);
}
