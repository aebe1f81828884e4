// SPDX-License-Identifier: MIT
/*
 * report.css and report.js as strings. The hash is that of report.js; a test
 * of the report compares them.
 */
#include "results/html_assets.h"

#define TAKE_IN(name, file)                     \
 __asm__(".section .rodata\n"                   \
	 ".global " name "\n"                   \
	 ".hidden " name "\n"                   \
	 ".type " name ", %object\n" name ":\n" \
	 ".incbin \"" file "\"\n"               \
	 ".byte 0\n"                            \
	 ".previous\n")

TAKE_IN("html_style", "results/report.css");
TAKE_IN("html_script", "results/report.js");

const char html_script_hash[] =
	"sha256-pYEfKANPKXTgGq95uEjIVzsTwuy7QeuTZmWGcFF+Nak=";
