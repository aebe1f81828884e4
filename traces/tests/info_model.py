#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What info tells of a tape, worked out anew from its dump, the plain way.

usage: info_model.py EVENTS.jsonl INFO.json     exit 1 when they differ
"""
import json
import sys

FREES = ("free", "free_sized", "free_aligned_sized")
REALLOCS = ("realloc", "reallocarray")
NO_CALLS = ("free_null", "thread_start", "thread_end", "thread_name", "mark")


def steps_of(events):
    """(time, order, event, phase): a realloc of a block comes as two."""
    for at, ev in enumerate(events):
        kind = ev["kind"]
        late = kind not in FREES
        if kind in REALLOCS and ev["old_addr"] != "0x0":
            yield (ev["time_ns"], 0, at, ev, "begin")
            yield (ev["end_ns"], 1, at, ev, "finish")
        else:
            yield (ev.get("end_ns", ev["time_ns"]), late, at, ev, "whole")


class Model:
    def __init__(self):
        self.live = {}      # address: block
        self.moving = {}    # thread: block in a realloc
        self.now = self.peak = self.peak_time = 0
        self.cross = {}
        self.lives = []
        self.unknown = self.in_place = self.moved = self.links = 0
        self.longest = 0
        self.chains = 0

    def take(self, ev, time, past=None):
        block = {"size": ev["size"], "birth": time, "reallocs": 0,
                 "thread": ev["thread"]}
        if past:
            block["birth"] = past["birth"]
            block["reallocs"] = past["reallocs"] + 1
            self.longest = max(self.longest, block["reallocs"])
            self.links += 1
            self.chains += past["reallocs"] == 0
        old = self.live.get(ev["addr"])
        self.now += ev["size"] - (old["size"] if old else 0)
        self.live[ev["addr"]] = block
        if self.now > self.peak:
            self.peak, self.peak_time = self.now, time

    def give(self, ev, addr):
        block = self.live.pop(addr, None)
        if not block:
            self.unknown += 1
            return None
        self.now -= block["size"]
        if block["thread"] != ev["thread"]:
            pair = (block["thread"], ev["thread"])
            self.cross[pair] = self.cross.get(pair, 0) + 1
        return block

    def step(self, time, ev, phase):
        if ev.get("failed") or ev["kind"] in NO_CALLS:
            return
        if phase == "begin":
            self.moving[ev["thread"]] = self.give(ev, ev["old_addr"])
        elif phase == "finish":
            past = self.moving.pop(ev["thread"])
            if ev["addr"] != "0x0":
                self.in_place += ev["addr"] == ev["old_addr"]
                self.moved += ev["addr"] != ev["old_addr"]
                self.take(ev, time, past)
            elif past:
                self.lives.append((time - past["birth"], past["size"]))
        elif ev["addr"] == "0x0":
            return
        elif ev["kind"] in FREES:
            block = self.give(ev, ev["addr"])
            if block:
                self.lives.append((time - block["birth"], block["size"]))
        else:
            self.take(ev, time)


def classes(lives):
    """Rows of (from, below, blocks, bytes) by powers of ten from 1 us on."""
    rows = {}
    for ns, size in lives:
        below = 1000
        while ns >= below and below < 10 ** 13:
            below *= 10
        row = rows.setdefault(below, [0, 0])
        row[0] += 1
        row[1] += size
    return [[below] + rows[below] for below in sorted(rows)]


def expected(model, events):
    taken = [ev for ev in events if ev.get("addr", "0x0") != "0x0" and
             ev["kind"] not in FREES]
    return {
        "events": len(events),
        "allocations": len(taken),
        "allocated_bytes": sum(ev["size"] for ev in taken),
        "live_peak_bytes": model.peak,
        "live_peak_time_ns": model.peak_time,
        "live_end_bytes": model.now,
        "live_end_blocks": len(model.live),
        "unknown_frees": model.unknown,
        "cross_thread_frees": sum(model.cross.values()),
        "pairs": sorted(model.cross.items()),
        "died_bytes": sum(size for _, size in model.lives),
        "within_1ms": sum(s for ns, s in model.lives if ns < 10 ** 6),
        "lifetimes": classes(model.lives),
        "in_place": model.in_place,
        "moved": model.moved,
        "chains": model.chains,
        "links": model.links,
        "longest": model.longest,
    }


def told(info):
    values = {key: info[key] for key in (
        "events", "allocations", "allocated_bytes", "live_peak_bytes",
        "live_peak_time_ns", "live_end_bytes", "live_end_blocks",
        "unknown_frees", "cross_thread_frees", "died_bytes")}
    values["pairs"] = sorted(((row["taken_by"], row["freed_by"]),
                              row["blocks"])
                             for row in info["cross_thread_pairs"])
    values["within_1ms"] = info["died_within_1ms_bytes"]
    values["lifetimes"] = [[row["below_ns"], row["blocks"],
                            row["block_bytes"]] for row in info["lifetimes"]]
    reallocs = info["reallocs"]
    values["in_place"] = reallocs["in_place"]
    values["moved"] = reallocs["moved"]
    values["chains"] = reallocs["chains"]
    values["links"] = reallocs["chain_reallocs"]
    values["longest"] = reallocs["longest_chain"]
    return values


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    with open(sys.argv[2], encoding="utf-8") as text:
        got = told(json.load(text))
    model = Model()
    for time, _, _, ev, phase in sorted(steps_of(events),
                                        key=lambda step: step[:3]):
        model.step(time, ev, phase)
    want = expected(model, events)
    bad = [key for key in want if want[key] != got[key]]
    for key in bad:
        print(f"{key}: info tells {got[key]}, the model {want[key]}")
    sys.exit(1 if bad or not events else 0)


main()
