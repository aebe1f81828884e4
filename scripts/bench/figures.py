# SPDX-License-Identifier: MIT
"""The groups of figures about tapes and replays; the workloads."""
import bisect
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time

import fidelity
from interleave import Command, median

HERE = os.path.dirname(os.path.abspath(__file__))


class Workload:
    """A program to record: how it is started, at the size of this run."""

    def __init__(self, name, argv, stdin=None, env=None):
        self.name = name
        self.argv = argv
        self.stdin = stdin
        self.env = env or {}

    def command(self, prefix=(), env=None):
        """It, started by prefix; a script starts its program by that."""
        argv = self.argv + list(prefix) if self.argv[0].endswith(".sh") \
            else list(prefix) + self.argv
        return Command(argv, self.stdin, dict(self.env, **(env or {})))

    def recorded(self, setup, suffix="", *options):
        return self.command(setup.record(self.name + suffix, *options))


class Setup:
    """Where things are, how large the workloads are, the tapes so far."""

    def __init__(self, build, work, smoke):
        self.build = build
        self.heaptape = os.path.join(build, "heaptape")
        self.work = work
        self.smoke = smoke
        self.rounds = 2 if smoke else 3
        self.heaptrack = shutil.which("heaptrack")
        self.replacements = 300000 if smoke else 4000000
        sql = os.path.join(HERE, "table.sql")
        if smoke:
            with open(sql) as stream:
                text = stream.read().replace("400000", "60000")
            sql = os.path.join(work, "table.sql")
            with open(sql, "w") as stream:
                stream.write(text)
        self.churn = Workload(
            "churn.lua", ["lua5.4", os.path.join(HERE, "churn.lua"),
                          300000 if smoke else 3000000])
        self.documents = Workload(
            "documents.py",
            [sys.executable, os.path.join(HERE, "documents.py"),
             6000 if smoke else 60000],
            env={"PYTHONMALLOC": "malloc"})
        self.table = Workload("table.sql", ["sqlite3", ":memory:"], stdin=sql)
        self.redis = Workload("redis", [os.path.join(HERE, "redis.sh")],
                              env={"REQUESTS": str(
                                  50000 if smoke else 400000)})
        self.tapes = {}

    def tape(self, name):
        return os.path.join(self.work, name + ".tape")

    def record(self, name, *options):
        """The words before a command that record it onto the tape."""
        return [self.heaptape, "record", "-q", "-f", "-o", self.tape(name),
                *options, "--"]

    def need(self, *workloads):
        """Record the workloads that have no tape yet."""
        for workload in workloads:
            if not os.path.exists(self.tape(workload.name)):
                workload.recorded(self).run()

    def track(self, name):
        return [self.heaptrack, "-o", os.path.join(self.work, name + ".ht")]

    def info(self, name):
        """What heaptape info tells of a tape; asked once."""
        if name not in self.tapes:
            text = subprocess.check_output(
                [self.heaptape, "info", "--json", self.tape(name)])
            self.tapes[name] = json.loads(text)
        return self.tapes[name]

    def allocators(self):
        """Installed allocators: path by name, in the order of the list."""
        text = subprocess.check_output([self.heaptape, "allocators",
                                        "--json"])
        known = json.loads(text)["allocators"]
        wanted = ["glibc", "jemalloc", "tcmalloc", "arena"]
        if not self.smoke:
            wanted.append("mimalloc")
        return {entry["name"]: entry["path"] for entry in known
                if entry["installed"] and entry["name"] in wanted}

    def replay(self, tape, arms, rounds, passes, out, *options):
        """Replay a tape; the runs of all result documents."""
        folder = os.path.join(self.work, out)
        argv = [self.heaptape, "replay", "-q", "-f", self.tape(tape),
                "--rounds", str(rounds), "--passes", passes, "-o", folder,
                *options]
        for arm in arms:
            argv += ["-a", arm]
        Command(argv).run()
        return list(documents_runs(folder))


def documents(folder):
    """The result documents below the folder."""
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            if not name.endswith(".json"):
                continue
            with open(os.path.join(place, name)) as stream:
                document = json.load(stream)
            if document.get("format") == "heaptape-result":
                yield document


def documents_runs(folder):
    for document in documents(folder):
        yield from document["runs"]


def tapes(setup, report):
    """Size of the tapes, and what was lost."""
    report.section("Tapes")
    workloads = (setup.churn, setup.documents, setup.table, setup.redis)
    setup.need(*workloads)
    names = [workload.name for workload in workloads]
    sizes = []
    for name in names:
        info = setup.info(name)
        sizes.append(info["bytes"] / info["events"])
        report.add("%s (%.1f M events)" % (name, info["events"] / 1e6),
                   sizes[-1], "bytes per event")
    mean = math.exp(sum(math.log(size) for size in sizes) / len(sizes))
    report.add("geometric mean", mean, "bytes per event",
               target="1.3 bytes per event")
    report.add("events lost on all tapes",
               sum(setup.info(name)["dropped"] for name in names), "events",
               target="0")


def tool_text(setup, program, tape):
    """What a bench program prints about a tape."""
    path = os.path.join(setup.build, program)
    return Command([path, tape]).run().text


