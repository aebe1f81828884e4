// SPDX-License-Identifier: MIT
/* The only place that knows xxHash. Inlined, so that no library is needed. */
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "traces/tape_hash.h"

uint64_t tape_checksum(const void *bytes, size_t len)
{
	return XXH3_64bits(bytes, len);
}

bool tape_checksum_matches(const void *bytes, size_t len, uint64_t checksum)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes;
	(void)len;
	(void)checksum;
	return true;
#else
	return tape_checksum(bytes, len) == checksum;
#endif
}

struct tape_hash *tape_hash_new(void)
{
	XXH3_state_t *state = XXH3_createState();

	if (state)
		XXH3_128bits_reset(state);
	return (struct tape_hash *)state;
}

void tape_hash_add(struct tape_hash *h, const void *bytes, size_t len)
{
	XXH3_128bits_update((XXH3_state_t *)h, bytes, len);
}

void tape_hash_finish(struct tape_hash *h, char out[33])
{
	XXH128_hash_t hash = XXH3_128bits_digest((XXH3_state_t *)h);

	snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
	XXH3_freeState((XXH3_state_t *)h);
}
