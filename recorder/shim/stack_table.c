// SPDX-License-Identifier: MIT
/*
 * Finds a function's entry in the unwind tables of a loaded file:
 * .eh_frame_hdr is a sorted table of functions, .eh_frame holds the entries
 * (Linux Standard Base, section 10.6).
 */
#include <string.h>

#include "recorder/shim/stack_table.h"

/* Encodings of addresses: the size, and to what they are relative. */
enum {
	ENC_ABSOLUTE = 0x00,
	ENC_UDATA4 = 0x03,
	ENC_UDATA8 = 0x04,
	ENC_SDATA4 = 0x0b,
	ENC_SDATA8 = 0x0c,
	ENC_SIZE = 0x0f,
	ENC_RELATIVE = 0x10, /* to their own place */
	ENC_TABLE = 0x3b,    /* to the header, in four bytes */
};

uint64_t stack_fixed(struct stack_bytes *b, size_t len)
{
	uint64_t value = 0;

	if (stack_overrun(b) || (size_t)(b->end - b->at) < len) {
		b->at = b->end + 1;
		return 0;
	}
	memcpy(&value, b->at, len);
	b->at += len;
	return value;
}

static uint64_t leb(struct stack_bytes *b, unsigned *bits, uint8_t *last)
{
	uint64_t value = 0;

	*bits = 0;
	do {
		*last = (uint8_t)stack_fixed(b, 1);
		if (*bits < 64)
			value |= (uint64_t)(*last & 0x7f) << *bits;
		*bits += 7;
	} while (*last & 0x80);
	return value;
}

uint64_t stack_uleb(struct stack_bytes *b)
{
	unsigned bits;
	uint8_t last;

	return leb(b, &bits, &last);
}

int64_t stack_sleb(struct stack_bytes *b)
{
	unsigned bits;
	uint8_t last;
	uint64_t value = leb(b, &bits, &last);

	if (last & 0x40 && bits < 64)
		value |= ~0ull << bits;
	return (int64_t)value;
}

void stack_skip(struct stack_bytes *b, uint64_t len)
{
	if (stack_overrun(b) || (uint64_t)(b->end - b->at) < len)
		b->at = b->end + 1;
	else
		b->at += len;
}

uint64_t stack_pointer(struct stack_bytes *b, uint8_t encoding)
{
	uint64_t base = encoding & ENC_RELATIVE ? (uintptr_t)b->at : 0;

	switch (encoding & ENC_SIZE) {
	case ENC_SDATA4:
		return base + (uint64_t)(int32_t)stack_fixed(b, 4);
	case ENC_UDATA4:
		return base + stack_fixed(b, 4);
	case ENC_ABSOLUTE:
	case ENC_UDATA8:
	case ENC_SDATA8:
		return base + stack_fixed(b, 8);
	}
	b->at = b->end + 1;
	return 0;
}

/* The last function that begins at or before the address. NULL: none does. */
static const uint8_t *search(const struct stack_object *o, uint64_t addr)
{
	const uint8_t *hdr = o->eh_frame_hdr, *table;
	struct stack_bytes b = { hdr, (const uint8_t *)(uintptr_t)o->end };
	uint64_t low = 0, high, middle, kinds;
	uint8_t encoding;
	int32_t pair[2]; /* function, entry */

	if (!hdr || stack_fixed(&b, 1) != 1)
		return NULL;
	encoding = (uint8_t)stack_fixed(&b, 1);
	kinds = stack_fixed(&b, 2);
	if (kinds != (ENC_UDATA4 | ENC_TABLE << 8))
		return NULL;
	stack_pointer(&b, encoding);
	high = stack_fixed(&b, 4);
	table = b.at;
	if (stack_overrun(&b) ||
	    high > (uint64_t)(b.end - table) / sizeof(pair))
		return NULL;
	while (low < high) {
		middle = low + (high - low) / 2;
		memcpy(pair, table + middle * sizeof(pair), sizeof(pair));
		if ((uintptr_t)hdr + (uint64_t)pair[0] <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	memcpy(pair, table + (low - 1) * sizeof(pair), sizeof(pair));
	return hdr + pair[1];
}

/* Bound b to the entry that begins at p; false: it is none. */
static bool open_entry(const struct stack_object *o, const uint8_t *p,
		       struct stack_bytes *b)
{
	uint64_t len;

	if ((uintptr_t)p < o->start || (uintptr_t)p >= o->end)
		return false;
	b->at = p;
	b->end = (const uint8_t *)(uintptr_t)o->end;
	len = stack_fixed(b, 4);
	if (stack_overrun(b) || len < 4 || len > (uint64_t)(b->end - b->at))
		return false;
	b->end = b->at + len;
	return true;
}

/* What the letters of an augmentation announce. */
static bool read_augmentation(struct stack_bytes *b, const char *letters,
			      struct stack_entry *entry)
{
	struct stack_bytes data;
	uint64_t len;

	if (*letters != 'z')
		return !*letters;
	entry->augmented = true;
	len = stack_uleb(b);
	data.at = b->at;
	stack_skip(b, len);
	data.end = b->at;
	if (stack_overrun(b))
		return false;
	for (letters++; *letters; letters++) {
		if (*letters == 'R')
			entry->encoding = (uint8_t)stack_fixed(&data, 1);
		else if (*letters == 'P')
			stack_pointer(&data, (uint8_t)stack_fixed(&data, 1));
		else if (*letters == 'L')
			stack_fixed(&data, 1);
		else if (*letters != 'S' && *letters != 'B')
			return false;
	}
	return !stack_overrun(&data);
}

/* The part that functions have in common. */
static bool read_common(const struct stack_object *o, const uint8_t *p,
			struct stack_entry *entry)
{
	struct stack_bytes b;
	const char *letters;
	uint64_t version;

	if (!open_entry(o, p, &b) || stack_fixed(&b, 4))
		return false;
	version = stack_fixed(&b, 1);
	letters = (const char *)b.at;
	while (stack_fixed(&b, 1))
		;
	entry->code_align = stack_uleb(&b);
	entry->data_align = stack_sleb(&b);
	if ((version == 1 ? stack_fixed(&b, 1) : stack_uleb(&b)) != REG_RETURN)
		return false;
	if (stack_overrun(&b) || !read_augmentation(&b, letters, entry))
		return false;
	entry->common = b;
	return true;
}

bool stack_entry_find(const struct stack_object *object, uint64_t addr,
		      struct stack_entry *entry)
{
	const uint8_t *p = search(object, addr), *place;
	struct stack_bytes b;
	uint64_t back, len;

	*entry = (struct stack_entry){ .encoding = ENC_ABSOLUTE };
	if (!p || !open_entry(object, p, &b))
		return false;
	place = b.at;
	back = stack_fixed(&b, 4);
	if (!back || !read_common(object, place - back, entry))
		return false;
	entry->start = stack_pointer(&b, entry->encoding);
	len = stack_pointer(&b, entry->encoding & ENC_SIZE);
	if (entry->augmented)
		stack_skip(&b, stack_uleb(&b));
	if (stack_overrun(&b) || addr - entry->start >= len)
		return false;
	entry->own = b;
	return true;
}
