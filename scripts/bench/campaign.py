# SPDX-License-Identifier: MIT
"""The model of scripts/simulate-campaign.py against real campaigns: shards of
the sample tapes on one and two nodes of this machine, without and with nodes
that fail. From the times of a pilot it predicts as a person would, and is off
by what the machine drifts, too; from the campaign's own times it is off by the
model alone. Exits 1 where that is more than --within."""
import argparse
import collections
import glob
import json
import random
import subprocess
import sys
import tempfile
import threading
import time


class Nodes:
    """Threads that take shards from one queue, one each at a time."""

    def __init__(self, args, folder, shards, nodes, mtbf=0):
        self.args, self.folder, self.mtbf = args, folder, mtbf
        self.rng = random.Random(args.seed + nodes)
        self.queue = collections.deque(range(shards))
        self.left = shards
        self.change = threading.Condition()
        self.times = []  # of the shards that were done
        self.lost = 0
        start = time.monotonic()
        threads = [threading.Thread(target=self.node) for _ in range(nodes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.finish = time.monotonic() - start

    def take(self):
        """The next shard, or None at the end."""
        with self.change:
            while self.left and not self.queue:
                self.change.wait()
            return self.queue.popleft() if self.left else None

    def node(self):
        while (shard := self.take()) is not None:
            done = self.attempt(shard)
            with self.change:
                if done:
                    self.left -= 1
                else:
                    self.lost += 1
                    self.queue.append(shard)
                self.change.notify_all()
            if not done:
                time.sleep(self.args.repair)

    def attempt(self, shard):
        tapes = self.args.tapes
        dies = self.rng.expovariate(1 / self.mtbf) if self.mtbf else None
        start = time.monotonic()
        command = [self.args.build + "/heaptape", "replay", "-q", "-n", "1",
                   "-a", "glibc", "-a", "arena", "--passes", "time",
                   "--idle", "1ms", "-f", "-o", f"{self.folder}/{shard}",
                   tapes[shard % len(tapes)]]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                _, words = process.communicate(timeout=dies)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.communicate()
                return False
        if process.returncode:
            sys.exit(f"campaign.py: {' '.join(command)}: {words.decode()}")
        self.times.append(time.monotonic() - start)
        return True


def campaign(args, shards, nodes, mtbf=0):
    with tempfile.TemporaryDirectory() as folder:
        return Nodes(args, folder, shards, nodes, mtbf)


def predict(times, args, nodes, mtbf):
    text = "\n".join(map(str, times))
    out = subprocess.run(
        ["python3", "-B", "scripts/simulate-campaign.py", "--json",
         "--times", "-", "--shards", str(args.shards), "--nodes", str(nodes),
         "--dispatch", "0", "--mtbf", str(mtbf), "--runs", "200",
         "--repair", str(args.repair), "--retries", "1000"],
        input=text, capture_output=True, text=True, check=True).stdout
    return json.loads(out)["rows"][0]["finish_s"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build")
    p.add_argument("--shards", type=int, default=120)
    p.add_argument("--pilot", type=int, default=20)
    p.add_argument("--repair", type=float, default=0.3)
    p.add_argument("--within", type=float, default=0.15)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    args.tapes = sorted(glob.glob("traces/samples/*.tape"))
    worst = 0
    print(f"{args.shards} shards; the model has the times of a pilot of "
          f"{args.pilot}, or their own:")
    print(f"{'nodes':>8}{'failures':>10}{'real':>10}{'from pilot':>14}"
          f"{'off by':>9}{'from own':>12}{'off by':>9}")
    campaign(args, len(args.tapes), 1)  # into the caches
    for nodes, failures in (1, False), (2, False), (2, True):
        pilot = campaign(args, args.pilot, nodes).times
        mtbf = failures * 10 * sum(pilot) / len(pilot)
        real = campaign(args, args.shards, nodes, mtbf)
        row = f"{nodes:8d}{real.lost:10d}{real.finish:8.1f} s"
        for times, width in (pilot, 12), (real.times, 10):
            want = predict(times, args, nodes, mtbf)
            off = want / real.finish - 1
            row += f"{want:{width}.1f} s{100 * off:+7.1f} %"
        worst = max(worst, abs(off))
        print(row, flush=True)
    if worst > args.within:
        sys.exit(f"campaign.py: the model is off by {100 * worst:.0f} %")


main()
