// SPDX-License-Identifier: MIT
/* heaptape-report: finds the verb, report without one. */
#include <string.h>

#include "results/verbs.h"
#include "traces/base/log.h"

int main(int argc, char **argv)
{
	bool named = argc > 1 && (!strcmp(argv[1], "compare") ||
				  !strcmp(argv[1], "report"));

	if (named && !strcmp(argv[1], "compare")) {
		log_init("heaptape-compare", 0);
		return compare_main(argc - 1, argv + 1);
	}
	log_init("heaptape-report", 0);
	return named ? html_main(argc - 1, argv + 1) : html_main(argc, argv);
}
