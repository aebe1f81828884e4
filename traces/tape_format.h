// SPDX-License-Identifier: MIT
/*
 * The bytes of a tape, as FORMAT.md gives them: magics, offsets, ids, limits,
 * and access to little-endian fields at any alignment. Internal to libtape.
 */
#ifndef TRACES_TAPE_FORMAT_H
#define TRACES_TAPE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TAPE_MAGIC     "\x89HTAPE\r\n" /* 8 bytes, catches text-mode copies */
#define TAPE_MAGIC_LEN 8
#define TAPE_VERSION   1

/* File header: fixed part, then metadata, then a checksum of all before. */
#define TAPE_HEADER_FIXED    40
#define TAPE_HEADER_CHECKSUM 8
#define TAPE_HEADER_MAX      (1u << 20)
#define TAPE_META_MAX        1024 /* pairs */

/* Feature bits. Required ones that a reader does not know make it refuse. */
#define TAPE_REQUIRED_KNOWN 0u

#define TAPE_BLOCK_MAGIC  "\xd3HTB"
#define TAPE_BLOCK_HEADER 64

enum tape_block_type {
	TAPE_BLOCK_EVENTS = 1,
	TAPE_BLOCK_SAMPLES = 2,
	TAPE_BLOCK_END = 3,
	TAPE_BLOCK_INDEX = 4,
	TAPE_BLOCK_STACKS = 5,
	TAPE_BLOCK_MODULES = 6,
};

enum tape_block_flag {
	TAPE_BLOCK_OPTIONAL = 1, /* readers may skip a type they do not know */
};

#define TAPE_NO_THREAD   0xffffffffu
#define TAPE_THREADS_MAX (1u << 24)
#define TAPE_BLOCK_MAX   (1u << 20)  /* events in a block */
#define TAPE_RAW_MAX     (64u << 20) /* bytes of a payload */
#define TAPE_TEXT_MAX    4096        /* bytes of a name or mark */

#define TAPE_TRAILER       32
#define TAPE_TRAILER_MAGIC "HTAPEEND"

/* A column is id, length as varint, bytes. Kind and time are always there. */
enum tape_column_id {
	TAPE_COL_KIND = 1,
	TAPE_COL_TIME,         /* since the event before; four columns: */
	TAPE_COL_TIME_END = 5, /* see tape_time_column() */
	TAPE_COL_DURATION,
	TAPE_COL_SIZE,
	TAPE_COL_ALIGN,
	TAPE_COL_TAKE,      /* reference of the block returned */
	TAPE_COL_MOVE,      /* the same for a realloc of a block */
	TAPE_COL_TAKE_ADDR, /* where a reference does not do */
	TAPE_COL_GIVE,      /* reference of the block freed */
	TAPE_COL_OLD,       /* reference of the block given to realloc */
	TAPE_COL_GIVE_ADDR, /* where a reference does not do */
	TAPE_COL_LOW,       /* low four bits of the addresses, if not all 0 */
	TAPE_COL_TEXT,
	TAPE_COL_NR, /* ids below: 1 .. NR - 1 */
	/* Notes, which readers may skip; see tape_notes.h. */
	TAPE_COL_STACK = 128,
	TAPE_COL_USABLE,
	TAPE_COL_TOUCHED,
	TAPE_COL_LATENCY,
	TAPE_COL_NOTES_END,
};

/*
 * Times to a free and times to anything else, after a free and after anything
 * else: the four are spread differently, so that each packs better alone.
 */
static inline enum tape_column_id tape_time_column(bool after_free,
						   bool is_free)
{
	return (enum tape_column_id)(TAPE_COL_TIME + 2 * after_free + is_free);
}

#define TAPE_COL_OPTIONAL 0x80 /* bit of the id: readers may skip it */

/* The byte of the kind column: enum tape_kind and what is left out. */
#define TAPE_KIND_MASK   0x1f
#define TAPE_KIND_NOADDR 0x20 /* address is 0 and not in its column */
#define TAPE_KIND_NOOLD  0x40 /* the same for a realloc's old address */
#define TAPE_KIND_FAILED 0x80

static inline uint16_t le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t le32(const void *p)
{
	const uint8_t *b = p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static inline uint64_t le64(const void *p)
{
	const uint8_t *b = p;

	return le32(b) | (uint64_t)le32(b + 4) << 32;
}

static inline void put_le16(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(void *p, uint32_t v)
{
	uint8_t *b = p;

	put_le16(b, (uint16_t)v);
	put_le16(b + 2, (uint16_t)(v >> 16));
}

static inline void put_le64(void *p, uint64_t v)
{
	uint8_t *b = p;

	put_le32(b, (uint32_t)v);
	put_le32(b + 4, (uint32_t)(v >> 32));
}

#endif
