// SPDX-License-Identifier: MIT
/* heaptape-replay VERB: replaying tapes, and whether that tells the truth. */
#include <string.h>

#include "replayer/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "replay")) {
		log_init("heaptape-replay", 0);
		return replay_verb(argc - 1, argv + 1);
	}
	if (argc > 1 && !strcmp(argv[1], "validate")) {
		log_init("heaptape-validate", 0);
		return validate_verb(argc - 1, argv + 1);
	}
	if (argc > 1 && !strcmp(argv[1], "calibrate")) {
		log_init("heaptape-calibrate", 0);
		return calibrate_verb(argc - 1, argv + 1);
	}
	log_init("heaptape-replay", 0);
	log_error("name a verb: replay, calibrate or validate");
	return EXIT_USAGE;
}
