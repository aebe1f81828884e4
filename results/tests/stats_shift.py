# SPDX-License-Identifier: MIT
"""The statistics of two samples once more, written apart from the C: p-values
by trying all choices or by counting with integers. 100 random data sets, equal
to 1e-9. With scipy or R, their Mann-Whitney tests are asked, too.
usage: stats_shift.py MAKE_OUTCOMES [scipy|R]"""
import itertools
import math
import random
import statistics
import subprocess
import sys
from fractions import Fraction

NORMAL = statistics.NormalDist()


def midranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [Fraction(0)] * len(values)
    ties = []
    i = 0
    while i < len(order):
        first = values[order[i]]
        j = i
        while (j + 1 < len(order) and
               values[order[j + 1]] - first <= 1e-12 * (1 + abs(first))):
            j += 1
        for k in range(i, j + 1):
            ranks[order[k]] = Fraction(i + j + 2, 2)
        ties.append(j - i + 1)
        i = j + 1
    return ranks, ties


def p_exact(ranks, n, w):
    if len(ranks) <= 14:
        sums = [sum(c) for c in itertools.combinations(ranks, n)]
        return sum(s >= w for s in sums) / len(sums)
    ways = {(0, Fraction(0)): 1}
    for r in ranks:
        grown = dict(ways)
        for (k, total), number in ways.items():
            if k < n:
                key = (k + 1, total + r)
                grown[key] = grown.get(key, 0) + number
        ways = grown
    hits = sum(c for (k, s), c in ways.items() if k == n and s >= w)
    return hits / math.comb(len(ranks), n)


def p_greater(x, y):
    """P that x is so much greater than y, if they are alike."""
    n, m = len(x), len(y)
    ranks, ties = midranks(x + y)
    w = sum(ranks[:n])
    if n <= 20 and m <= 20:
        return p_exact(ranks, n, w)
    u = float(w) - n * (n + 1) / 2
    both = n + m
    lost = sum(t ** 3 - t for t in ties) / (both * (both - 1))
    sd = math.sqrt(n * m / 12 * (both + 1 - lost))
    return math.erfc((u - n * m / 2 - 0.5) / sd / math.sqrt(2)) / 2


def outcome(threshold, high, base, now):
    sign = -1 if high else 1
    x, y = [sign * v for v in now], [sign * v for v in base]
    n, m = len(x), len(y)
    d = sorted(a - b for a in x for b in y)
    z = NORMAL.inv_cdf(0.975)
    k = max(1, math.floor(n * m / 2 - z * math.sqrt(n * m * (n + m + 1) / 12)))
    ends = sorted(math.exp(sign * v) for v in (d[k - 1], d[n * m - k]))
    delta = math.log1p(threshold)
    return [n, math.exp(sign * statistics.median(d)), *ends,
            p_greater(x, [v + delta for v in y]),
            p_greater([-v for v in x], [-v + delta for v in y])]


def data_sets(rng):
    for number in range(100):
        sizes = [6, 7, 8, 10, 12, 15, 20] + [21, 30, 44, 60] * (number % 3 == 1)
        n, m = rng.choice(sizes), rng.choice(sizes)
        effect = math.log(rng.uniform(0.8, 1.3))
        base = [rng.gauss(0.1, 0.04) for _ in range(m)]
        now = [rng.gauss(0.1 + effect, 0.04) for _ in range(n)]
        if number % 4 == 0:  # ties
            base = [round(v, 1) for v in base]
            now = [round(v, 1) for v in now]
        yield (0.0 if number % 4 == 0 else rng.choice([0.03, 0.05, 0.25]),
               number % 3 == 0, base, now)


def close(a, b):
    return abs(a - b) <= 1e-9 * (1 + abs(b))


def questions(sets):
    """Both one-sided tests of each set, as others ask them: is x above y?
    The exact ones of theirs know no ties."""
    for number, (threshold, high, base, now) in enumerate(sets):
        sign = -1 if high else 1
        delta = math.log1p(threshold)
        for turn, place in ((sign, 4), (-sign, 5)):
            x = [turn * v for v in now]
            y = [turn * v + delta for v in base]
            exact = len(x) <= 20 and len(y) <= 20
            if not exact or len(set(x + y)) == len(x + y):
                yield number, place, exact, x, y


def ask_scipy(asked):
    from scipy import stats
    for _, _, exact, x, y in asked:
        yield stats.mannwhitneyu(
            x, y, alternative="greater", use_continuity=True,
            method="exact" if exact else "asymptotic").pvalue


def ask_r(asked):
    lines = [" ".join(map(repr, [int(exact), len(x), *x, *y]))
             for _, _, exact, x, y in asked]
    run = subprocess.run(["Rscript", "--vanilla", "results/tests/stats_shift.R"],
                         input="\n".join(lines) + "\n", text=True,
                         capture_output=True, check=True)
    return [float(line) for line in run.stdout.split()]


def main():
    sets = list(data_sets(random.Random(20261128)))
    lines = [f"shift {t!r} {int(h)} {len(b)} {len(n)} " +
             " ".join(map(repr, b + n)) for t, h, b, n in sets]
    run = subprocess.run([sys.argv[1]], input="\n".join(lines) + "\n",
                         capture_output=True, text=True, check=True)
    answers = [[float(x) for x in line.split()]
               for line in run.stdout.splitlines()]
    for case, got in zip(sets, answers, strict=True):
        expected = outcome(*case)
        assert all(map(close, got, expected)), (case, got, expected)
    told = ""
    if len(sys.argv) > 2:
        asked = list(questions(sets))
        theirs = ask_r(asked) if sys.argv[2] == "R" else ask_scipy(asked)
        for (number, place, *_), p in zip(asked, theirs, strict=True):
            got = answers[number][place]
            assert close(got, p), (sets[number], got, p)
        told = f", {len(asked)} tests of {sys.argv[2]}, too"
    print(f"100 pairs of samples are equal to 1e-9{told}")


main()
