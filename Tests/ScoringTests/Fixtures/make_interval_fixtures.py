"""Writes intervals.json beside this file: intervals of calibration errors and of other figures, from logits.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

Nothing here is shared with what it checks: draws come from Philox written out, bins are columns of
matrices, deviations of binomial numbers are sums, temperatures are roots.
"""

import json
import pathlib

import numpy as np
from make_fixtures import Problem, draw
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from scipy.stats import beta, binom
from sklearn.isotonic import IsotonicRegression

HERE = pathlib.Path(__file__).parent


# Draws

def philox(counter, key):
    """Ten rounds of Philox4x32 on [4, n] counters."""
    x, y, z, w = (c.astype(np.uint64) for c in counter)
    low, high = key
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        first, second = x * np.uint64(0xD2511F53), z * np.uint64(0xCD9E8D57)
        x, y, z, w = ((second >> np.uint64(32)) ^ y ^ np.uint64(low), second & mask,
                      (first >> np.uint64(32)) ^ w ^ np.uint64(high), first & mask)
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([x, y, z, w])


def purpose_hash(purpose):
    value = 2166136261
    for byte in purpose.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def multiplicities(images, draws, seed):
    """How often each draw holds each image, [draws, images]."""
    counts = np.zeros((draws, images))
    blocks = (images + 1) // 2
    for number in range(draws):
        counter = [np.arange(blocks), np.zeros(blocks), np.full(blocks, number),
                   np.full(blocks, purpose_hash("bootstrap"))]
        words = philox(counter, (seed & 0xFFFFFFFF, seed >> 32)).T.reshape(-1, 2)[:images]
        uniform = ((words[:, 0] >> np.uint64(5)) * np.uint64(1 << 26)
                   + (words[:, 1] >> np.uint64(6))).astype(float) * 2.0**-53
        np.add.at(counts[number], (uniform * images).astype(int), 1)
    return counts


# Bins: a column each, with the part of each row that belongs to it

def width_bins(confidence, bins):
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return np.eye(bins)[index]


def mass_bins(confidence, cuts):
    """Bins that end before the ranks `cuts`; ties are shared out in proportion."""
    n = len(confidence)
    bounds = [0, *cuts, n]
    shares = np.zeros((n, len(bounds) - 1))
    for value in np.unique(confidence):
        rows = np.flatnonzero(confidence == value)
        start = int((confidence < value).sum())
        for b, (lower, upper) in enumerate(zip(bounds, bounds[1:])):
            inside = max(0, min(upper, start + len(rows)) - max(lower, start))
            shares[rows, b] = inside / len(rows)
    return shares


