// SPDX-License-Identifier: MIT
/* heaptape-tape VERB: the verbs that read tapes, one file each. */
#include <stdio.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/tool/tape_tool.h"

static const struct verb {
	const char *name;
	const char *tool; /* starts the messages */
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "info", "heaptape-info", info_verb },
	{ "check", "heaptape-check", check_verb },
	{ "dump", "heaptape-dump", dump_verb },
	{ "tune", "heaptape-tune", tune_verb },
};

int main(int argc, char **argv)
{
	size_t i;

	log_init("heaptape-tape", 0);
	if (argc < 2) {
		log_error("name a verb: info, check, dump or tune");
		return EXIT_USAGE;
	}
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name))
			continue;
		log_init(verbs[i].tool, 0);
		return verbs[i].run(argc - 1, argv + 1);
	}
	log_error("unknown verb '%s': info, check, dump or tune", argv[1]);
	return EXIT_USAGE;
}
