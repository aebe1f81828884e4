# SPDX-License-Identifier: MIT
"""The groups of figures about recording: what it costs, what it loses."""
import os
import subprocess
import tempfile
import time

from figures import Workload
from interleave import Command, differences, interleave, median, ratios

STACKS = "--stacks=all"


def added(report, runs, name, events, title, target=None):
    """ns that recording added to each event, by the wall clock."""
    values = [seconds * 1e9 / events for seconds in
              differences(runs, name, "plain", lambda run: run.wall_s)]
    report.add(title, median(values), "ns per event", values, target)
    return median(values)


def one_thread(setup, report):
    report.section("Recording: one thread, small blocks (churn.lua)")
    commands = {"plain": setup.churn.command(),
                "record": setup.churn.recorded(setup),
                "stacks": setup.churn.recorded(setup, "-stacks", STACKS)}
    if setup.heaptrack:
        commands["heaptrack"] = setup.churn.command(setup.track("churn"))
    runs = interleave(commands, setup.rounds)
    events = setup.info("churn.lua")["events"]
    report.add("events", events / 1e6, "M")
    report.add("program alone",
               median([run.wall_s for run in runs["plain"]]), "s")
    added(report, runs, "record", events, "heaptape record adds",
          "15 ns per event")
    added(report, runs, "stacks", events, "heaptape record --stacks=all adds",
          "half of heaptrack's")
    if "heaptrack" in runs:
        added(report, runs, "heaptrack", events, "heaptrack adds")
        values = [ours / theirs for ours, theirs in zip(
            differences(runs, "stacks", "plain", lambda run: run.wall_s),
            differences(runs, "heaptrack", "plain", lambda run: run.wall_s))]
        report.add("with stacks, against heaptrack", median(values), "of its",
                   values, "0.5")


def full_speed(setup, report):
    report.section("Recording: malloc loop at full speed (threads)")
    for threads, target in ((1, 25), (2, 50), (4, 100)):
        loop = Workload("threads", [
            os.path.join(setup.build, "bench", "threads"), threads,
            setup.replacements])
        name = "threads-%d" % threads
        commands = {"plain": loop.command(),
                    "record": loop.recorded(setup, "-%d" % threads)}
        if setup.heaptrack:
            commands["heaptrack"] = loop.command(setup.track(name))
        runs = interleave(commands, setup.rounds)
        for tool in list(commands)[1:]:
            ours = tool == "record"
            values = differences(runs, tool, "plain",
                                 lambda run: run.number())
            report.add("%d thread%s, %s adds" % (
                threads, "" if threads == 1 else "s",
                "heaptape record" if ours else tool),
                median(values), "ns per event and thread", values,
                "%d ns" % target if ours else None)


def recorder(setup, report):
    """What recording costs the program."""
    one_thread(setup, report)
    full_speed(setup, report)


def server(setup, report):
    """Throughput that a server keeps while it is recorded."""
    report.section("Recording: redis-server, pipelined SET and LPUSH")
    commands = {"plain": setup.redis.command(),
                "record": setup.redis.recorded(setup),
                "stacks": setup.redis.recorded(setup, "-stacks", STACKS)}
    if setup.heaptrack:
        commands["heaptrack"] = setup.redis.command(setup.track("redis"))
    runs = interleave(commands, setup.rounds)
    names = {"record": ("heaptape record", "85 %"),
             "stacks": ("heaptape record --stacks=all", "60 %"),
             "heaptrack": ("heaptrack", None)}
    for request in ("SET", "LPUSH"):
        report.add("%s, requests per second alone" % request,
                   median([run.rate(request) for run in runs["plain"]]) /
                   1000, "k/s")
        for tool in list(commands)[1:]:
            title, target = names[tool]
            values = [100 * ratio for ratio in ratios(
                runs, tool, "plain", lambda run: run.rate(request))]
            report.add("%s kept under %s" % (request, title), median(values),
                       "%", values, target)


