// SPDX-License-Identifier: MIT
/*
 * Metrics that are computed from others of the same run; NAN where those are
 * not there. For the table in metrics.c alone. Any thread.
 */
#ifndef RESULTS_METRICS_DERIVE_H
#define RESULTS_METRICS_DERIVE_H

struct result_run;

double derive_fragmentation_peak(const struct result_run *run);
double derive_fragmentation_mean(const struct result_run *run);
double derive_fragmentation_time_mean(const struct result_run *run);
double derive_fragmentation_live_peak(const struct result_run *run);
double derive_fragmentation_rss_peak(const struct result_run *run);
double derive_rounding_peak(const struct result_run *run);
double derive_less_lazyfree_peak(const struct result_run *run);
double derive_less_lazyfree_end(const struct result_run *run);
double derive_less_lazyfree_idle(const struct result_run *run);
double derive_less_lazyfree_freed(const struct result_run *run);
double derive_returned_idle_bytes(const struct result_run *run);
double derive_returned_freed_bytes(const struct result_run *run);
double derive_returned_idle(const struct result_run *run);
double derive_returned_freed(const struct result_run *run);
double derive_memory_calls(const struct result_run *run);
double derive_churn(const struct result_run *run);
double derive_lifetime_ns(const struct result_run *run);

#endif
