// SPDX-License-Identifier: MIT
/*
 * Seccomp filters that treat a few system calls otherwise than the rest, by
 * who calls or by what they are about. Not thread-safe; a filter holds for
 * all threads that there are and will be.
 */
#ifndef REPLAYER_WORKER_FILTER_H
#define REPLAYER_WORKER_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILTER_MAX_CODE = 256 };

struct filter {
	struct sock_filter code[FILTER_MAX_CODE];
	unsigned short nr;
};

/* Addresses [from, end). */
struct filter_range {
	uint64_t from;
	uint64_t end;
};

/* What a range is compared with. */
#define FILTER_CALLER    offsetof(struct seccomp_data, instruction_pointer)
#define FILTER_FIRST_ARG offsetof(struct seccomp_data, args)

/* Memory that an object has from its ELF header on; empty for base 0. */
struct filter_range filter_image(uint64_t base);
struct filter_range filter_memory(const void *p, size_t bytes);

/* The worker's own instructions. */
struct filter_range filter_own_text(void);

void filter_begin(struct filter *f);
/* That call gets the verdict, unless the value at `at` is in a range. */
void filter_stop(struct filter *f, long call, uint32_t verdict, size_t at,
		 const struct filter_range *ranges, unsigned nr);
/* False where it is forbidden; errno tells. */
bool filter_install(struct filter *f);

#endif
