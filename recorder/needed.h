// SPDX-License-Identifier: MIT
/* What a program's file asks the dynamic loader for. */
#ifndef RECORDER_NEEDED_H
#define RECORDER_NEEDED_H

#include <stdbool.h>

/*
 * Whether the program, found as execvp(3) finds it, needs a library whose
 * name begins like that. False also where it cannot be read.
 */
bool needed_by(const char *program, const char *library);

#endif
