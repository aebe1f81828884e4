// SPDX-License-Identifier: MIT
/* How much of a large block lies in memory. */
#ifndef RECORDER_SHIM_RESIDENCY_H
#define RECORDER_SHIM_RESIDENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESIDENCY_LEAST (64u << 10) /* bytes; smaller blocks are not asked */

/*
 * Tell how many bytes of a block are resident. False: it is not known, as the
 * block is small or there were too many of late. Any thread, also in signal
 * handlers; errno is kept.
 */
bool residency_of(const void *block, size_t size, uint64_t *touched_bytes);

#endif
