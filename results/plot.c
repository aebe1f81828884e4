// SPDX-License-Identifier: MIT
/*
 * Running gnuplot. It reads the script from one memory file and writes the
 * SVG to another, so that nothing lies around and nothing can block.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/plot.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define CPU_LIMIT_S   60
#define NOT_INSTALLED 127

static const struct plot_style styles[PLOT_STYLES] = {
	{ "", "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z", 7 },
	{ "9,3", "M-4,-4h8v8h-8z", 5 },
	{ "2,3", "M0,-5L5,4L-5,4z", 9 },
	{ "9,3,2,3", "M0,-5L5,0L0,5L-5,0z", 13 },
	{ "5,2", "M0,5L5,-4L-5,-4z", 11 },
	{ "12,3,2,3,2,3", "M0,-5L5,-1L3,4L-3,4L-5,-1z", 15 },
	{ "3,1", "M-4,0h8M0,-4v8", 1 },
	{ "1,2", "M-4,-4L4,4M-4,4L4,-4", 2 },
};

const struct plot_style *plot_style(size_t series)
{
	size_t i = series - 1;

	/* When the colours repeat, dashes and markers do not. */
	return &styles[(i + i / PLOT_STYLES) % PLOT_STYLES];
}

/* Colours of the script are numbers that plot_clean_svg knows. */
static void write_linetypes(struct plot *plot, size_t nr)
{
	size_t i;

	for (i = 1; i <= nr; i++) {
		const struct plot_style *style = plot_style(i);

		fprintf(plot->script,
			"set linetype %zu lw 1.8 pt %d ps 0.9 "
			"lc rgb '#0102%02zx' dt ",
			i, style->point_type, (i - 1) % PLOT_STYLES + 1);
		if (*style->dash)
			fprintf(plot->script, "(%s)\n", style->dash);
		else
			fprintf(plot->script, "solid\n");
	}
}

int plot_begin(struct plot *plot, const char *id, unsigned width,
	       unsigned height, size_t nr_series, struct err *err)
{
	memset(plot, 0, sizeof(*plot));
	plot->script = open_memstream(&plot->text, &plot->len);
	if (!plot->script)
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	snprintf(plot->id, sizeof(plot->id), "%s", id);
	fprintf(plot->script,
		"set terminal svg size %u,%u dynamic noenhanced "
		"font 'sans-serif,13' name 'plot'\n",
		width, height);
	write_linetypes(plot, nr_series);
	return 0;
}

void plot_part(struct plot *plot, const char *title, size_t series)
{
	if (plot->nr_parts < PLOT_MAX_PART)
		plot->parts[plot->nr_parts++] =
			(struct plot_part){ title, series };
}

static int append_part(struct plot *plot, const char *name, struct err *err)
{
	char path[PATH_MAX], buf[4096];
	size_t n;
	FILE *in;
	int rc = files_find_part(name, path, sizeof(path), err);

	if (rc)
		return rc;
	in = fopen(path, "re");
	if (!in)
		return err_set(err, ERR_IO, errno, "cannot read %s", path);
	while ((n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, plot->script);
	fclose(in);
	return 0;
}

/* In the child: become gnuplot. */
static void exec_gnuplot(int in, int out)
{
	const struct rlimit limit = { CPU_LIMIT_S, CPU_LIMIT_S };
	int null = open("/dev/null", O_WRONLY);

	setrlimit(RLIMIT_CPU, &limit);
	setenv("LC_ALL", "C", 1);
	if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(null, 2) >= 0)
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
			       "gnuplot is missing; install gnuplot-nox");
	if (WIFSIGNALED(status))
		return err_set(err, ERR_SYS, 0, "gnuplot died of signal %d",
			       WTERMSIG(status));
	return err_set(err, ERR_SYS, 0, "gnuplot failed with status %d",
		       WEXITSTATUS(status));
}

/* All of a memory file as a string, or NULL. */
static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : malloc((size_t)size + 1);
	ssize_t n = text ? pread(fd, text, (size_t)size, 0) : -1;

	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static int draw(const struct plot *plot, char **raw, struct err *err)
{
	int in = memfd_create("script", MFD_CLOEXEC);
	int out = memfd_create("svg", MFD_CLOEXEC);
	int rc;

	if (in < 0 || out < 0 || files_write_all(in, plot->text, plot->len) ||
	    lseek(in, 0, SEEK_SET) < 0)
		rc = err_set(err, ERR_SYS, errno, "cannot prepare a figure");
	else
		rc = run_gnuplot(in, out, err);
	if (!rc) {
		*raw = read_all(out);
		if (!*raw)
			rc = err_set(err, ERR_NOMEM, 0,
				     "out of memory for a figure");
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}

int plot_finish(struct plot *plot, const char *script, const char *title,
		const char *description, char **svg, struct err *err)
{
	char *raw = NULL;
	int rc = append_part(plot, "common.gp", err);

	*svg = NULL;
	if (!rc)
		rc = append_part(plot, script, err);
	if (fclose(plot->script) && !rc)
		rc = err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	if (!rc)
		rc = draw(plot, &raw, err);
	if (!rc)
		rc = plot_clean_svg(plot, raw, title, description, svg, err);
	free(raw);
	free(plot->text);
	plot->script = NULL;
	plot->text = NULL;
	return rc;
}
