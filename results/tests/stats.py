# SPDX-License-Identifier: MIT
"""The statistics once more, written apart from the C: by enumerating the signs
for few rounds and by counting exactly with integers for more. 100 random data
sets, equal to 1e-9. With scipy or R, their tests are asked, too.
usage: stats.py MAKE_OUTCOMES [scipy|R]"""
import itertools
import math
import random
import statistics
import subprocess
import sys
from fractions import Fraction


def midranks(values):
    order = sorted(range(len(values)), key=lambda i: abs(values[i]))
    ranks = [Fraction(0)] * len(values)
    i = 0
    while i < len(order):
        j = i
        while (j + 1 < len(order) and abs(abs(values[order[j + 1]]) -
               abs(values[order[i]])) <= 1e-12 * abs(values[order[i]])):
            j += 1
        for k in range(i, j + 1):
            ranks[order[k]] = Fraction(i + j + 2, 2)
        i = j + 1
    return ranks


def p_greater(values):
    """P(W+ >= w) under random signs."""
    values = [v for v in values if v != 0]
    if not values:
        return 1.0
    ranks = midranks(values)
    w = sum(r for r, v in zip(ranks, values) if v > 0)
    if len(values) <= 12:
        hits = sum(1 for signs in itertools.product((0, 1), repeat=len(ranks))
                   if sum(r for r, s in zip(ranks, signs) if s) >= w)
        return hits / 2 ** len(ranks)
    counts = {Fraction(0): 1}
    for r in ranks:
        grown = dict(counts)
        for total, number in counts.items():
            grown[total + r] = grown.get(total + r, 0) + number
        counts = grown
    return sum(c for t, c in counts.items() if t >= w) / 2 ** len(ranks)


def interval(d, level=0.05):
    n = len(d)
    averages = sorted((d[i] + d[j]) / 2 for i in range(n) for j in range(i, n))
    counts = [1]
    for r in range(1, n + 1):
        grown = counts + [0] * r
        for k, number in enumerate(counts):
            grown[k + r] += number
        counts = grown
    critical, total = -1, 0
    for k, number in enumerate(counts):
        total += number
        if Fraction(total, 2 ** n) > Fraction(level) / 2:
            break
        critical = k
    skip = max(critical, -1) + 1 - 1 if critical >= 0 else 0
    return (statistics.median(averages), averages[skip],
            averages[len(averages) - 1 - skip])


def outcome(threshold, grain, high, base, arm):
    sign = -1 if high else 1
    d = [0.0 if a == b else sign * math.log((b + grain) / (a + grain))
         for a, b in zip(base, arm)]
    middle, low, high_end = interval(d)
    delta = math.log1p(threshold)
    ends = sorted(math.exp(sign * x) for x in (low, high_end))
    return [len(d), math.exp(sign * middle), ends[0], ends[1],
            p_greater([x - delta for x in d]),
            p_greater([-x - delta for x in d])], d, delta


def holm(p):
    order = sorted(range(len(p)), key=lambda i: p[i])
    return [min(1, max((len(p) - k) * p[order[k]]
                       for k in range(order.index(i) + 1)))
            for i in range(len(p))]


def data_sets(rng):
    for number in range(100):
        n = rng.choice([3, 5, 6, 8, 9, 10, 11, 12, 15, 20, 30, 50])
        rounded = number % 4 == 0  # ties and zeros
        scale = 10 ** rng.uniform(1, 9)
        effect = rng.uniform(0.8, 1.25)
        base = [scale * rng.lognormvariate(0, 0.05) for _ in range(n)]
        arm = [b * effect * rng.lognormvariate(0, 0.04) for b in base]
        if rounded:
            base = [float(round(3 + rng.random() * 3)) for _ in range(n)]
            arm = [float(round(3 + rng.random() * 4)) for _ in range(n)]
        yield (rng.choice([0.0, 0.03, 0.05, 0.25]),
               rng.choice([0.0, 1.0, 1000.0]), number % 3 == 0, base, arm)


def close(a, b):
    return abs(a - b) <= 1e-9 * (1 + abs(b))


def ask(program, lines):
    run = subprocess.run([program], input="\n".join(lines) + "\n",
                         capture_output=True, text=True, check=True)
    return [[float(x) for x in line.split()]
            for line in run.stdout.splitlines()]


def is_plain(x):
    """The others are exact without ties and zeros alone."""
    return all(v != 0 for v in x) and len({abs(v) for v in x}) == len(x)


def check_r(cases):
    """cases: (log-ratios, threshold, what the C says, sign)."""
    plain = [c for c in cases
             if is_plain(c[0]) and is_plain([v - c[1] for v in c[0]])
             and 6 <= len(c[0]) < 50]
    lines = [" ".join(map(repr, [delta] + d)) for d, delta, _, _ in plain]
    run = subprocess.run(["Rscript", "--vanilla", "results/tests/stats.R"],
                         input="\n".join(lines) + "\n", text=True,
                         capture_output=True, check=True)
    answers = [[float(x) for x in a.split()] for a in run.stdout.splitlines()]
    for (_, _, got, sign), theirs in zip(plain, answers, strict=True):
        ends = sorted(math.exp(sign * x) for x in theirs[2:])
        expected = [math.exp(sign * theirs[1]), *ends, theirs[0]]
        assert all(map(close, got[1:5], expected)), (got, expected)
    return len(plain)


def check_scipy(d, delta, got):
    from scipy import stats
    for sign, p in ((1, got[4]), (-1, got[5])):
        x = [sign * v - delta for v in d]
        if not is_plain(x):
            continue
        theirs = stats.wilcoxon(x, alternative="greater", method="exact")
        assert close(theirs.pvalue, p), (theirs.pvalue, p, d)
        yield 1


def main():
    rng = random.Random(20261127)
    sets = list(data_sets(rng))
    lines = ["compare " + " ".join(map(repr, [t, g])) +
             f" {int(h)} {len(b)} " + " ".join(map(repr, b + a))
             for t, g, h, b, a in sets]
    compared, cases = 0, []
    for case, got in zip(sets, ask(sys.argv[1], lines), strict=True):
        expected, d, delta = outcome(*case)
        assert len(got) == len(expected), got
        assert all(map(close, got, expected)), (case, got, expected)
        if sys.argv[2:] == ["scipy"]:
            compared += sum(check_scipy(d, delta, got))
        cases.append((d, delta, got, -1 if case[2] else 1))
    if sys.argv[2:] == ["R"]:
        compared = check_r(cases)
    families = [[rng.random() ** 3 for _ in range(rng.randint(1, 40))]
                for _ in range(100)]
    lines = [f"holm {len(f)} " + " ".join(map(repr, f)) for f in families]
    for family, got in zip(families, ask(sys.argv[1], lines), strict=True):
        assert all(map(close, got, holm(family))), (family, got)
    print(f"100 data sets and 100 families are equal to 1e-9"
          f"{f', {compared} tests of {sys.argv[2]}, too' if compared else ''}")


main()
