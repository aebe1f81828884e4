// SPDX-License-Identifier: MIT
/*
 * Calls every function of the malloc family, told apart by their sizes, and
 * checks what a recorder must not change: contents, alignment, errno.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed;

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", what);
	failed = 1;
}

static void plain(void)
{
	char *p = malloc(7001), *q;

	memset(p, 1, 7001);
	expect(malloc_usable_size(p) >= 7001, "usable size");
	expect(malloc_usable_size(NULL) == 0, "usable size of NULL");
	p = realloc(p, 70010);
	expect(p[0] == 1 && p[7000] == 1, "realloc keeps the contents");
	p = reallocarray(p, 10, 7002);
	expect(p[7000] == 1, "reallocarray keeps the contents");
	q = calloc(7, 1003);
	expect(!q[0] && !q[7020], "calloc clears");
	free(p);
	free(q);
	q = realloc(NULL, 7004);
	free(q);
	free(malloc(0));
	free(NULL);
	free(NULL);
	free(NULL);
}

static void aligned(void)
{
	const size_t page = (size_t)getpagesize();
	void *p = NULL, *q[5];
	int i;

	expect(!posix_memalign(&p, 64, 7011) && !((uintptr_t)p & 63),
	       "posix_memalign");
	q[0] = p;
	q[1] = aligned_alloc(128, 7040);
	q[2] = memalign(256, 7013);
	q[3] = valloc(7014);
	q[4] = pvalloc(7015);
	expect(!((uintptr_t)q[1] & 127) && !((uintptr_t)q[2] & 255) &&
		       !((uintptr_t)q[3] & (page - 1)) &&
		       !((uintptr_t)q[4] & (page - 1)),
	       "alignment");
	for (i = 0; i < 5; i++)
		free(q[i]);
}

/* The compiler would warn of calls that cannot succeed. */
static uintptr_t hidden(uintptr_t value)
{
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void failing(void)
{
	const size_t huge = hidden(SIZE_MAX);
	const uintptr_t block = hidden((uintptr_t)malloc(7021));
	void *p = (void *)1;

	errno = 0;
	expect(!malloc(huge / 2) && errno == ENOMEM, "malloc fails");
	errno = 0;
	expect(!calloc(huge, 3) && errno == ENOMEM, "calloc overflows");
	errno = 0;
	expect(!reallocarray((void *)block, huge, 3) && errno == ENOMEM,
	       "reallocarray overflows");
	expect(!realloc((void *)hidden(block), huge / 2), "realloc fails");
	expect(posix_memalign(&p, 3, 7022) == EINVAL && p == (void *)1,
	       "posix_memalign refuses");
	free((void *)hidden(block));
}

/* Sizes that do not fit into a short record. */
static void large(void)
{
	void *p = malloc((size_t)3 << 30);

	expect(p != NULL, "3 GiB of address space");
	free(p);
}

/* C23's, which this C library need not have: the recorder brings them. */
static void sized(void)
{
	void (*free_sized)(void *, size_t);
	void (*free_aligned_sized)(void *, size_t, size_t);

	*(void **)&free_sized = dlsym(RTLD_DEFAULT, "free_sized");
	*(void **)&free_aligned_sized =
		dlsym(RTLD_DEFAULT, "free_aligned_sized");
	if (!free_sized || !free_aligned_sized)
		return;
	free_sized(malloc(7031), 7031);
	free_aligned_sized(aligned_alloc(64, 7040), 64, 7040);
}

/* More events than a ring holds, so that some of them wait for the drain. */
static void errno_kept(void)
{
	int i, kept = 1;

	for (i = 0; i < 100000; i++) {
		errno = 77;
		free(malloc(7041));
		kept &= errno == 77;
	}
	expect(kept, "errno is kept");
}

static void tell(const char *call, const void *result)
{
	printf("%s: %s, errno %d\n", call, result ? "a block" : "NULL", errno);
	errno = 0;
}

/* What a call does at its edges is the allocator's choice: print it. */
static void edges(void)
{
	const size_t zero = hidden(0), huge = hidden(SIZE_MAX), odd = hidden(3);
	void *p = NULL, *q;
	int ret;

	errno = 0;
	tell("malloc(0)", malloc(zero));
	tell("calloc(0, 8)", calloc(zero, 8));
	tell("calloc(8, 0)", calloc(8, zero));
	tell("realloc(NULL, 0)", realloc(NULL, zero));
	tell("realloc(p, 0)", realloc((void *)hidden((uintptr_t)malloc(7)), 0));
	tell("reallocarray(NULL, 0, 0)", reallocarray(NULL, zero, zero));
	tell("malloc(PTRDIFF_MAX + 1)", malloc(huge / 2 + 1));
	tell("malloc(SIZE_MAX)", malloc(huge));
	tell("calloc(SIZE_MAX, SIZE_MAX)", calloc(huge, huge));
	tell("memalign(3, 8)", memalign(odd, 8));
	tell("memalign(SIZE_MAX, 8)", memalign(huge, 8));
	tell("memalign(64, SIZE_MAX)", memalign(64, huge));
	tell("aligned_alloc(3, 9)", aligned_alloc(odd, 9));
	tell("aligned_alloc(64, 65)", aligned_alloc(64, hidden(65)));
	tell("aligned_alloc(64, 0)", aligned_alloc(64, zero));
	tell("valloc(0)", valloc(zero));
	tell("valloc(SIZE_MAX)", valloc(huge));
	ret = posix_memalign(&p, odd, 8);
	printf("%d\n", ret);
	tell("posix_memalign(3, 8)", p);
	ret = posix_memalign(&p, 64, huge);
	printf("%d\n", ret);
	tell("posix_memalign(64, SIZE_MAX)", p);
	ret = posix_memalign(&p, 8, zero);
	printf("%d\n", ret);
	tell("posix_memalign(8, 0)", p);
	p = memset(malloc(100), 5, 100);
	q = realloc((void *)hidden((uintptr_t)p), huge / 4);
	tell("realloc(p, SIZE_MAX / 4)", q);
	printf("kept: %d\n", ((char *)p)[99]);
	printf("usable: %zu %zu\n", malloc_usable_size(p),
	       malloc_usable_size(NULL));
	free(p);
	printf("%d %d\n", mallopt(M_MMAP_THRESHOLD, 1 << 20), malloc_trim(0));
	errno = 33;
	free(NULL);
	free(malloc(1 << 21));
	tell("free", NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "edges")) {
		edges();
		return 0;
	}
	plain();
	aligned();
	failing();
	large();
	sized();
	if (argc > 1 && !strcmp(argv[1], "many"))
		errno_kept();
	return failed;
}
