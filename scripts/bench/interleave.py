# SPDX-License-Identifier: MIT
"""Run commands in turn, in a new random order each round, and measure them.

Neighbours in time share what disturbs them, so figures are made from the
differences and ratios within a round; the median over the rounds counts.
"""
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time


class Run:
    """What one run of a command took."""

    def __init__(self, wall_s, cpu_s, peak_bytes, text):
        self.wall_s = wall_s
        self.cpu_s = cpu_s
        self.peak_bytes = peak_bytes
        self.text = text

    def number(self):
        """The last line that is a number; tools around it print words."""
        for line in reversed(self.text.splitlines()):
            try:
                return float(line)
            except ValueError:
                continue
        sys.exit("bench: no number in: %s" % self.text[-200:])


    def rate(self, name):
        """The number on the line that begins with name."""
        for line in self.text.splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == name:
                return float(words[1])
        sys.exit("bench: no %s in: %s" % (name, self.text[-200:]))


class Command:
    """argv, what is read as stdin (a path or None), more environment."""

    def __init__(self, argv, stdin=None, env=None):
        self.argv = [str(word) for word in argv]
        self.stdin = stdin or os.devnull
        self.env = dict(os.environ, **(env or {}))

    def run(self):
        with open(self.stdin, "rb") as stdin, \
                tempfile.TemporaryFile() as out, \
                tempfile.TemporaryFile() as errors:
            start = time.monotonic()
            child = subprocess.Popen(self.argv, stdin=stdin, stdout=out,
                                     stderr=errors, env=self.env)
            _, status, usage = os.wait4(child.pid, 0)
            wall_s = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read().decode(errors="replace")
            if child.returncode:
                errors.seek(0)
                words = errors.read().decode(errors="replace").strip()
                sys.exit("bench: %s: exit status %d: %s" % (
                    " ".join(self.argv), child.returncode, words[-500:]))
        return Run(wall_s, usage.ru_utime + usage.ru_stime,
                   usage.ru_maxrss * 1024, text)


def interleave(commands, rounds):
    """Run all commands once in each round; lists of Run by name."""
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        order = list(commands)
        random.shuffle(order)
        for name in order:
            runs[name].append(commands[name].run())
    return runs


def differences(runs, name, base, value):
    """value(run) of name less that of base, round by round."""
    return [value(a) - value(b) for a, b in zip(runs[name], runs[base])]


def ratios(runs, name, base, value):
    """value(run) of name over that of base, round by round."""
    return [value(a) / value(b) for a, b in zip(runs[name], runs[base])]


def median(values):
    return statistics.median(values)
