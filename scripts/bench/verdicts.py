# SPDX-License-Identifier: MIT
"""Real campaigns on this machine: how often an allocator is called worse than
itself, and how often one that is 20 % slower is found. The slower one is
scripts/bench/delay.c, its delay found by measuring."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

TAPE = "traces/samples/lua-tables.tape"
QUICK = ["--touch", "first", "--idle", "1ms"]


def run(args, *words):
    done = subprocess.run([args.build + "/heaptape", *words],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"verdicts.py: {' '.join(words)}: {done.stderr}")
    return done.stdout


def delayed(args, loops):
    return f"slow={args.build}/bench/libdelay.so,DELAY_LOOPS={loops}"


def compare(args, arms, rounds, *more):
    """The cells of a campaign against glibc, by arm and metric."""
    with tempfile.TemporaryDirectory() as folder:
        words = [w for arm in ["glibc", *arms] for w in ("-a", arm)]
        run(args, "replay", "-q", *words, *rounds, *QUICK, *more,
            "-o", folder + "/run", args.tape)
        doc = json.loads(run(args, "compare", folder + "/run", "--json"))
        rounds = doc["rounds"][0]["rounds"]
        return {(c["arm"], c["metric"]): c for c in doc["cells"]}, rounds


def find_loops(args):
    """How many turns make the CPU time a fifth longer."""
    none, many = delayed(args, 0), delayed(args, 40)
    cells, _ = compare(args, [none, many], ["-n", "20"], "--passes", "time")
    start = cells[none, "cpu_ns"]["ratio"]
    step = (cells[many, "cpu_ns"]["ratio"] - start) / 40
    return max(1, round((1.2 - start) / step))


def row(what, got, of, low, high):
    kept = low * of <= got <= high * of
    print(f"  {what:<58} {got:3d} of {of}  {'ok' if kept else 'BROKEN'}",
          flush=True)
    return kept


def against_itself(args, gates):
    failed, inside, intervals = 0, 0, 0
    for _ in range(gates):
        with tempfile.TemporaryDirectory() as folder:
            doc = json.loads(run(args, "calibrate", "-q", "-n", "11", "--json",
                                 *QUICK, "--passes", "time,latency,memory",
                                 "-o", folder + "/run", args.tape))
        wrong = [m["metric"] for m in doc["metrics"]
                 if m["false_label"] and m["change_percent"] > 0]
        failed += bool(wrong)
        varied = [m for m in doc["metrics"] if m["noise_percent"] > 0]
        intervals += len(varied)
        inside += sum(m["change_low_percent"] <= 0 <= m["change_high_percent"]
                      for m in varied)
        for metric in wrong:
            print(f"    {metric} was told apart from itself")
    print(f"    {inside} of {intervals} intervals ({100 * inside / intervals:.1f}"
          " %) have the truth; metrics of one run go together")
    return row("gates of glibc against itself that fail", failed, gates, 0,
               0.05)


def against_slower(args, gates):
    loops = find_loops(args)
    found, ratios, most = 0, [], 0
    for _ in range(gates):
        arm = delayed(args, loops)
        cells, rounds = compare(args, [arm], [], "--passes", "time")
        cell = cells[arm, "wall_ns"]
        words = [cells[arm, m]["verdict"] for m in ("wall_ns", "cpu_ns")]
        found += "WORSE" in words
        if "WORSE" not in words:
            print(f"    wall and CPU time: {', '.join(words)}, "
                  f"{cell['ratio']:.3f} [{cell['ratio_low']:.3f}, "
                  f"{cell['ratio_high']:.3f}], {rounds} rounds")
        ratios.append(cell["ratio"])
        most = max(most, rounds)
    print(f"    delay of {loops} turns: {100 * min(ratios) - 100:+.1f} to "
          f"{100 * max(ratios) - 100:+.1f} %, {most} rounds at most")
    return row("gates of glibc against itself 20 % slower that fail", found,
               gates, 1, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--tape", default=TAPE)
    parser.add_argument("--only", choices=("itself", "slower"))
    args = parser.parse_args()
    gates = 3 if args.smoke else 20
    os.environ.pop("MALLOC_ARENA_MAX", None)
    print("real gates on this machine:")
    kept = [run_gates(args, gates)
            for name, run_gates in (("itself", against_itself),
                                    ("slower", against_slower))
            if args.only in (None, name)]
    return 0 if all(kept) else 1


sys.exit(main())