def slope(seconds, few, many):
    """CPU seconds per second: what a longer run takes more."""
    return (many.cpu_s - few.cpu_s) / seconds


def idle(setup, report):
    short, more = (1, 3) if setup.smoke else (2, 15)
    sleeper = "import threading, time\n" \
        "for _ in range(20): threading.Thread(target=time.sleep, " \
        "args=(%d,)).start()\n"
    commands = {}
    for name, seconds in (("short", short), ("long", short + more)):
        program = Workload("idle", ["python3", "-c", sleeper % seconds])
        commands["plain-" + name] = program.command()
        commands[name] = program.recorded(setup)
    runs = interleave(commands, 1 if setup.smoke else 2)
    values = [100 * (slope(more, a, b) - slope(more, c, d))
              for a, b, c, d in zip(runs["short"], runs["long"],
                                    runs["plain-short"], runs["plain-long"])]
    report.add("an idle program with 20 threads, both together",
               median(values), "% of a core", values, "0.5 %")


def births(setup, report):
    short = 10000
    program = Workload("births", [
        os.path.join(setup.build, "recorder/tests/rec_threads"), "short",
        short])
    runs = interleave({"plain": program.command(),
                       "record": program.recorded(setup)},
                      setup.rounds)
    values = [1e6 * seconds / short for seconds in
              differences(runs, "record", "plain", lambda run: run.wall_s)]
    report.add("birth and death of a thread (of 10 000)", median(values),
               "us more", values)


def anonymous_bytes(pid):
    """Private memory of a process, 0 when it is over."""
    try:
        with open("/proc/%d/status" % pid) as stream:
            for line in stream:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def drain_memory(setup, report):
    program = [os.path.join(setup.build, "recorder/tests/rec_threads"),
               "long", "500", "2000" if setup.smoke else "20000"]
    child = subprocess.Popen(setup.record("many") + program,
                             stdout=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        peak = max(peak, anonymous_bytes(child.pid))
        time.sleep(0.005)
    report.add("memory of the drain, 500 busy threads", peak / 2**20, "MiB",
               target="64 MiB")


def killed(setup, report):
    """kill -9 at a random moment: calls that had returned, not on tape."""
    lost, returned = [], 0
    for i in range(3 if setup.smoke else 10):
        with tempfile.NamedTemporaryFile(dir=setup.work) as counters:
            child = subprocess.Popen(
                setup.record("killed") +
                [os.path.join(setup.build, "bench", "counted"),
                 counters.name, "2"], stderr=subprocess.DEVNULL)
            time.sleep(0.3 + 0.05 * i)
            subprocess.check_call(["pkill", "-KILL", "-P", str(child.pid)])
            child.wait()
            data = counters.read()
        counted = sum(int.from_bytes(data[at:at + 8], "little")
                      for at in range(0, len(data), 64))
        text = subprocess.check_output(
            [setup.heaptape, "dump", setup.tape("killed")])
        lost.append(max(0, counted - text.count(b"malloc(5003)")))
        returned += counted
    report.add("lost at kill -9, of %.1f M calls that had returned" %
               (returned / 1e6), sum(lost), "events", target="0")


def drain(setup, report):
    """The way from the rings to the file, on one core."""
    setup.need(setup.churn, setup.documents, setup.table, setup.redis)
    report.section("Recording: the drain, one core")
    bench = os.path.join(setup.build, "recorder/tests/drain_bench")
    tapes = [setup.tape(name) for name in
             ("churn.lua", "documents.py", "table.sql", "redis")]
    runs = [Command([bench]).run(), Command([bench, *tapes]).run()]
    for line in "\n".join(run.text for run in runs).splitlines():
        words = line.split()
        if len(words) == 9 and words[1].isdigit():
            report.add(words[0], float(words[6]), "M events/s",
                       target="50 M events/s")


def production(setup, report):
    """What matters on a busy or idle server besides its speed."""
    report.section("Recording: in production")
    idle(setup, report)
    births(setup, report)
    drain_memory(setup, report)
    killed(setup, report)


ALL = (recorder, server, drain, production)
