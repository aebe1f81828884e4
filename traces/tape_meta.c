// SPDX-License-Identifier: MIT
/*
 * Metadata: a small ordered list of keys and values, and its bytes, which the
 * file header and the END block share: per pair u32 key length, u32 value
 * length, key, value; no terminators.
 */
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_format.h"
#include "traces/tape_meta.h"

static struct tape_meta_entry *find(const struct tape_meta *meta,
				    const char *key)
{
	size_t i;

	for (i = 0; i < meta->nr; i++)
		if (!strcmp(meta->entries[i].key, key))
			return &meta->entries[i];
	return NULL;
}

const char *tape_meta_get(const struct tape_meta *meta, const char *key)
{
	struct tape_meta_entry *entry = find(meta, key);

	return entry ? entry->value : NULL;
}

static int append(struct tape_meta *meta, char *key, char *value)
{
	struct tape_meta_entry *entries =
		realloc(meta->entries, (meta->nr + 1) * sizeof(*meta->entries));

	if (!entries)
		return -1;
	meta->entries = entries;
	entries[meta->nr].key = key;
	entries[meta->nr++].value = value;
	return 0;
}

int tape_meta_set(struct tape_meta *meta, const char *key, const char *value,
		  struct err *err)
{
	struct tape_meta_entry *entry = find(meta, key);
	char *value_copy = strdup(value);
	char *key_copy = entry ? NULL : strdup(key);

	if (!value_copy || (!entry && !key_copy))
		goto nomem;
	if (entry) {
		free(entry->value);
		entry->value = value_copy;
		return 0;
	}
	if (!append(meta, key_copy, value_copy))
		return 0;
nomem:
	free(key_copy);
	free(value_copy);
	return err_set(err, ERR_NOMEM, 0, "out of memory");
}

void tape_meta_release(struct tape_meta *meta)
{
	size_t i;

	for (i = 0; i < meta->nr; i++) {
		free(meta->entries[i].key);
		free(meta->entries[i].value);
	}
	free(meta->entries);
	memset(meta, 0, sizeof(*meta));
}

size_t tape_meta_packed_len(const struct tape_meta *meta)
{
	size_t i, len = 0;

	for (i = 0; i < meta->nr; i++)
		len += 8 + strlen(meta->entries[i].key) +
		       strlen(meta->entries[i].value);
	return len;
}

void tape_meta_pack(const struct tape_meta *meta, uint8_t *out)
{
	size_t i;

	for (i = 0; i < meta->nr; i++) {
		size_t key = strlen(meta->entries[i].key);
		size_t value = strlen(meta->entries[i].value);

		put_le32(out, (uint32_t)key);
		put_le32(out + 4, (uint32_t)value);
		memcpy(out + 8, meta->entries[i].key, key);
		memcpy(out + 8 + key, meta->entries[i].value, value);
		out += 8 + key + value;
	}
}

int tape_meta_unpack(struct tape_meta *meta, const uint8_t *bytes, size_t len,
		     size_t nr, size_t *used)
{
	size_t at = 0;

	if (nr > TAPE_META_MAX)
		return -ERR_FORMAT;
	for (; nr; nr--) {
		size_t key, value;
		char *key_copy, *value_copy;

		if (len - at < 8)
			return -ERR_FORMAT;
		key = le32(bytes + at);
		value = le32(bytes + at + 4);
		at += 8;
		if (!key || key > len - at || value > len - at - key)
			return -ERR_FORMAT;
		key_copy = strndup((const char *)bytes + at, key);
		value_copy = strndup((const char *)bytes + at + key, value);
		at += key + value;
		if (!key_copy || !value_copy ||
		    append(meta, key_copy, value_copy)) {
			free(key_copy);
			free(value_copy);
			return -ERR_NOMEM;
		}
	}
	*used = at;
	return 0;
}
