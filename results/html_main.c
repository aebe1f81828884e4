// SPDX-License-Identifier: MIT
#include "results/verbs.h"
int html_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