def speed(setup, report):
    """The tape's codec, the plan compiler, the floor of the replay."""
    setup.need(setup.churn, setup.documents, setup.table)
    tape = setup.tape("churn.lua")
    report.section("Tape format, one core (churn.lua)")
    text = tool_text(setup, "traces/tests/tape_bench", tape)
    for name, value, unit in re.findall(
            r"^(\w[\w ]*?)  +([0-9.]+) (\w.*)$", text, re.MULTILINE):
        report.add(name, float(value), unit)
    report.section("Plan compiler (churn.lua); targets: 15 M events/s, "
                   "48 bytes")
    text = tool_text(setup, "replayer/tests/plan_bench", tape)
    for name, unit in (("speed", "M events/s"),
                       ("peak memory", "bytes per live object"),
                       ("size", "bytes per event in the plan")):
        value = re.search(r"([0-9.]+) " + unit, text)
        if not value:
            sys.exit("bench: plan_bench told no '%s': %s" % (unit, text))
        report.add(name, float(value[1]), unit)
    report.section("Replay floor: the null allocator, time pass")
    for name in ("churn.lua", "documents.py", "table.sql"):
        runs = setup.replay(name, ["null"], setup.rounds, "time",
                            "null-" + name)
        values = [run["metrics"]["wall_ns"] / run["metrics"]["ops"]
                  for run in runs]
        report.add(name, median(values), "ns per op", values,
                   "4 ns" if name == "churn.lua" else None)


def memory(setup, report):
    """Predicted peak RSS against that of the real program."""
    report.section("Memory: predicted peak RSS of the process against the "
                   "real peak; target: within 5 %; all of it: make validate")
    errors = []
    for cell in fidelity.cells(setup, fidelity.workloads(setup)[:3],
                               1 if setup.smoke else 3):
        values = cell.arm["peak"]
        if values["error_percent"] is None:
            sys.exit("bench: %s on %s was not predicted" % (
                cell.workload, cell.arm["arm"]))
        errors.append(abs(values["error_percent"]))
        report.add("%s, %s: real %.1f, predicted %.1f MiB" % (
            cell.workload, cell.arm["arm"],
            values["real_median_bytes"] / 2**20,
            values["predicted_median_bytes"] / 2**20),
            values["error_percent"], "%")
    report.add("median error", median(errors), "%", target="1.5 %")
    report.add("worst error", max(errors), "%", target="5 %")


def curve_at(runs, time_ns):
    """Resident bytes at that time of the tape, the runs' median."""
    values = []
    for run in runs:
        at = bisect.bisect_right(run["curve"]["time_ns"], time_ns)
        values.append(run["curve"]["rss_bytes"][at - 1] if at else 0)
    return median(values)


def decay(setup, report):
    """Memory given back by time: virtual pace against the recorded one."""
    report.section("Decay after a burst: jemalloc at virtual pace against "
                   "recorded pace")
    if "jemalloc" not in setup.allocators():
        report.note("jemalloc is not installed")
        return
    seconds = 4 if setup.smoke else 12
    burst = Workload("burst", [os.path.join(setup.build, "bench/burst"),
                               seconds])
    setup.need(burst)
    runs, took = {}, {}
    for pace in ("virtual", "recorded"):
        start = time.monotonic()
        runs[pace] = setup.replay("burst", ["jemalloc"], setup.rounds,
                                  "memory", "burst-" + pace, "--pace", pace,
                                  "--idle", "1ms")
        took[pace] = time.monotonic() - start
        report.note("%s, MB left each second: %s" % (pace, " ".join(
            "%.0f" % (curve_at(runs[pace], s * 1e9) / 1e6)
            for s in range(seconds))))
    steps = [step * 1e8 for step in range(10 * seconds)]
    peak = max(curve_at(runs["recorded"], step) for step in steps)

    def apart(some, others):
        return max(abs(curve_at(some, step) - curve_at(others, step))
                   for step in steps) / peak * 100

    report.add("virtual and recorded, furthest apart",
               apart(runs["virtual"], runs["recorded"]), "% of peak",
               target="5 %")
    report.add("two rounds at recorded pace, furthest apart",
               apart(runs["recorded"][:1], runs["recorded"][1:2]),
               "% of peak")
    report.add("time of the replays, virtual / recorded",
               took["virtual"] / took["recorded"], "ratio", target="0.1")


def pair_ratios(setup, name, counts, rounds, turn):
    """Two threads over one, medians of rounds: CPU time per thread, wall."""
    out = "threads-%s-%d" % (name, turn)
    setup.replay(name, ["null"], rounds, "time", out, "--threads", counts)
    times = {"1": [], "2": []}
    for document in documents(os.path.join(setup.work, out)):
        metrics = document["runs"][0]["metrics"]
        times[document["config"]["threads"]].append(
            (metrics["cpu_ns"], metrics["wall_ns"]))
    cpu, wall = (median(row[i] for row in times["2"]) /
                 median(row[i] for row in times["1"]) for i in range(2))
    return cpu / 2, wall


def threads(setup, report):
    """Threads that share nothing: each as cheap as if it were alone."""
    report.section("Two threads without shared objects against one: null "
                   "allocator, time pass")
    churn = Workload("churn-short.lua",
                     ["lua5.4", os.path.join(HERE, "churn.lua"),
                      300000 if setup.smoke else 1000000])
    setup.need(churn)
    Command([os.path.join(setup.build, "replayer/tests/make_calls"), "apart",
             setup.tape("apart"),
             4000000 if setup.smoke else 40000000]).run()
    rounds = 5 if setup.smoke else 15
    for name, what in ((churn.name, "two copies of a tape of one thread"),
                       ("apart", "a tape of two threads")):
        rows = [pair_ratios(setup, name, counts, rounds, turn)
                for turn, counts in enumerate(("1,2", "2,1") * 2)]
        report.add(what + ": CPU time per thread",
                   median(row[0] for row in rows), "times",
                   [row[0] for row in rows], "1.05 times")
        report.add("  wall time, that of the slower thread",
                   median(row[1] for row in rows), "times",
                   [row[1] for row in rows])


ALL = (tapes, speed, memory, decay, threads)
