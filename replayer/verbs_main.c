// SPDX-License-Identifier: MIT
/* heaptape-replay VERB: replaying tapes. */
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
	log_init("heaptape-replay", 0);
	log_error("name a verb: replay");
	return EXIT_USAGE;
}
