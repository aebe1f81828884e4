// SPDX-License-Identifier: MIT
/* What the files of the kernels program share; see kernels.c. */
#ifndef SCRIPTS_BENCH_KERNELS_H
#define SCRIPTS_BENCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* The usual number of steps, scaled as the command line says; at least one. */
long steps(long usual);
uint32_t next_random(uint32_t *state);
double now_ns(void);
size_t resident_bytes(void);
/* The compiler must take the block to be used, and its bytes to be read. */
static inline void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* A block of n bytes, all written; ends the program without memory. */
void *filled(size_t n);
/* Prints one line of the result. */
void say(const char *name, double value);

/* kernels_threads.c */
void bleed(void);
void prodcons(void);
void falseshare(void);
void threadchurn(void);
void idlethreads(void);
/* kernels_shift.c */
void shift(void);

#endif
