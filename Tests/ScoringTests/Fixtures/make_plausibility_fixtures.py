"""Writes plausibility.json beside this file: binomial tests, and assignments of the largest sum.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1.

The matrices are not stored: ClassMatchingTests.swift draws the same ones, by SplitMix64.
"""

import json
import pathlib

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

HERE = pathlib.Path(__file__).parent
MASK = (1 << 64) - 1


def words(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def matrix(seed, classes, limit, raised):
    """Whole numbers below `limit`; of row i the column (7 i + 3) % classes is raised."""
    counts = (words(seed, classes * classes) % np.uint64(limit)).astype(np.int64).reshape(classes, classes)
    rows = np.arange(classes)
    counts[rows, (7 * rows + 3) % classes] += raised
    return counts


def matching(seed, classes, limit, raised):
    counts = matrix(seed, classes, limit, raised)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    # Among those of the largest sum the most on the diagonal.
    weights = (classes + 1) * counts + np.eye(classes, dtype=np.int64)
    kept = int(weights[linear_sum_assignment(weights, maximize=True)].sum()) % (classes + 1)
    return dict(
        seed=seed, classes=classes, limit=limit, raised=raised,
        rightCount=int(counts[rows, columns].sum()), keptCount=kept % (classes + 1))


def tail(successes, count, probability):
    return dict(
        successes=successes, count=count, probability=probability,
        pValue=float(binom.sf(successes - 1, count, probability)))


matchings = [
    matching(seed, classes, limit, raised)
    for seed, (classes, limit, raised) in enumerate(
        [(k, limit, 0) for k in (1, 2, 3, 5, 10, 37, 100) for limit in (1, 2, 4, 1000)]
        + [(k, limit, raised) for k in (2, 10, 100) for limit, raised in ((3, 2), (20, 60))]
        + [(300, 5, 0), (300, 1 << 30, 0), (1000, 3, 40), (1000, 1000, 0)])
]
# A kept count of `classes` would be 0 modulo classes + 1 only if the sum were none.
tails = [
    tail(successes, count, probability)
    for count, probability in [(1, 0.5), (10, 0.1), (30, 0.5), (100, 0.1), (1000, 0.01), (10000, 0.1),
                               (10000, 0.005), (50000, 0.001), (1000000, 0.01), (50, 0), (50, 1)]
    for successes in sorted({0, 1, count // 2, count} | {
        max(0, min(count, round(count * probability + d * (count * probability * (1 - probability)) ** 0.5)))
        for d in (-3, -1, 0, 1, 2, 3, 4, 6)})
]
(HERE / "plausibility.json").write_text(
    json.dumps(dict(matchings=matchings, tails=tails), separators=(",", ":")) + "\n")
