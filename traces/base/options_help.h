// SPDX-License-Identifier: MIT
/* What an option table prints: the help, the man page parts, the version. */
#ifndef TRACES_BASE_OPTIONS_HELP_H
#define TRACES_BASE_OPTIONS_HELP_H

struct opt_spec;

/* All print on stdout. */
void opt_print_help(const struct opt_spec *spec);
/* NAME, SYNOPSIS, DESCRIPTION's first line, OPTIONS, EXAMPLES as roff. */
void opt_print_man(const struct opt_spec *spec);
void opt_print_version(const struct opt_spec *spec);

#endif
