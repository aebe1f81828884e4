// SPDX-License-Identifier: MIT
/* heaptape-record VERB: recording, and control of what is being recorded. */
#include <string.h>

#include "recorder/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "record")) {
		log_init("heaptape-record", 0);
		return record_verb(argc - 1, argv + 1);
	}
	if (argc > 1 && !strcmp(argv[1], "ctl")) {
		log_init("heaptape-ctl", 0);
		return ctl_verb(argc - 1, argv + 1);
	}
	log_init("heaptape-record", 0);
	log_error("name a verb: record or ctl");
	return EXIT_USAGE;
}
