// SPDX-License-Identifier: MIT
/* The style and the script of the page, taken in when heaptape is built. */
#ifndef RESULTS_HTML_ASSETS_H
#define RESULTS_HTML_ASSETS_H

extern const char html_style[];
extern const char html_script[];
/* "sha256-...": what the page's policy allows to run. */
extern const char html_script_hash[];

#endif
