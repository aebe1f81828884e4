# SPDX-License-Identifier: MIT
"""The fidelity table: predicted memory against that of real programs.

Runs heaptape validate on each workload under each allocator; prints a line
for each cell, and writes the table as Markdown and all documents as JSON.
See scripts/validate.sh.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MEASURES = ("peak", "mean", "end")
TARGETS = {"peak": "median 1.5, worst 5 %", "mean": "median 3, worst 8 %"}


class Workload:
    """A program, the executable that is judged, and how it is started."""

    def __init__(self, name, argv, process=None, stdin=None, env=None):
        self.name = name
        self.argv = [str(word) for word in argv]
        self.process = process
        self.stdin = stdin or os.devnull
        self.env = env or {}

    def missing(self):
        """The program that is not installed, or None."""
        needed = self.process or self.argv[0]
        return None if shutil.which(self.argv[0]) and (
            shutil.which(needed) or needed == "cc1") else needed


class Cell:
    """What validate found out about one workload under one arm."""

    def __init__(self, workload, arm):
        self.workload = workload
        self.arm = arm


def source(setup):
    """A C file that takes the compiler a second or two."""
    path = os.path.join(setup.work, "source.c")
    with open(path, "w") as stream:
        for number in range(100 if setup.smoke else 500):
            stream.write(
                "struct s%d { int a[%d]; struct s%d *next; };\n"
                "int f%d(struct s%d *s, int n)\n{\n"
                "\tint sum = %d;\n"
                "\tfor (int i = 0; s && i < n; i++, s = s->next)\n"
                "\t\tfor (int k = 0; k < %d; k++)\n"
                "\t\t\tsum += s->a[k] * (i ^ %d) %% (k + 3);\n"
                "\treturn sum > n ? sum << 2 : sum / 3;\n}\n" % (
                    number, number % 7 + 2, number, number, number, number,
                    number % 7 + 2, number))
    return path


def workloads(setup):
    """The programs of the table, at the size of this run."""
    small = setup.smoke
    sql = os.path.join(HERE, "table.sql")
    if small:
        with open(sql) as stream:
            text = stream.read().replace("400000", "60000")
        sql = os.path.join(setup.work, "fidelity.sql")
        with open(sql, "w") as stream:
            stream.write(text)
    return [
        Workload("churn.lua", ["lua5.4", os.path.join(HERE, "churn.lua"),
                               300000 if small else 1000000]),
        Workload("table.sql", ["sqlite3", ":memory:"], stdin=sql),
        Workload("documents.py",
                 [sys.executable, os.path.join(HERE, "documents.py"),
                  6000 if small else 20000],
                 # Hashes of texts differ from run to run otherwise, and with
                 # them how dictionaries grow.
                 env={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}),
        Workload("redis.sh", [os.path.join(HERE, "redis.sh")],
                 "redis-server",
                 env={"REQUESTS": "50000" if small else "200000"}),
        Workload("pipeline.c", [os.path.join(setup.build, "bench",
                                             "pipeline"),
                                50000 if small else 300000]),
        Workload("gcc -O2", ["gcc", "-O2", "-c", "-o", os.devnull,
                             source(setup)], "cc1"),
        Workload("node", ["node", os.path.join(HERE, "objects.js"),
                          50000 if small else 300000], "node"),
    ]


def validated(setup, workload, arms, rounds):
    """The document of heaptape validate."""
    argv = [setup.heaptape, "validate", "-q", "--json", "-f",
            "--rounds", str(rounds), "-o",
            os.path.join(setup.work, "fidelity-" + workload.name)]
    for arm in arms:
        argv += ["-a", arm]
    if workload.process:
        argv.append("--process=" + workload.process)
    with open(workload.stdin, "rb") as stdin:
        found = subprocess.run(argv + ["--"] + workload.argv, stdin=stdin,
                               env=dict(os.environ, **workload.env),
                               stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, check=False)
    if found.returncode not in (0, 4) or not found.stdout:
        sys.exit("%s: heaptape validate ended with %d: %s" % (
            workload.name, found.returncode,
            found.stderr.decode(errors="replace")[-500:]))
    return json.loads(found.stdout)


def documents(setup, all_workloads, rounds):
    """Pairs of workload and document; what is not installed is told."""
    arms = setup.allocators()
    for workload in all_workloads:
        missing = workload.missing()
        if missing:
            print("  %s is left out: %s is not installed" % (
                workload.name, missing), flush=True)
        else:
            yield workload, validated(setup, workload, arms, rounds)


def cells(setup, all_workloads, rounds):
    for workload, document in documents(setup, all_workloads, rounds):
        for arm in document["arms"]:
            yield Cell(workload.name, arm)


def percent(values):
    return "-" if values["error_percent"] is None else \
        "%+.2f %%" % values["error_percent"]


def mebibytes(value):
    return "-" if value is None else "%.1f" % (value / 2**20)


HEAD = ["program", "arm", "real peak, MiB", "+- %", "predicted, MiB",
        "peak", "mean", "end"]


def row(name, arm):
    peak = arm["peak"]
    return [name, arm["arm"], mebibytes(peak["real_median_bytes"]),
            "-" if peak["real_spread_percent"] is None else
            "%.1f" % peak["real_spread_percent"],
            mebibytes(peak["predicted_median_bytes"])] + \
        [percent(arm[measure]) for measure in MEASURES]


def show(words):
    print("  %-13s %-10s %14s %6s %14s %10s %10s %10s" % tuple(words),
          flush=True)


def summary(found):
    """Lines about all cells."""
    lines = []
    for measure in MEASURES:
        errors = [(abs(arm[measure]["error_percent"]), name, arm["arm"])
                  for name, document in found for arm in document["arms"]
                  if arm[measure]["error_percent"] is not None]
        if errors:
            worst = max(errors)
            lines.append("%s: median error %.2f %%, worst %.2f %% (%s on "
                         "%s)%s" % (
                             measure, statistics.median(
                                 error[0] for error in errors),
                             worst[0], worst[1], worst[2],
                             "; target: " + TARGETS[measure]
                             if measure in TARGETS else ""))
    pairs = sum(document["ranking"]["pairs"] for _, document in found)
    wrong = ["%s: %s is below %s" % (name, pair["less"], pair["more"])
             for name, document in found
             for pair in document["ranking"]["wrong"]]
    lines.append("ranking by peak: the same in %d of %d pairs that differ "
                 "by more than 3 %%%s" % (
                     pairs - len(wrong), pairs,
                     "; not for " + ", ".join(wrong) if wrong else ""))
    failed = sum(document["failed"] for _, document in found)
    if failed:
        lines.append("%d runs failed; their numbers are missing" % failed)
    return lines


def write(folder, machine, found, lines):
    with open(os.path.join(folder, "validate.json"), "w") as stream:
        json.dump({"format": "heaptape-fidelity", "format_version": 1,
                   "machine": machine, "programs": dict(found)}, stream,
                  indent=1)
        stream.write("\n")
    with open(os.path.join(folder, "validate.md"), "w") as stream:
        stream.write("# Predicted against real memory\n\n%s\n\n| %s |\n"
                     "|---|---|--:|--:|--:|--:|--:|--:|\n" % (
                         machine, " | ".join(HEAD)))
        for name, document in found:
            for arm in document["arms"]:
                stream.write("| %s |\n" % " | ".join(row(name, arm)))
        stream.write("\n%s\n" % "\n".join("- " + line for line in lines))


def main():
    import bench
    import figures

    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--smoke", action="store_true",
                        help="short workloads, about a minute")
    parser.add_argument("--only", help="only the program of this name")
    options = parser.parse_args()

    start = time.monotonic()
    print("heaptape fidelity on %s" % bench.machine())
    work = tempfile.mkdtemp(prefix="heaptape-fidelity.")
    found = []
    try:
        setup = figures.Setup(options.build, work, options.smoke)
        wanted = [workload for workload in workloads(setup)
                  if options.only in (None, workload.name)]
        show(HEAD)
        for workload, document in documents(setup, wanted,
                                            1 if setup.smoke else 3):
            found.append((workload.name, document))
            for arm in document["arms"]:
                show(row(workload.name, arm))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    lines = summary(found)
    print("\n" + "\n".join(lines))
    write(options.out, bench.machine(), found, lines)
    print("%.0f s; written to %s/validate.json and validate.md" % (
        time.monotonic() - start, options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
