// SPDX-License-Identifier: MIT
/* heaptape-report: finds the verb; the verbs are files of their own. */
#include <stdio.h>
#include <string.h>

#include "results/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "compare")) {
		log_init("heaptape-compare", 0);
		return compare_main(argc - 1, argv + 1);
	}
	if (argc > 1 && !strcmp(argv[1], "report")) {
		log_init("heaptape-report", 0);
		return html_main(argc - 1, argv + 1);
	}
	log_init("heaptape-report", 0);
	log_error("expected compare or report first. "
		  "Try 'heaptape report --help'.");
	return EXIT_USAGE;
}
