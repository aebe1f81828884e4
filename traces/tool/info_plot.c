// SPDX-License-Identifier: MIT
/*
 * gnuplot reads the script from a memory file and writes the picture to the
 * output's temporary one. The only text of the tape that it gets is the
 * title, of which little is left where it is not plain.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/tape_reader.h"
#include "traces/tool/info_plot.h"
#include "traces/tool/tape_stats.h"

#define CPU_LIMIT_S   60
#define NOT_INSTALLED 127
#define TITLE_MAX     100

struct unit {
	const char *name;
	double scale;
};

static const struct unit byte_units[] = {
	{ "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 }
};
static const struct unit time_units[] = {
	{ "h", 7200e9 }, { "min", 120e9 }, { "s", 1e9 },
	{ "ms", 1e6 },   { "us", 1e3 },    { "ns", 1 },
};

/* The largest unit that the value reaches; there are nr, the last is 1. */
static struct unit pick(const struct unit *units, size_t nr, double value)
{
	size_t i = 0;

	while (i + 1 < nr && value < units[i].scale)
		i++;
	return units[i];
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

int info_plot_check(const char *path, struct err *err)
{
	if (ends_in(path, ".svg") || ends_in(path, ".png"))
		return 0;
	return err_set(err, ERR_ARG, 0,
		       "--plot: '%s' does not end in .svg or .png", path);
}

/*
 * Nothing that could end the quotes, or that gnuplot looks for behind them,
 * comes through: what is not surely harmless becomes a question mark.
 */
static void put_title(FILE *out, const char *text)
{
	static const char harmless[] = " -_./:=+,()[]";
	size_t i;

	fputs("TITLE = '", out);
	for (i = 0; i < TITLE_MAX && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || strchr(harmless, c);

		fputc(plain ? c : '?', out);
	}
	fputs("'\n", out);
}

static uint64_t most_bytes(const struct timeline *t)
{
	uint64_t most = 0;
	unsigned i;

	for (i = 0; i < t->nr_bins; i++) {
		if (t->bins[i].live_max_bytes > most)
			most = t->bins[i].live_max_bytes;
		if (t->bins[i].anon_max_bytes > most)
			most = t->bins[i].anon_max_bytes;
	}
	return most;
}

static void put_data(FILE *out, const struct timeline *t, double time_scale,
		     double scale)
{
	unsigned i, rows = 0;

	fputs("$live << EOD\n", out);
	for (i = 0; i < t->nr_bins; i++) {
		double at = (double)t->bin_ns * i;
		double live = (double)t->bins[i].live_max_bytes / scale;

		fprintf(out, "%g %g\n", at / time_scale, live);
		at += (double)t->bin_ns;
		fprintf(out, "%g %g\n", at / time_scale, live);
	}
	fputs("EOD\n$rss << EOD\n", out);
	for (i = 0; i < t->nr_bins; i++) {
		const struct timeline_bin *bin = &t->bins[i];

		if (!bin->sample)
			continue;
		rows++;
		fprintf(out, "%g %g %g\n", (double)t->bin_ns * i / time_scale,
			(double)bin->anon_max_bytes / scale,
			(double)(bin->anon_max_bytes +
				 bin->sample->rss_file_bytes) /
				scale);
	}
	fprintf(out, "EOD\nSAMPLED = %d\nXMAX = %g\n", rows > 0,
		(double)t->bin_ns * t->nr_bins / time_scale);
}

static void put_script(FILE *out, struct tape_reader *r,
		       const struct tape_stats *s, bool png)
{
	const struct timeline *t = &s->timeline;
	const char *title = tape_meta_get(tape_reader_meta(r), "command");
	struct unit bytes = pick(byte_units, 4, (double)most_bytes(t));
	struct unit time = pick(time_units, 6, (double)t->bin_ns * t->nr_bins);

	if (png)
		fputs("set terminal pngcairo size 1000,480 noenhanced\n", out);
	else
		fputs("set terminal svg size 1000,480 dynamic noenhanced "
		      "font 'sans-serif,13' background '#ffffff'\n",
		      out);
	put_title(out, title ? title : tape_reader_name(r));
	/* The scales of hours and minutes are where their use begins. */
	if (*time.name == 'h')
		time.scale = 3600e9;
	else if (!strcmp(time.name, "min"))
		time.scale = 60e9;
	fprintf(out, "XLABEL = 'time in %s'\nYLABEL = '%s'\n", time.name,
		bytes.name);
	put_data(out, t, time.scale, bytes.scale);
}

static int append_part(FILE *script, struct err *err)
{
	char path[PATH_MAX], buf[4096];
	size_t n;
	FILE *in;
	int ret = files_find_part("live.gp", path, sizeof(path), err);

	if (ret)
		return ret;
	in = fopen(path, "re");
	if (!in)
		return err_set(err, ERR_IO, errno, "cannot read %s", path);
	while ((n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, script);
	fclose(in);
	return 0;
}

/* In the child: become gnuplot, which reads no start file. */
static void exec_gnuplot(int in, int out)
{
	const struct rlimit limit = { CPU_LIMIT_S, CPU_LIMIT_S };

	setrlimit(RLIMIT_CPU, &limit);
	setenv("LC_ALL", "C", 1);
	if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0)
		execlp("gnuplot", "gnuplot", "-d", "-", (char *)NULL);
	_exit(NOT_INSTALLED);
}

static int run_gnuplot(int in, int out, struct err *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return err_set(err, ERR_SYS, errno, "cannot start gnuplot");
	if (!pid)
		exec_gnuplot(in, out);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(err, ERR_SYS, errno,
				       "cannot wait for gnuplot");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
		return err_set(err, ERR_MISSING, 0,
			       "gnuplot is missing; install gnuplot-nox, or "
			       "take the numbers of --timeline");
	return err_set(err, ERR_SYS, 0, "gnuplot failed, wait status %d",
		       status);
}

static int draw(struct tape_reader *r, const struct tape_stats *s, bool png,
		int out, struct err *err)
{
	int fd = memfd_create("script", MFD_CLOEXEC), ret;
	FILE *script = fd < 0 ? NULL : fdopen(fd, "w");

	if (!script) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_SYS, errno, "cannot prepare a figure");
	}
	put_script(script, r, s, png);
	ret = append_part(script, err);
	if (!ret && (fflush(script) || lseek(fd, 0, SEEK_SET) < 0))
		ret = err_set(err, ERR_SYS, errno, "cannot prepare a figure");
	if (!ret)
		ret = run_gnuplot(fd, out, err);
	fclose(script);
	return ret;
}

