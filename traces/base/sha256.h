// SPDX-License-Identifier: MIT
/*
 * SHA-256 (FIPS 180-4): the identity of tapes, libraries and plans between
 * machines. Any thread, each with a struct of its own.
 */
#ifndef TRACES_BASE_SHA256_H
#define TRACES_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { SHA256_HEX = 65 }; /* digits and NUL */

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char rest[64]; /* of a block that is not full */
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t len);
/* The digest in hexadecimal; the struct has to be started again. */
void sha256_finish(struct sha256 *sha, char hex[SHA256_HEX]);

/* Of some bytes, and of a file with its size (may be NULL): 0 or -ERR_IO. */
void sha256_of(const void *bytes, size_t len, char hex[SHA256_HEX]);
int sha256_file(const char *path, char hex[SHA256_HEX], uint64_t *bytes,
		struct err *err);

#endif
