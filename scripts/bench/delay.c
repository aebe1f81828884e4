// SPDX-License-Identifier: MIT
/*
 * glibc's allocator, but every call takes a while longer: a regression that is
 * known, for proofs that it is found. DELAY_LOOPS is how much. Preload it.
 */
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *block);

static unsigned long loops;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("DELAY_LOOPS");

	loops = text ? strtoul(text, NULL, 10) : 0;
}

static void delay(void)
{
	unsigned long i;

	for (i = 0; i < loops; i++)
		__asm__ __volatile__("" ::: "memory");
}

void *malloc(size_t size)
{
	delay();
	return __libc_malloc(size);
}

void *calloc(size_t nr, size_t size)
{
	delay();
	return __libc_calloc(nr, size);
}

void *realloc(void *old, size_t size)
{
	delay();
	return __libc_realloc(old, size);
}

void free(void *block)
{
	delay();
	__libc_free(block);
}
