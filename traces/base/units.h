// SPDX-License-Identifier: MIT
/*
 * Numbers with units, for people: bytes in IEC (KiB, MiB), times in ns, us,
 * ms, s, min, h, counts in k, M, G. One table per family serves reading and
 * writing. Any thread.
 */
#ifndef TRACES_BASE_UNITS_H
#define TRACES_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Write "1.42 GiB", "12.3 us", "184.2 M" into buf; return buf. */
char *units_format_bytes(char *buf, size_t len, double bytes);
char *units_format_ns(char *buf, size_t len, double ns);
char *units_format_count(char *buf, size_t len, double count);

/*
 * Read "64K", "2GiB", "1.5M" (binary steps) or "10s", "250ms", "2m" (m =
 * minutes, a bare number = seconds). 0 on success, -1 when the text is no such
 * number or too large.
 */
int units_parse_bytes(const char *text, uint64_t *bytes);
int units_parse_ns(const char *text, uint64_t *ns);

#endif
