# SPDX-License-Identifier: MIT
"""The model of scripts/simulate-campaign.py against cases that can be worked
out by hand; prints test points, numbered by the caller."""
import contextlib
import importlib.util
import io
import json
import sys

spec = importlib.util.spec_from_file_location(
    "model", "scripts/simulate-campaign.py")
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)

PLAIN = "--shards 120 --seconds 10 --dispatch 0 --nodes "
# A shard of S seconds on a node that fails every M and is repaired in R takes
# (M + R)(exp(S / M) - 1).
CASES = [
    # what must hold, figure, value, tolerated part, options
    ("one node takes the sum of the shards", "finish_s", 1200, 0, PLAIN + "1"),
    ("the cost is that of its hours", "cost", 1, 0, PLAIN + "1 --price 3"),
    ("eight nodes take an eighth", "finish_s", 150, 0, PLAIN + "8"),
    ("the last of seven nodes has one more", "finish_s", 180, 0, PLAIN + "7"),
    ("more nodes than shards wait", "finish_s", 10, 0, PLAIN + "1000"),
    ("they cost nothing", "cost", 1 / 3, 1e-9, PLAIN + "1000"),
    ("but where they are held", "cost_held", 25 / 9, 1e-9, PLAIN + "1000"),
    ("every shard has its dispatch", "finish_s", 390, 0,
     PLAIN + "4 --dispatch 3"),
    ("a node copies each tape once", "finish_s", 1230, 0,
     PLAIN + "1 --tapes 6 --tape-gb 5 --node-gb-s 1 --shared-gb-s 100"),
    ("nodes share the file system", "finish_s", 70, 0,
     PLAIN + "120 --tape-gb 1 --node-gb-s 1000 --shared-gb-s 2"),
    ("stragglers take longer", "finish_mean_s", 1440, 0.03,
     PLAIN + "1 --stragglers 0.1:3 --runs 100"),
    ("misplaced shards are dispatched again", "finish_mean_s", 1500, 0.03,
     PLAIN + "1 --dispatch 2 --misplaced 0.2 --runs 100"),
    ("failures cost what renewal theory says", "finish_mean_s",
     120 * (40 + 7) * 0.2840254, 0.04,
     PLAIN + "1 --mtbf 40 --repair 7 --retries 1000 --runs 100"),
    ("what reaches the limit is given up", "missing", 120, 0,
     PLAIN + "1 --limit 5 --retries 2"),
    ("after so many tries", "finish_s", 1800, 0,
     PLAIN + "1 --limit 5 --retries 2"),
    ("the mean of spread times stays", "finish_mean_s", 1200, 0.04,
     PLAIN + "1 --spread 0.8 --runs 100"),
    ("measured times are taken as they are", "finish_s", 10, 0,
     "--dispatch 0 --nodes 1 --times {dir}/times"),
    ("in their order", "finish_s", 7.5, 0,
     "--dispatch 0 --nodes 2 --times {dir}/times"),
    ("those of a joblog too", "finish_s", 9.5, 0,
     "--dispatch 0 --nodes 1 --times {dir}/joblog"),
]


def main(folder):
    with open(folder + "/times", "w", encoding="utf-8") as file:
        file.write("1.5\n2.5\n6\n")
    with open(folder + "/joblog", "w", encoding="utf-8") as file:
        file.write("Seq\tHost\tJobRuntime\n1\t:\t4.5\n2\t:\t5\n")
    for what, figure, want, part, options in CASES:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            model.main(["--json", *options.format(dir=folder).split()])
        got = json.loads(text.getvalue())["rows"][0][figure]
        holds = abs(got - want) <= part * want + 1e-9
        print("holds" if holds else "fails", f"{what}: {got:g}", sep="\t")


main(sys.argv[1])
