# SPDX-License-Identifier: MIT
"""arena against the installed allocators; see scripts/bench-arena.sh.

Three groups of rows: tapes of real programs replayed, kernels, and the programs
themselves. Rows are kept in bench-arena.json, so that groups, or single rows,
can be measured one after the other; what is printed at the end judges all rows
that are there.
"""
import argparse
import glob
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time

import bench
import fidelity
import figures
from figures import Workload
from interleave import Command, interleave, median

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("glibc", "jemalloc", "tcmalloc", "mimalloc", "tbbmalloc")
# Kernels and what of their output counts; those with "rss" wait or fork.
KERNELS = {"bleed": "ns", "prodcons": "ns", "pareto": "ns",
           "falseshare": "ns", "threadchurn": "ns", "grow": "ns",
           "medium": "ns", "large": "ns", "huge": "ns", "shift": "rss",
           "holes": "rss", "freeall": "rss", "onepage": "rss",
           "idlethreads": "rss"}
ONCE = ("shift", "holes", "freeall")
PERL = """
my %h; my @a;
for my $i (1 .. $ARGV[0]) {
    $h{"k" . $i % 70001} .= chr(65 + $i % 26);
    $a[$i * 7919 % 30011] = [$i, "v$i", {n => $i % 7}];
}
my $n = 0;
for (sort keys %h) { $n += length($h{$_}) * (/7/ ? 2 : 1) }
print $n, "\\n";
"""


