# SPDX-License-Identifier: MIT
"""Measure and print the figures of heaptape; see scripts/bench.sh."""
import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time

import figures
import recording


class Report:
    """The figures so far: printed at once, written as JSON and Markdown."""

    def __init__(self):
        self.figures = []
        self.group = ""

    def section(self, title):
        self.group = title
        print("\n%s" % title, flush=True)

    def add(self, name, value, unit, values=None, target=None):
        """One figure; values are those of the rounds, for the spread."""
        figure = {"group": self.group, "name": name, "value": value,
                  "unit": unit}
        text = "  %-44s %9.4g %s" % (name, value, unit)
        if values and len(values) > 1:
            figure["low"], figure["high"] = min(values), max(values)
            figure["rounds"] = values
            text += " (%.4g to %.4g)" % (min(values), max(values))
        if target is not None:
            figure["target"] = target
            text += "   target: %s" % target
        self.figures.append(figure)
        print(text, flush=True)

    def note(self, text):
        print("  %s" % text, flush=True)

    def write(self, folder, machine, smoke):
        with open(os.path.join(folder, "bench.json"), "w") as stream:
            json.dump({"format": "heaptape-bench", "format_version": 1,
                       "machine": machine, "smoke": smoke,
                       "figures": self.figures}, stream, indent=2)
            stream.write("\n")
        with open(os.path.join(folder, "bench.md"), "w") as stream:
            stream.write("# Figures of heaptape\n\n%s%s\n" % (
                machine, "; short run" if smoke else ""))
            group = None
            for figure in self.figures:
                if figure["group"] != group:
                    group = figure["group"]
                    stream.write("\n## %s\n\n| figure | value | unit | "
                                 "spread | target |\n|---|--:|---|---|---|\n"
                                 % group)
                spread = "%.4g to %.4g" % (figure["low"], figure["high"]) \
                    if "low" in figure else ""
                stream.write("| %s | %.4g | %s | %s | %s |\n" % (
                    figure["name"], figure["value"], figure["unit"], spread,
                    figure.get("target", "")))


def machine():
    model = platform.machine()
    try:
        with open("/proc/cpuinfo") as stream:
            for line in stream:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    return "%s, %d CPUs, Linux %s" % (model, os.cpu_count(),
                                      platform.release())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--smoke", action="store_true",
                        help="short workloads, about a minute")
    parser.add_argument("--only", help="only figures of this function")
    options = parser.parse_args()

    start = time.monotonic()
    report = Report()
    print("heaptape bench on %s" % machine())
    work = tempfile.mkdtemp(prefix="heaptape-bench.")
    try:
        setup = figures.Setup(options.build, work, options.smoke)
        for measure in recording.ALL + figures.ALL:
            if options.only in (None, measure.__name__):
                measure(setup, report)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report.write(options.out, machine(), options.smoke)
    print("\n%d figures in %.0f s; written to %s/bench.json and bench.md" % (
        len(report.figures), time.monotonic() - start, options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
