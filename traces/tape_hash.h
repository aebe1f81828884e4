// SPDX-License-Identifier: MIT
/* Checksums and the identity hash of tapes: XXH3 of the xxHash library. */
#ifndef TRACES_TAPE_HASH_H
#define TRACES_TAPE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tape_hash;

/* XXH3-64 of the bytes: the checksum of headers, index and trailer. */
uint64_t tape_checksum(const void *bytes, size_t len);

/*
 * Whether the bytes have this checksum. The build for the fuzzer says yes to
 * all, so that mutated inputs reach the code behind.
 */
bool tape_checksum_matches(const void *bytes, size_t len, uint64_t checksum);

/* A hash over a stream; NULL when memory is out. */
struct tape_hash *tape_hash_new(void);
void tape_hash_add(struct tape_hash *h, const void *bytes, size_t len);
/* Write 32 hex digits and NUL of XXH3-128, and free h. */
void tape_hash_finish(struct tape_hash *h, char out[33]);

#endif
