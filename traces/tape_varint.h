// SPDX-License-Identifier: MIT
/*
 * LEB128 varints of 64-bit values and the zigzag mapping of signed ones.
 * Seven bits a byte, lowest first, the top bit set in all but the last byte.
 */
#ifndef TRACES_TAPE_VARINT_H
#define TRACES_TAPE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10 /* bytes of the longest one */

/* Write v at p, which has VARINT_MAX bytes; returns the end. */
static inline uint8_t *varint_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* The same, for values whose lengths are hard to predict: one or two bytes. */
static inline uint8_t *varint_put_short(uint8_t *p, uint64_t v)
{
	bool two = v >= 0x80;

	if (v >= 1u << 14)
		return varint_put(p, v);
	p[0] = (uint8_t)((v & 0x7f) | (unsigned)two << 7);
	p[1] = (uint8_t)(v >> 7);
	return p + 1 + two;
}

/*
 * Read at p, not beyond end; returns the byte after, or NULL when the bytes
 * run out or hold more than 64 bits.
 */
static inline const uint8_t *varint_get(const uint8_t *p, const uint8_t *end,
					uint64_t *v)
{
	uint64_t value = 0;
	unsigned shift = 0;

	if (p < end && *p < 0x80) {
		*v = *p;
		return p + 1;
	}
	for (; p < end && shift < 64; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			return NULL;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*v = value;
			return p;
		}
	}
	return NULL;
}

static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

#endif
