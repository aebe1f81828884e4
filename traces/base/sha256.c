// SPDX-License-Identifier: MIT
/* SHA-256 as the standard writes it, word by word. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/base/err.h"
#include "traces/base/sha256.h"

enum { BLOCK = 64, CHUNK = 1 << 18 };

/* The first 32 bits of the fractions of the cube roots of 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int by)
{
	return x >> by | x << (32 - by);
}

static uint32_t load_word(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The 64 words of the message schedule. */
static void expand(const unsigned char *block, uint32_t w[64])
{
	int i;

	for (i = 0; i < 16; i++)
		w[i] = load_word(block + 4 * i);
	for (; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* One of the 64 steps; which variable has which role turns with each. */
#define STEP(a, b, c, d, e, f, g, h, i)                             \
 do {                                                               \
  uint32_t t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + \
	       (g ^ (e & (f ^ g))) + round_constants[i] + w[i];     \
  d += t;                                                           \
  h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +          \
      ((a & b) | (c & (a | b)));                                    \
 } while (0)

static void compress(uint32_t s[8], const unsigned char *block)
{
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3];
	uint32_t e = s[4], f = s[5], g = s[6], h = s[7], w[64];
	int i;

	expand(block, w);
	for (i = 0; i < 64; i += 8) {
		STEP(a, b, c, d, e, f, g, h, i);
		STEP(h, a, b, c, d, e, f, g, i + 1);
		STEP(g, h, a, b, c, d, e, f, i + 2);
		STEP(f, g, h, a, b, c, d, e, i + 3);
		STEP(e, f, g, h, a, b, c, d, i + 4);
		STEP(d, e, f, g, h, a, b, c, i + 5);
		STEP(c, d, e, f, g, h, a, b, i + 6);
		STEP(b, c, d, e, f, g, h, a, i + 7);
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
	s[4] += e;
	s[5] += f;
	s[6] += g;
	s[7] += h;
}

void sha256_start(struct sha256 *sha)
{
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					   0xa54ff53a, 0x510e527f, 0x9b05688c,
					   0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, first, sizeof(first));
	sha->bytes = 0;
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t used = sha->bytes % BLOCK, room;

	sha->bytes += len;
	if (used) {
		room = BLOCK - used < len ? BLOCK - used : len;
		memcpy(sha->rest + used, p, room);
		if (used + room < BLOCK)
			return;
		compress(sha->state, sha->rest);
		p += room;
		len -= room;
	}
	for (; len >= BLOCK; p += BLOCK, len -= BLOCK)
		compress(sha->state, p);
	memcpy(sha->rest, p, len);
}

void sha256_finish(struct sha256 *sha, char hex[SHA256_HEX])
{
	unsigned char end[2 * BLOCK] = { 0x80 };
	uint64_t bits = sha->bytes * 8;
	size_t used = sha->bytes % BLOCK;
	size_t len = (used < BLOCK - 8 ? BLOCK : 2 * BLOCK) - used;
	int i;

	for (i = 0; i < 8; i++)
		end[len - 1 - (size_t)i] = (unsigned char)(bits >> 8 * i);
	sha256_add(sha, end, len);
	for (i = 0; i < 8; i++)
		snprintf(hex + 8 * i, 9, "%08x", sha->state[i]);
}

void sha256_of(const void *bytes, size_t len, char hex[SHA256_HEX])
{
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, bytes, len);
	sha256_finish(&sha, hex);
}

int sha256_file(const char *path, char hex[SHA256_HEX], uint64_t *bytes,
		struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), sys;
	char *chunk = malloc(CHUNK);
	struct sha256 sha;
	ssize_t n = -1;

	sha256_start(&sha);
	while (fd >= 0 && chunk && (n = read(fd, chunk, CHUNK)) > 0)
		sha256_add(&sha, chunk, (size_t)n);
	sys = errno;
	if (fd >= 0)
		close(fd);
	free(chunk);
	if (n)
		return err_set(err, ERR_IO, sys, "cannot read %s", path);
	if (bytes)
		*bytes = sha.bytes;
	sha256_finish(&sha, hex);
	return 0;
}
