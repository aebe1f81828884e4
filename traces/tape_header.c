// SPDX-License-Identifier: MIT
/*
 * Writing and reading of the file header. Every message says what the file
 * is instead of a readable tape, and what can be done.
 */
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/tape_format.h"
#include "traces/tape_hash.h"
#include "traces/tape_header.h"
#include "traces/tape_meta.h"
#include "traces/tape_source.h"

int tape_header_pack(const struct tape_header *header,
		     const struct tape_meta *meta, uint8_t **out, size_t *len,
		     struct err *err)
{
	size_t meta_len = meta ? tape_meta_packed_len(meta) : 0;
	size_t nr = meta ? meta->nr : 0;
	size_t body = TAPE_HEADER_FIXED + meta_len;
	uint8_t *p;

	if (body + TAPE_HEADER_CHECKSUM > TAPE_HEADER_MAX || nr > TAPE_META_MAX)
		return err_set(err, ERR_ARG, 0,
			       "metadata of %zu pairs and %zu bytes is more "
			       "than a tape holds",
			       nr, meta_len);
	p = calloc(1, body + TAPE_HEADER_CHECKSUM);
	if (!p)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	memcpy(p, TAPE_MAGIC, TAPE_MAGIC_LEN);
	put_le32(p + 8, TAPE_VERSION);
	put_le32(p + 12, (uint32_t)(body + TAPE_HEADER_CHECKSUM));
	put_le64(p + 16, header->required);
	put_le64(p + 24, header->optional);
	put_le32(p + 32, header->time_unit_ns);
	put_le32(p + 36, (uint32_t)nr);
	if (meta)
		tape_meta_pack(meta, p + TAPE_HEADER_FIXED);
	put_le64(p + body, tape_checksum(p, body));
	*out = p;
	*len = body + TAPE_HEADER_CHECKSUM;
	return 0;
}

static int check_magic(const struct tape_source *src, const uint8_t *fixed,
		       struct err *err)
{
	if (!memcmp(fixed, TAPE_MAGIC, TAPE_MAGIC_LEN))
		return 0;
	if (!memcmp(fixed, TAPE_MAGIC, 6))
		return err_set(err, ERR_FORMAT, 0,
			       "%s: a tape whose line ends were changed on the "
			       "way; copy it again, in binary mode",
			       src->label);
	return err_set(err, ERR_FORMAT, 0,
		       "%s: not a tape (no magic at offset 0)", src->label);
}

static int check_fixed(const struct tape_source *src,
		       const struct tape_header *h, struct err *err)
{
	if (h->version > TAPE_VERSION)
		return err_set(err, ERR_VERSION, 0,
			       "%s: tape format %u, this heaptape reads up to "
			       "%u; use a newer heaptape",
			       src->label, h->version, TAPE_VERSION);
	if (h->size < TAPE_HEADER_FIXED + TAPE_HEADER_CHECKSUM ||
	    h->size > TAPE_HEADER_MAX || !h->version)
		return err_set(err, ERR_FORMAT, 0,
			       "%s: damaged header (size %u at offset 12); "
			       "nothing can be read",
			       src->label, h->size);
	if (h->size > src->size)
		return err_set(err, ERR_TRUNCATED, 0,
			       "%s: cut at offset %llu, inside its header of "
			       "%u bytes; nothing can be read",
			       src->label, (unsigned long long)src->size,
			       h->size);
	return 0;
}

static int check_whole(const struct tape_source *src,
		       const struct tape_header *h, const uint8_t *bytes,
		       struct tape_meta *meta, struct err *err)
{
	size_t body = h->size - TAPE_HEADER_CHECKSUM, used;
	int ret;

	if (!tape_checksum_matches(bytes, body, le64(bytes + body)))
		return err_set(err, ERR_FORMAT, 0,
			       "%s: damaged header (checksum at offset %zu)",
			       src->label, body);
	if (h->required & ~(uint64_t)TAPE_REQUIRED_KNOWN)
		return err_set(err, ERR_VERSION, 0,
			       "%s: needs tape features %#llx that this "
			       "heaptape does not know; use a newer heaptape",
			       src->label, (unsigned long long)h->required);
	if (!h->time_unit_ns || h->time_unit_ns > 1000000000)
		return err_set(err, ERR_FORMAT, 0,
			       "%s: time unit of %u ns at offset 32",
			       src->label, h->time_unit_ns);
	ret = tape_meta_unpack(meta, bytes + TAPE_HEADER_FIXED,
			       body - TAPE_HEADER_FIXED, le32(bytes + 36),
			       &used);
	if (ret == -ERR_NOMEM)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	if (ret)
		return err_set(err, ERR_FORMAT, 0,
			       "%s: metadata does not fit into the header",
			       src->label);
	return 0;
}

int tape_header_read(const struct tape_source *src, struct tape_header *header,
		     struct tape_meta *meta, struct err *err)
{
	uint8_t fixed[TAPE_HEADER_FIXED] = { 0 }, *bytes;
	size_t have = src->size < sizeof(fixed) ? src->size : sizeof(fixed);
	int ret;

	if (!src->size)
		return err_set(err, ERR_TRUNCATED, 0,
			       "%s: an empty file, not a tape", src->label);
	ret = tape_source_read(src, 0, fixed, have, err);
	if (!ret && have >= TAPE_MAGIC_LEN)
		ret = check_magic(src, fixed, err);
	if (ret)
		return ret;
	if (have < sizeof(fixed))
		return err_set(err, ERR_TRUNCATED, 0,
			       "%s: ends at offset %zu, inside the header; "
			       "nothing can be read",
			       src->label, have);
	*header = (struct tape_header){
		.version = le32(fixed + 8),
		.size = le32(fixed + 12),
		.required = le64(fixed + 16),
		.optional = le64(fixed + 24),
		.time_unit_ns = le32(fixed + 32),
	};
	ret = check_fixed(src, header, err);
	if (ret)
		return ret;
	bytes = malloc(header->size);
	if (!bytes)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	ret = tape_source_read(src, 0, bytes, header->size, err);
	if (!ret)
		ret = check_whole(src, header, bytes, meta, err);
	free(bytes);
	return ret;
}