int info_plot(struct tape_reader *r, const struct tape_stats *s,
	      const char *path, bool force, struct err *err)
{
	struct outfile out = { 0 };
	int ret = outfile_open(&out, path, force, err);

	if (!ret)
		ret = draw(r, s, ends_in(path, ".png"), fileno(out.stream),
			   err);
	if (!ret)
		ret = outfile_commit(&out, err);
	outfile_abort(&out);
	return ret;
}

void info_timeline(const struct tape_stats *s)
{
	const struct timeline *t = &s->timeline;
	unsigned i;

	puts("time_ns,live_bytes,live_max_bytes,events,rss_anon_bytes,"
	     "rss_file_bytes,swap_bytes,minor_faults,major_faults,threads");
	for (i = 0; i < t->nr_bins; i++) {
		const struct timeline_bin *bin = &t->bins[i];
		const struct tape_sample *m = bin->sample;

		printf("%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
		       t->bin_ns * ((uint64_t)i + 1), bin->live_end_bytes,
		       bin->live_max_bytes, bin->events);
		if (m)
			printf(",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
			       ",%" PRIu64 ",%u",
			       m->rss_anon_bytes, m->rss_file_bytes,
			       m->swap_bytes, m->minor_faults, m->major_faults,
			       m->threads);
		else
			fputs(",,,,,,", stdout);
		putchar('\n');
	}
}