def adaptive_bins(confidence, bins):
    n = len(confidence)
    return mass_bins(confidence, [(2 * k * n + bins) // (2 * bins) for k in range(1, bins)])


def smoothing(confidence, sigma):
    """The parts of each row's error that a Gaussian, mirrored at 0 and 1, gives to cells of a grid."""
    size = int(min(max(np.ceil(4 / max(sigma, 1e-9)), 64), 4096))
    width = max(sigma, 0.1 / size) * size
    cell = np.clip((confidence * size + 1e-9).astype(int), 0, size - 1)
    reach = int(np.ceil(5 * width))
    kernel = np.zeros((size, size))
    for step in range(-reach, reach + 1):
        place = (np.arange(size) + step) % (2 * size)
        np.add.at(kernel, (np.arange(size), np.minimum(place, 2 * size - 1 - place)),
                  np.exp(-((step / width) ** 2) / 2))
    return (kernel / kernel.sum(axis=1, keepdims=True))[cell]


def smooth_error(confidence, right):
    """The bandwidth at which the smoothed error is the bandwidth, by a cosine series."""
    k = np.arange(3000)[:, None]
    residual = (confidence - right) / len(right)
    coefficients = np.cos(np.pi * k * confidence) @ residual
    nodes = (np.arange(6000) + 0.5) / 6000
    cosines = np.cos(np.pi * k * nodes)

    def excess(sigma):
        terms = coefficients * np.exp(-((np.pi * k[:, 0] * sigma) ** 2) / 2)
        return abs(2 * terms @ cosines - terms[0]).mean() - sigma
    return brentq(excess, 1e-3, 1.0, xtol=1e-13)


# Intervals

class Rows:
    """Rows, the images that they show, and the draws of the images."""

    def __init__(self, confidence, right, images, weights):
        self.confidence, self.right = confidence, right
        self.excess = confidence - right
        self.byimage = (np.arange(weights.shape[1])[:, None] == images).astype(float)
        self.rows = self.byimage.sum(axis=1)
        self.weights = weights
        self.drawn = weights @ self.rows

    def sums(self, shares):
        return self.byimage @ (shares * self.excess[:, None])

    def l1(self, shares):
        n, sums = len(self.excess), self.sums(shares)
        error = sums.sum(axis=0) / n
        drawn = self.weights @ sums / self.drawn[:, None]
        deviation = ((sums - np.outer(self.rows, error)) ** 2).sum(axis=0) ** 0.5 / n
        clear = abs(error) > 3 * deviation
        signed = np.sign(error) * (drawn - error)
        above = np.where(clear, signed, abs(drawn - error)).sum(axis=1)
        below = np.where(clear, signed, abs(drawn) - abs(error)).sum(axis=1)
        return abs(error).sum(), above, below

    def l2(self, shares):
        counts, sums = self.byimage @ shares, self.sums(shares)
        kept = counts.sum(axis=0) > 0
        counts, sums = counts[:, kept], sums[:, kept]
        gap = sums.sum(axis=0) / counts.sum(axis=0)
        n, excess = self.weights @ counts, self.weights @ sums
        drawn = np.where(n > 0, excess / np.where(n > 0, n, 1), 0)
        value = ((counts.sum(axis=0) * gap**2).sum() / len(self.excess)) ** 0.5
        above = ((n * (drawn - gap) ** 2).sum(axis=1) / self.drawn) ** 0.5
        return value, above, ((n * drawn**2).sum(axis=1) / self.drawn) ** 0.5 - value

    def largest(self, shares):
        counts = self.byimage @ shares
        kept = counts.sum(axis=0) > 0
        counts, shares = counts[:, kept], shares[:, kept]
        n = counts.sum(axis=0)
        confidence, accuracy = shares.T @ self.confidence / n, shares.T @ self.right / n
        trials = n**2 / (counts**2).sum(axis=0)
        single = clopper_pearson(accuracy * trials, trials, 0.025)
        every = clopper_pearson(accuracy * trials, trials, 0.025 / len(n))
        outside = np.maximum(0, np.maximum(every[0] - confidence, confidence - every[1]))
        return outside.max(), abs(np.stack(single) - confidence).max()


def clopper_pearson(successes, count, tail):
    low = np.where(successes > 0, beta.ppf(tail, np.maximum(successes, 1e-9), count - successes + 1), 0)
    failures = np.maximum(count - successes, 0)
    high = np.where(failures > 0, beta.ppf(1 - tail, successes + 1, np.maximum(failures, 1e-9)), 1)
    return low, high


def interval(value, spread, upper=0.005):
    estimate, above, below = spread
    return [max(0, min(value, estimate - np.quantile(above, 0.975))),
            max(value, estimate - np.quantile(below, upper))]


def including(value, ends):
    return [min(value, max(0, ends[0])), max(value, ends[1])]


def deviation(count, p):
    """E|X − np| of a binomial number, as a sum."""
    x = np.arange(count + 1)
    return float((binom.pmf(x, count, p) * abs(x - count * p)).sum())


def classwise(bins_of_class, p, y):
    """The mean over classes of the errors in bins, and its interval."""
    n, classes = p.shape
    error = mean = variance = largest = 0
    for c in range(classes):
        label = (y == c).astype(float)
        for shares in bins_of_class(p[:, c]).T:
            count = int(round(shares.sum()))
            if count == 0:
                continue
            probability, share = shares @ p[:, c] / count, shares @ label / count
            m = deviation(count, probability)
            error += abs(shares @ (p[:, c] - label))
            mean += m
            variance += count * probability * (1 - probability) - m**2
            largest += count * max(probability * (1 - probability), share * (1 - share))
    scale, z = 1 / (n * classes), 1.9599639845400545
    value = error * scale
    return value, including(value, [(error - mean - z * (2 * variance) ** 0.5) * scale,
                                    value + z * (2 * largest) ** 0.5 * scale])


def thresholded_bins(probability):
    kept = np.flatnonzero(probability > 1e-3)
    shares = np.zeros((len(probability), 15))
    shares[kept] = mass_bins(probability[kept], [k * (len(kept) // 15) for k in range(1, 15)])
    return shares


def debiased_error(shares, confidence, right):
    n = shares.sum(axis=0)
    kept = n > 1
    n, shares = n[kept], shares[:, kept]
    gap, accuracy = shares.T @ (confidence - right) / n, shares.T @ right / n
    square = n * (gap**2 - accuracy * (1 - accuracy) / (n - 1))
    return (max(0, square.sum()) / len(right)) ** 0.5


def intervals(p, y, images, weights, bins, norm):
    """Every metric's value and interval; classwise ones where images have one row."""
    whole = p
    # Confidences that differ by roundings are ties.
    p = p.round(14)
    confidence, right = p.max(axis=1), (p.argmax(axis=1) == y).astype(float)
    rows = Rows(confidence, right, images, weights)
    width, mass = width_bins(confidence, bins), adaptive_bins(confidence, bins)
    results = {}
    for name, shares in [("ece", width), ("ece_adaptive", mass)]:
        if norm == "max":
            gaps = abs(shares.T @ rows.excess / np.maximum(shares.sum(axis=0), 1e-300))
            results[name] = (gaps.max(), including(gaps.max(), rows.largest(shares)))
        else:
            spread = rows.l1(shares) if norm == "l1" else rows.l2(shares)
            results[name] = (spread[0], interval(spread[0], spread))
    largest = abs(width.T @ rows.excess / np.maximum(width.sum(axis=0), 1e-300)).max()
    results["mce"] = (largest, including(largest, rows.largest(width)))
    value = debiased_error(width, confidence, right)
    results["ece_debiased"] = (value, interval(value, rows.l2(width)))
    sigma = smooth_error(confidence, right)
    _, above, below = rows.l1(smoothing(confidence, sigma))
    results["ece_smooth"] = (sigma, interval(sigma, (sigma, above, below), 0.001))
    if rows.rows.max() == 1 and norm == "l1":
        results["ece_classwise"] = classwise(lambda q: width_bins(q, bins), p, y)
    if rows.rows.max() == 1:
        results["tace"] = classwise(thresholded_bins, p, y)
    results |= losses(np.log(whole), y, rows)
    results |= added(confidence, right, images, weights, rows.rows.max() == 1)
    return {name: [float(x) for x in (value, *ends)] for name, (value, ends) in results.items()}


# Losses

def halves(n):
    """MixMo's halves."""
    order = list(range(n))
    np.random.seed(31)
    np.random.shuffle(order)
    return np.sort(order[:n // 2]), np.sort(order[n // 2:])


def losses(logs, y, rows):
    """The refinement loss and the calibration loss; none where a half has no best temperature."""
    parts, at = halves(len(y)), np.arange(len(y))
    try:
        first, second = (temperature(logs[h], y[h]) for h in parts)
    except ValueError:
        return {}

    def loss(t):
        return -log_softmax(logs / t, axis=1)[at, y]
    refinement = np.zeros(len(y))
    refinement[parts[0]], refinement[parts[1]] = loss(second)[parts[0]], loss(first)[parts[1]]
    refinement = refinement.mean()
    # By β = 1/T: the mean deviation of the label, and the variance, under the softmax.
    b = (first * second) ** -0.5
    q = softmax(b * logs, axis=1)
    mean = (q * logs).sum(axis=1)
    columns = np.stack([loss(1), loss(1 / b), mean - logs[at, y],
                        (q * (logs - mean[:, None]) ** 2).sum(axis=1)], axis=1)
    plain, least, slope, curvature = (rows.weights @ rows.byimage @ columns / rows.drawn[:, None]).T
    least = least - slope**2 / curvature / 2
    root = np.sign(1 - (b - slope / curvature)) * np.sqrt(2 * np.maximum(0, plain - least))
    low, high = np.quantile(root, [0.025, 0.975])
    ends = sorted([low**2 / 2, high**2 / 2])
    value = loss(1).mean() - refinement
    return {"refinement_loss": (refinement, including(refinement, np.quantile(least, [0.025, 0.975]))),
            "calibration_loss": (value, including(value, [0 if low <= 0 <= high else ends[0], ends[1]]))}


# Figures that are asked for

def added(confidence, right, images, weights, are_independent):
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    every = figures(confidence, right, np.ones(len(right)))
    draws = [figures(confidence, right, w) for w in weights[:, images[order]]]
    results = {}
    for name, value in every.items():
        low, high = np.quantile([draw[name] for draw in draws], [0.025, 0.975])
        if name.endswith("_dsc"):
            low, high = 2 * value - high, 2 * value - low
        results[name] = (value, including(value, [low, high]))
    if are_independent:
        results |= {f"coverage_at_risk_{r}": coverage(confidence, right, r) for r in (1, 5)}
    return results


def tied(confidence, right, weights):
    """Confidence, rows and right rows of each tie, by rising confidence."""
    values, index = np.unique(confidence, return_inverse=True)
    count, hits = np.bincount(index, weights), np.bincount(index, weights * right)
    kept = count > 0
    return values[kept], count[kept], hits[kept]


def figures(confidence, right, weights):
    values, count, hits = tied(confidence, right, weights)
    n, results = count.sum(), {}
    below = np.concatenate([[0], np.cumsum(count[::-1])])
    errors = np.concatenate([[0], np.cumsum((count - hits)[::-1])])
    for share in (80, 90):
        taken = -(-share * int(n) // 100)
        results[f"risk_at_{share}"] = np.interp(taken, below, errors) / taken
    fitted = IsotonicRegression().fit_transform(values, hits / count, sample_weight=count)
    mean = hits.sum() / n

    def log(a):
        return -(hits * np.log(np.where(hits > 0, a, 1))
                 + (count - hits) * np.log1p(-np.where(count > hits, a, 0))).sum() / n

    def brier(a):
        return (hits * (1 - a) ** 2 + (count - hits) * a**2).sum() / n
    for name, score in (("brier", brier), ("log", log)):
        results[f"{name}_unc"] = score(np.full(len(count), mean))
        results[f"{name}_dsc"] = results[f"{name}_unc"] - score(fitted)
    return results


def coverage(confidence, right, percent):
    """The largest coverage at a risk, and where exact intervals of the risk hold it."""
    _, count, hits = tied(confidence, right, np.ones(len(right)))
    accepted, wrong = np.cumsum(count[::-1]), np.cumsum((count - hits)[::-1])
    n, risk = len(right), percent / 100
    grid = np.arange(1, n + 1)
    errors = np.interp(grid, np.concatenate([[0], accepted]), np.concatenate([[0], wrong]))
    value = max(grid[errors <= risk * grid + 1e-9], default=0) / n
    low = max(accepted[binom.cdf(wrong, accepted, risk) <= 0.025], default=0) / n
    high = max(accepted[binom.sf(wrong - 1, accepted, risk) > 0.025], default=0) / n
    return value, including(value, [low, high])


# Cross-fitted temperatures

def temperature(z, y):
    """The root of the derivative of the loss of logits [N, K]."""
    d = z - z.max(axis=1, keepdims=True)

    def slope(log_t):
        q = softmax(d / np.exp(log_t), axis=1)
        return (d[np.arange(len(y)), y] - (q * d).sum(axis=1)).mean()
    return np.exp(brentq(slope, np.log(1e-2), np.log(1e2), xtol=1e-15, rtol=1e-15))


def cross_fitted(z, y):
    """The probabilities of each half by the temperature of the other: MixMo's halves."""
    first, second = halves(len(y))
    p = np.zeros_like(z)
    p[first] = softmax(z[first] / temperature(z[second], y[second]), axis=1)
    p[second] = softmax(z[second] / temperature(z[first], y[first]), axis=1)
    return p


def cells():
    cases = [
        (Problem(401, 411, 257, 1, 10), 15, "l1"),
        (Problem(402, 412, 300, 2, 4, exponent=-15), 15, "l1"),
        (Problem(403, 413, 200, 1, 3, quantum=17), 15, "l1"),
        (Problem(404, 414, 180, 2, 6, bonus=40, skill=14), 15, "l2"),
        (Problem(405, 415, 220, 1, 5, quantum=16), 8, "max"),
        (Problem(406, 416, 150, 1, 2, exponent=-18), 40, "l2"),
        (Problem(407, 417, 400, 1, 20, exponent=-15, skill=10), 15, "l1"),
    ]
    for number, (problem, bins, norm) in enumerate(cases):
        z, y = draw(problem)
        mean = z.mean(axis=1)
        draws, seed = 200, 1000 + number
        plain = softmax(mean, axis=1)
        calibrated = cross_fitted(mean, y)
        n = problem.rows
        for calibration, p in [("none", plain), ("temperature", calibrated)]:
            yield {
                "problem": problem._asdict(), "calibration": calibration, "bins": bins, "norm": norm,
                "draws": draws, "seed": seed, "images": None,
                "intervals": intervals(p, y, np.arange(n), multiplicities(n, draws, seed), bins, norm)}
        shared = 7 * np.arange(n) % 60
        yield {
            "problem": problem._asdict(), "calibration": "none", "bins": bins, "norm": norm,
            "draws": draws, "seed": seed, "images": shared.tolist(),
            "intervals": intervals(plain, y, shared, multiplicities(60, draws, seed), bins, norm)}


def closed_forms():
    shares = [(s, n, t) for n in (1, 2, 7, 50, 1000, 100000) for s in {0, 1, n // 3, n - 1, n}
              for t in (0.025, 0.025 / 15, 0.025 / 1000)] + [(2.5, 8.25, 0.025), (0.3, 1.7, 0.001)]
    deviations = [(n, p) for n in (1, 2, 5, 15, 16, 17, 100, 5000, 200000)
                  for p in (1e-6, 0.003, 0.1, 0.5, 1 / 3, 0.97, 1 - 1e-7)]
    return {
        "clopperPearson": [
            {"successes": s, "count": n, "tail": t,
             "interval": [float(x) for x in clopper_pearson(np.float64(s), np.float64(n), t)]}
            for s, n, t in shares],
        "deviations": [{"count": n, "probability": p, "value": deviation(n, p)}
                       for n, p in deviations],
    }


def main():
    lines = {**closed_forms(), "cells": list(cells())}
    text = ",\n".join(
        f'"{name}":[\n' + ",\n".join(json.dumps(v, separators=(",", ":")) for v in values) + "]"
        for name, values in lines.items())
    (HERE / "intervals.json").write_text("{" + text + "}\n")


if __name__ == "__main__":
    main()
