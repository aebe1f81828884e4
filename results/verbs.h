// SPDX-License-Identifier: MIT
/* The verbs of heaptape-report; each parses argv[1..] and returns an exit
   code. */
#ifndef RESULTS_VERBS_H
#define RESULTS_VERBS_H

int baseline_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int gate_main(int argc, char **argv);
int html_main(int argc, char **argv);
int plot_main(int argc, char **argv);

#endif
