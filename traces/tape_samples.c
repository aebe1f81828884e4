// SPDX-License-Identifier: MIT
/*
 * Samples are rows of seven zigzag varints, each the difference to the row
 * before; the end is a list of keys and values like the file's metadata.
 */
#include <stdio.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/tape_meta.h"
#include "traces/tape_samples.h"
#include "traces/tape_varint.h"

#define FIELDS 7

static void to_row(const struct tape_sample *s, unsigned unit_ns,
		   uint64_t row[FIELDS])
{
	row[0] = s->time_ns / unit_ns;
	row[1] = s->rss_anon_bytes;
	row[2] = s->rss_file_bytes;
	row[3] = s->swap_bytes;
	row[4] = s->minor_faults;
	row[5] = s->major_faults;
	row[6] = s->threads;
}

void tape_sample_pack(struct tape_buf *out, const struct tape_sample *s,
		      const struct tape_sample *prev, unsigned unit_ns)
{
	uint64_t row[FIELDS], old[FIELDS];
	uint8_t *p = out->bytes + out->len;
	int i;

	to_row(s, unit_ns, row);
	to_row(prev, unit_ns, old);
	for (i = 0; i < FIELDS; i++)
		p = varint_put(p, zigzag((int64_t)(row[i] - old[i])));
	out->len = (size_t)(p - out->bytes);
}

const uint8_t *tape_sample_unpack(const uint8_t *p, const uint8_t *end,
				  struct tape_sample *s,
				  const struct tape_sample *prev,
				  unsigned unit_ns)
{
	uint64_t row[FIELDS], v;
	int i;

	to_row(prev, unit_ns, row);
	for (i = 0; i < FIELDS; i++) {
		p = varint_get(p, end, &v);
		if (!p)
			return NULL;
		row[i] += (uint64_t)unzigzag(v);
	}
	if (row[0] > UINT64_MAX / unit_ns || row[6] > UINT32_MAX)
		return NULL;
	*s = (struct tape_sample){
		.time_ns = row[0] * unit_ns,
		.rss_anon_bytes = row[1],
		.rss_file_bytes = row[2],
		.swap_bytes = row[3],
		.minor_faults = row[4],
		.major_faults = row[5],
		.threads = (uint32_t)row[6],
	};
	return p;
}

static int set_number(struct tape_meta *meta, const char *key, long long value,
		      struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return tape_meta_set(meta, key, text, err);
}

int tape_end_pack(const struct tape_end *end, uint64_t events,
		  struct tape_buf *out, uint32_t *nr, struct err *err)
{
	struct tape_meta meta = { 0 };
	int ret;

	ret = set_number(&meta, "exit_status", end->exit_status, err);
	if (!ret)
		ret = set_number(&meta, "duration_ns",
				 (long long)end->duration_ns, err);
	if (!ret)
		ret = set_number(&meta, "dropped", (long long)end->dropped,
				 err);
	if (!ret)
		ret = tape_meta_set(&meta, "reason", end->reason, err);
	if (!ret)
		ret = set_number(&meta, "events", (long long)events, err);
	if (!ret && end->asks_usable)
		ret = set_number(&meta, "asks_usable", 1, err);
	if (!ret && !tape_buf_reserve(out, tape_meta_packed_len(&meta)))
		ret = err_set(err, ERR_NOMEM, 0, "out of memory");
	if (!ret) {
		tape_meta_pack(&meta, out->bytes);
		out->len = tape_meta_packed_len(&meta);
		*nr = (uint32_t)meta.nr;
	}
	tape_meta_release(&meta);
	return ret;
}

static long long get_number(const struct tape_meta *meta, const char *key)
{
	const char *text = tape_meta_get(meta, key);

	return text ? strtoll(text, NULL, 10) : 0;
}

bool tape_end_unpack(struct tape_end *end, const uint8_t *bytes, size_t len,
		     size_t nr)
{
	struct tape_meta meta = { 0 };
	const char *reason;
	size_t used;
	bool ok = !tape_meta_unpack(&meta, bytes, len, nr, &used);

	if (ok) {
		end->clean = true;
		end->exit_status = (int32_t)get_number(&meta, "exit_status");
		end->duration_ns = (uint64_t)get_number(&meta, "duration_ns");
		end->dropped = (uint64_t)get_number(&meta, "dropped");
		end->asks_usable = get_number(&meta, "asks_usable") != 0;
		reason = tape_meta_get(&meta, "reason");
		snprintf(end->reason, sizeof(end->reason), "%s",
			 reason ? reason : "");
	}
	tape_meta_release(&meta);
	return ok;
}
