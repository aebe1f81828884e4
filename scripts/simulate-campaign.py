#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When a campaign ends and what it costs on 1 to 1000 nodes, by simulation.

A node measures one shard at a time. The engine needs --dispatch seconds to
start one; a node that meets a tape for the first time copies it from the
shared file system. A shard that straggles takes FACTOR times as long, one that
reaches --limit is ended, one on a node that fails is lost: both are queued
again, up to --retries times. A misplaced shard (exit 75) is queued again at
once. Failures of idle nodes are left out. Every figure is the median of --runs
simulated campaigns, finish also at its 95th percentile.
"""
import argparse
import collections
import heapq
import json
import random
import statistics
import sys

NODES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

# What became of an attempt at a shard.
DONE, LOST, ENDED, MISPLACED = "done", "lost", "ended", "misplaced"


class Campaign:
    """One simulated campaign. Times are seconds from its start."""

    def __init__(self, args, times, nodes, rng):
        self.args, self.times, self.rng = args, times, rng
        self.queue = collections.deque(range(len(times)))
        self.tries = [0] * len(times)
        self.idle = list(range(nodes - 1, -1, -1))
        self.staged = [set() for _ in range(nodes)]
        self.server_free = 0.0  # when the file system has served all copies
        self.events = []  # (time, order, node, shard or None, outcome)
        self.order = 0
        self.finish = self.used = self.lost = 0.0
        self.missing = 0

    def push(self, *event):
        self.order += 1
        heapq.heappush(self.events, (event[0], self.order, *event[1:]))

    def stage(self, now, node, shard):
        """When the node has the shard's tape."""
        tape = shard % self.args.tapes
        if not self.args.tape_gb or tape in self.staged[node]:
            return now
        self.staged[node].add(tape)
        size = self.args.tape_gb
        self.server_free = max(self.server_free, now) + \
            size / self.args.shared_gb_s
        return max(self.server_free, now + size / self.args.node_gb_s)

    def attempt(self, start, shard):
        """(outcome, seconds that the attempt takes from start)"""
        args, rng = self.args, self.rng
        if args.misplaced and rng.random() < args.misplaced:
            return MISPLACED, 0.0
        seconds, outcome = self.times[shard], DONE
        if args.stragglers[0] and rng.random() < args.stragglers[0]:
            seconds *= args.stragglers[1]
        if args.limit and seconds > args.limit:
            seconds, outcome = args.limit, ENDED
        return outcome, seconds

    def start(self, now):
        while self.idle and self.queue:
            node, shard = self.idle.pop(), self.queue.popleft()
            ready = self.stage(now + self.args.dispatch, node, shard)
            outcome, seconds = self.attempt(ready, shard)
            end = ready + seconds
            if self.args.mtbf:
                dies = now + self.rng.expovariate(1 / self.args.mtbf)
                if dies < end:
                    outcome, end = LOST, dies
            self.used += end - now
            self.lost += (end - now) * (outcome != DONE)
            self.push(end, node, shard, outcome)

    def end(self, now, node, shard, outcome):
        if shard is not None:
            self.finish = now
        if outcome == LOST:
            self.push(now + self.args.repair, node, None, None)
        else:
            self.idle.append(node)
        if outcome in (LOST, ENDED):
            self.tries[shard] += 1
        if outcome in (LOST, ENDED, MISPLACED):
            if self.tries[shard] > self.args.retries:
                self.missing += 1
            else:
                self.queue.append(shard)

    def run(self):
        self.start(0.0)
        while self.events:
            now, _, node, shard, outcome = heapq.heappop(self.events)
            self.end(now, node, shard, outcome)
            self.start(now)
        return self


def shard_times(args, rng):
    """The time of every shard; measured ones are drawn from where too few."""
    if not args.times:
        if not args.spread:
            return [args.seconds] * args.shards
        # Log-normal with that mean: sizes of tapes are.
        sigma = args.spread
        return [args.seconds * rng.lognormvariate(-sigma * sigma / 2, sigma)
                for _ in range(args.shards)]
    if not args.shards or args.shards == len(args.times):
        return args.times
    return [rng.choice(args.times) for _ in range(args.shards)]


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def simulate(args, nodes):
    rng = random.Random(f"{args.seed}/{nodes}")
    runs = [Campaign(args, shard_times(args, rng), nodes, rng).run()
            for _ in range(args.runs)]
    finish = [c.finish for c in runs]
    used = statistics.median(c.used for c in runs)
    return {
        "nodes": nodes,
        "finish_s": statistics.median(finish),
        "finish_mean_s": statistics.fmean(finish),
        "finish_p95_s": percentile(finish, 0.95),
        "node_s": used,
        "lost_node_s": statistics.median(c.lost for c in runs),
        "cost": used / 3600 * args.price,
        "cost_held": statistics.median(finish) * nodes / 3600 * args.price,
        "missing": statistics.fmean(c.missing for c in runs),
    }