def geometric(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


class Bench:
    """The arms, the rows so far, and where both come from."""

    def __init__(self, options):
        work = os.path.join(options.build, "bench",
                            "quick" if options.quick else "full")
        os.makedirs(work, exist_ok=True)
        self.setup = figures.Setup(options.build, work, options.quick)
        self.quick = options.quick
        self.rounds = options.rounds or (1 if options.quick else 5)
        self.path = os.path.join(
            options.out, "bench-arena-quick.json" if options.quick
            else "bench-arena.json")
        self.only = options.only
        self.kernels = os.path.join(options.build, "bench/kernels")
        known = json.loads(subprocess.check_output(
            [self.setup.heaptape, "allocators", "--json"]))["allocators"]
        self.arms = {entry["name"]: entry["path"] for entry in known
                     if entry["installed"] and
                     entry["name"] in PEERS + ("arena",)}
        self.rows = {}
        if os.path.exists(self.path):
            with open(self.path) as stream:
                self.rows = json.load(stream)["rows"]

    def wants(self, group, name):
        return not self.only or any(
            group + ":" + name == word or group == word
            for word in self.only)

    def add(self, group, name, values):
        """values: by arm, then by figure."""
        self.rows[group + ":" + name] = values
        with open(self.path, "w") as stream:
            json.dump({"format": "heaptape-bench-arena", "format_version": 1,
                       "machine": bench.machine(), "quick": self.quick,
                       "rows": self.rows}, stream, indent=1)
            stream.write("\n")
        print("  %-22s %s" % (name, "   ".join(
            words(values, figure) for figure in figures_of(values))),
            flush=True)

    def group(self, group):
        return {name[len(group) + 1:]: values
                for name, values in self.rows.items()
                if name.startswith(group + ":")}

    def environment(self, arm):
        path = self.arms[arm]
        return {"LD_PRELOAD": path} if arm != "glibc" else {}


def figures_of(values):
    return [figure for figure in values["arena"]
            if not figure.startswith("_")]


def best(values, figure):
    """Name and value of the best peer."""
    return min(((arm, row[figure]) for arm, row in values.items()
                if arm != "arena" and row.get(figure)),
               key=lambda pair: pair[1], default=(None, None))


def over_best(values, figure):
    """arena over the best peer, None where one has no such figure."""
    value = values["arena"].get(figure)
    peer = best(values, figure)[1]
    return value / peer if value and peer else None


def words(values, figure):
    ratio = over_best(values, figure)
    if ratio is None:
        return "%s -" % figure
    return "%s %.2f of %s (%.4g)" % (figure, ratio, best(values, figure)[0],
                                     values["arena"][figure])


def workloads(setup):
    """What is recorded, with the process whose tape counts."""
    small = setup.smoke
    threads = dict(setup.redis.env, SERVER_OPTIONS="--io-threads 2 "
                   "--io-threads-do-reads yes")
    rows = [
        (setup.churn, None), (setup.documents, None), (setup.table, None),
        (setup.redis, None),
        (Workload("redis-threads", setup.redis.argv, env=threads), None),
        (Workload("gcc", ["gcc", "-O2", "-c", "-o", os.devnull,
                          fidelity.source(setup)]), "cc1"),
        (Workload("node", ["node", os.path.join(HERE, "objects.js"),
                           50000 if small else 300000]), None),
        (Workload("perl", ["perl", "-e", PERL, 20000 if small else 300000]),
         None),
        (Workload("git", ["git", "log", "-p", "--stat", "-n",
                          20 if small else 150, "HEAD"]), None),
    ]
    for workload, process in rows:
        needed = "redis-server" if workload.name.startswith("redis") \
            else str(workload.argv[0])
        if not shutil.which(needed):
            print("  %s is left out: %s is not installed" % (
                workload.name, needed))
        elif needed == "git" and subprocess.call(
                ["git", "rev-parse", "HEAD"], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL):
            print("  git is left out: this is no repository")
        else:
            yield workload, process


def record(setup, workload, process):
    """Record the workload unless its tape is there."""
    if os.path.exists(setup.tape(workload.name)):
        return
    if not process:
        workload.recorded(setup).run()
        return
    pattern = os.path.join(setup.work, workload.name + "-%e.tape")
    # A run that was cut short leaves tapes of other process ids behind.
    for stale in glob.glob(pattern.replace("%e", "*")):
        os.remove(stale)
    workload.command([setup.heaptape, "record", "-q", "-f", "--follow=exec",
                      "-o", pattern, "--"]).run()
    found = glob.glob(pattern.replace("%e", process + "*"))
    if len(found) != 1:
        sys.exit("bench: %d tapes of %s" % (len(found), process))
    os.rename(found[0], setup.tape(workload.name))


def tail(metrics, how):
    """The p99.9 of that kind of call; of realloc where there is no malloc."""
    return metrics.get(how + "_p999_ns") or (
        metrics.get("realloc_p999_ns") if how == "malloc" else None)


def tapes(b):
    """Replays: time, RSS mean over time, p99.9 of malloc and free."""
    print("\nTapes: arena over the best peer (and arena's value)")
    for workload, process in workloads(b.setup):
        if not b.wants("tapes", workload.name):
            continue
        record(b.setup, workload, process)
        runs = b.setup.replay(workload.name, b.arms, b.rounds,
                              "time,latency,memory",
                              "replay-" + workload.name, "--idle", "50ms",
                              "--timeout", "30s")
        values = {}
        for arm in b.arms:
            parts = {kind: [run["metrics"] for run in runs
                            if run["arm"] == arm and run["pass"] == kind and
                            run["status"] == "ok"]
                     for kind in ("time", "latency", "memory")}
            if not all(parts.values()):
                print("  %s: %s failed" % (workload.name, arm))
                continue
            values[arm] = {
                "ns": median(m["ns_per_op"] for m in parts["time"]),
                "rss": median(m["rss_mean_bytes"] for m in parts["memory"]),
                "_peak": median(m["rss_peak_bytes"]
                                for m in parts["memory"])}
            for how in ("malloc", "free"):
                found = [tail(m, how) for m in parts["latency"]]
                values[arm][how + "999"] = \
                    median(found) if all(found) else None
        if "arena" in values:
            b.add("tapes", workload.name, values)


def kernels(b):
    """Each kernel on every arm, interleaved."""
    print("\nKernels: arena over the best peer (and arena's value: ns, or "
          "memory over the ideal)")
    for name, figure in KERNELS.items():
        if not b.wants("kernels", name) or \
                (b.quick and not b.only and name in ONCE):
            continue
        runs = interleave(
            {arm: Command([b.kernels, name, 5 if b.quick else 100],
                          env=b.environment(arm)) for arm in b.arms},
            1 if name in ONCE else b.rounds)
        b.add("kernels", name, {
            arm: {figure: median(run.rate(figure) for run in runs[arm])}
            for arm in b.arms})


def programs(b):
    """The programs themselves: wall time, CPU time and peak RSS."""
    print("\nPrograms run: arena over the best peer")
    for workload, _ in workloads(b.setup):
        if not b.wants("programs", workload.name) or \
                workload.name.startswith("redis"):
            continue
        runs = interleave({arm: workload.command(env=b.environment(arm))
                           for arm in b.arms}, b.rounds)
        b.add("programs", workload.name, {
            arm: {"wall": median(run.wall_s for run in runs[arm]),
                  "_cpu": median(run.cpu_s for run in runs[arm]),
                  "peak": median(run.peak_bytes for run in runs[arm])}
            for arm in b.arms})


def instructions(b):
    """Instructions of a pair of malloc(64) and free, loop included."""
    if not shutil.which("valgrind") or not b.wants("instructions", "pair"):
        return
    print("\nInstructions of malloc(64) and free with the loop around them")

    def count(arm, percent):
        text = subprocess.run(
            ["valgrind", "--tool=lackey", b.kernels, "pair", str(percent)],
            env=dict(os.environ, **b.environment(arm)),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            check=False).stderr.decode(errors="replace")
        found = re.search(r"guest instrs:\s+([0-9,]+)", text)
        return int(found[1].replace(",", "")) if found else None

    values = {}
    for arm in b.arms:
        few, many = count(arm, 1), count(arm, 2)
        if few and many:
            values[arm] = {"instructions": (many - few) / 10000}
    if "arena" in values:
        b.add("instructions", "pair", values)


def table(b):
    """All arms, geometric means relative to glibc."""
    for group, names in (("tapes", ("ns", "rss")),
                         ("programs", ("wall", "peak"))):
        rows = b.group(group)
        for figure in names if rows else ():
            means = {}
            for arm in b.arms:
                ratios = [row[arm][figure] / row["glibc"][figure]
                          for row in rows.values() if arm in row]
                means[arm] = geometric(ratios) if ratios else float("nan")
            print("  %-8s %-4s over glibc's: %s" % (
                group, figure, "  ".join("%s %.3f" % pair for pair in
                                         sorted(means.items(),
                                                key=lambda p: p[1]))))


def target(met, text):
    print("  %-7s %s" % ("met" if met else "NOT MET", text))


def judge_pair(b, group, figure, limit, what):
    """Geometric mean against the best peer's, worst row against its best."""
    rows = {name: row for name, row in b.group(group).items()
            if over_best(row, figure)}
    if not rows:
        return
    peers = [arm for arm in b.arms if arm != "arena" and
             all(arm in row for row in rows.values())]
    mean, arm = max((geometric([row["arena"][figure] / row[peer][figure]
                                for row in rows.values()]), peer)
                    for peer in peers)
    target(mean <= limit, "%s, geometric mean: %.3f of %s's, the best peer "
           "(target %.2f)" % (what, mean, arm, limit))
    worst, name = max((over_best(row, figure), name)
                      for name, row in rows.items())
    target(worst <= 1.05, "%s, worst: %.2f of the best on %s (target 1.05)"
           % (what, worst, name))


def judge_value(b, row, figure, limit, what):
    values = b.rows.get(row)
    if values:
        value = values["arena"][figure]
        target(value <= limit, "%s: %.4g (target %.4g; best peer: %s %.4g)" % (
            (what, value, limit) + best(values, figure)))


def judge_tails(b):
    rows = b.group("tapes").values()
    for figure, what in (("malloc999", "malloc"), ("free999", "free")):
        found = [ratio for ratio in (over_best(row, figure) for row in rows)
                 if ratio]
        if found:
            good = sum(ratio <= 1.0 for ratio in found)
            target(4 * good >= 3 * len(found),
                   "p99.9 of %s at or below the best peer's: on %d of %d "
                   "tapes (target three of four)" % (what, good, len(found)))


def judge(b):
    print("\nOver all rows measured")
    table(b)
    print("Targets")
    judge_pair(b, "tapes", "ns", 0.97, "replay time")
    judge_pair(b, "tapes", "rss", 1.00, "RSS mean over time")
    judge_tails(b)
    judge_pair(b, "programs", "wall", 0.97, "wall time of programs")
    judge_pair(b, "programs", "peak", 1.00, "peak RSS of programs")
    judge_value(b, "kernels:shift", "rss", 1.25, "size shift, RSS over live")
    judge_value(b, "kernels:holes", "rss", 1.3,
                "holes, RSS over pages with a survivor")
    row = b.rows.get("kernels:prodcons")
    if row:
        target(over_best(row, "ns") <= 1.0, "producer and consumer: %s"
               % words(row, "ns"))
    judge_value(b, "kernels:onepage", "rss", 2.7,
                "RSS of a program with one page, MB")
    judge_value(b, "instructions:pair", "instructions", 44 + 6,
                "instructions of malloc and free, loop included")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--quick", action="store_true",
                        help="short workloads, one round, under a minute")
    parser.add_argument("--rounds", type=int, help="default: 5, quick 1")
    parser.add_argument("--only", action="append", metavar="GROUP[:ROW]",
                        help="tapes, kernels, programs or instructions, or "
                             "one row of them; repeatable")
    options = parser.parse_args()

    start = time.monotonic()
    print("arena bench on %s" % bench.machine())
    b = Bench(options)
    for group in (tapes, kernels, programs, instructions):
        if (not b.only or any(word.split(":")[0] == group.__name__
                              for word in b.only)) and \
                not (b.quick and not b.only and group is programs):
            group(b)
    judge(b)
    print("%.0f s; rows are in %s" % (time.monotonic() - start, b.path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
