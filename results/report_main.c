// SPDX-License-Identifier: MIT
/* heaptape-report: finds the verb, report without one. */
#include <string.h>

#include "results/verbs.h"
#include "traces/base/log.h"

static const struct {
	const char *verb, *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "report", "heaptape-report", html_main },
	{ "compare", "heaptape-compare", compare_main },
	{ "plot", "heaptape-plot", plot_main },
	{ "gate", "heaptape-gate", gate_main },
	{ "baseline", "heaptape-baseline", baseline_main },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].verb) != 0)
			continue;
		log_init(verbs[i].name, 0);
		return verbs[i].run(argc - 1, argv + 1);
	}
	log_init(verbs[0].name, 0);
	return html_main(argc, argv);
}