def duration(seconds):
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def table(rows):
    columns = ["nodes", "finish", "95 %", "node-hours", "lost", "cost",
               "cost held", "missing"]
    print("".join(f"{c:>12}" for c in columns))
    for r in rows:
        lost = r["lost_node_s"] / r["node_s"] if r["node_s"] else 0
        cells = [str(r["nodes"]), duration(r["finish_s"]),
                 duration(r["finish_p95_s"]), f"{r['node_s'] / 3600:.2f}",
                 f"{100 * lost:.1f} %", f"{r['cost']:.2f}",
                 f"{r['cost_held']:.2f}", f"{r['missing']:.1f}"]
        print("".join(f"{c:>12}" for c in cells))


def share(text):
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def stragglers(text):
    part, _, factor = text.partition(":")
    return share(part), float(factor or 3)


def positive(text):
    value = float(text)
    if not value > 0:
        raise ValueError
    return value


def counts(text):
    values = [int(word) for word in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def read_times(path):
    """Seconds, one shard a line; of a joblog of GNU parallel its runtimes."""
    with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as file:
        lines = [line.rstrip("\n").split("\t") for line in file
                 if line.strip()]
    if lines and "JobRuntime" in lines[0]:
        column = lines[0].index("JobRuntime")
        return [positive(words[column]) for words in lines[1:]]
    return [positive(words[0]) for words in lines]


def parse(argv):
    p = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="Shards take turns in the tapes, as they do in a plan.")
    add = p.add_argument
    add("--shards", type=int, help="shards of the plan: tapes x rounds")
    add("--seconds", type=positive, default=60, help="of a shard (60)")
    add("--spread", type=float, default=0, metavar="SIGMA",
        help="log-normal spread of the shards' times (0)")
    add("--times", metavar="FILE", help="measured seconds of shards, one a "
        "line, or a joblog of GNU parallel; instead of --seconds")
    add("--nodes", type=counts, default=NODES, metavar="N[,N...]")
    add("--dispatch", type=float, default=1, help="seconds to start one (1)")
    add("--tapes", type=int, default=1, help="how many (1)")
    add("--tape-gb", type=float, default=0, help="size of each (0)")
    add("--shared-gb-s", type=positive, default=2,
        help="what the shared file system delivers to all nodes (2)")
    add("--node-gb-s", type=positive, default=1, help="and to one (1)")
    add("--mtbf", type=float, default=0, metavar="SECONDS",
        help="mean time between failures of a node (0: never)")
    add("--repair", type=float, default=600, help="seconds (600)")
    add("--stragglers", type=stragglers, default=(0, 1),
        metavar="PART[:FACTOR]", help="slow shards, and how slow (0:3)")
    add("--misplaced", type=share, default=0, metavar="PART",
        help="starts on a node of the wrong class (0)")
    add("--limit", type=float, default=0, help="seconds (0: none)")
    add("--retries", type=int, default=3, help="of a shard (3)")
    add("--price", type=float, default=1, help="of a node-hour (1)")
    add("--runs", type=int, default=20, help="campaigns to simulate (20)")
    add("--seed", type=int, default=1)
    add("--json", action="store_true", help="print one JSON document")
    args = p.parse_args(argv)
    if args.times:
        try:
            args.times = read_times(args.times)
        except (OSError, ValueError, IndexError) as error:
            p.error(f"--times {args.times}: {error or 'not seconds above 0'}")
        if not args.times:
            p.error("--times: the file has no times")
    if not args.times and (args.shards or 0) < 1:
        p.error("give --shards N or --times FILE")
    if args.shards is not None and args.shards < 1:
        p.error("--shards must be 1 or more")
    if args.tapes < 1 or args.runs < 1:
        p.error("--tapes and --runs must be 1 or more")
    if args.misplaced == 1:
        p.error("--misplaced 1 would never end")
    return args


def main(argv=None):
    args = parse(argv)
    rows = [simulate(args, nodes) for nodes in args.nodes]
    if args.json:
        json.dump({"schema": "heaptape-simulation/1",
                   "shards": args.shards or len(args.times),
                   "rows": rows}, sys.stdout, indent=1)
        print()
    else:
        table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
