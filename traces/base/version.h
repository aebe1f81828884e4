// SPDX-License-Identifier: MIT
/* The version of the tools and of the formats that they write. */
#ifndef TRACES_BASE_VERSION_H
#define TRACES_BASE_VERSION_H

#define HEAPTAPE_VERSION         "0.1.0"
#define HEAPTAPE_TAPE_FORMAT     1
#define HEAPTAPE_RESULT_FORMAT   1
#define HEAPTAPE_BASELINE_FORMAT 1

#endif
