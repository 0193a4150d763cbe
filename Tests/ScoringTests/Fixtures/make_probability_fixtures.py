"""Writes probabilities.json and votes.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

Probabilities are counts divided by their sum, so that they are known exactly: means are taken of
fractions, and what is compared with a bin's edge or with another confidence is rounded once.
"""

import json
import pathlib
from fractions import Fraction

import numpy as np
from make_fixtures import top_five
from scipy.special import entr, rel_entr
from sklearn import metrics as sk

HERE = pathlib.Path(__file__).parent
BINS = 15


def tables(confidence, right):
    """Whether each number is in the bin (b/15, (b+1)/15], for each b."""
    edges = np.arange(BINS + 1) / BINS
    for b in range(BINS):
        inside = (confidence > edges[b]) & (confidence <= edges[b + 1])
        yield inside | (confidence == 0) if b == 0 else inside


def ece(confidence, right):
    return sum(abs((confidence[i] - right[i]).sum()) for i in tables(confidence, right)) / len(right)


def mce(confidence, right):
    return max(abs((confidence[i] - right[i]).mean()) for i in tables(confidence, right) if i.any())


def equal_mass(confidence, right, cuts):
    """Σ over bins of |Σ confidence − Σ right|, right rows of a tie shared out evenly."""
    shares = np.array([right[confidence == c].mean() for c in np.sort(confidence)])
    return sum(abs(part.sum()) for part in np.split(np.sort(confidence) - shares, cuts))


def tace(p, y):
    n, k = p.shape
    error = 0
    for c in range(k):
        kept = p[:, c] > 1e-3
        size = kept.sum() // BINS
        error += equal_mass(p[kept, c], y[kept] == c, [b * size for b in range(1, BINS)])
    return error / (n * k)


def risk_coverage(confidence, right):
    n = len(right)
    points = [(confidence >= c) for c in sorted(set(confidence), reverse=True)]
    coverage = np.array([0] + [i.mean() for i in points])
    risk = [(~right[i]).mean() for i in points]
    shared = [0] + [(~right[i]).sum() / n for i in points]
    return np.trapezoid([risk[0]] + risk, coverage), np.trapezoid(shared, coverage)


def fpr95(confidence, right):
    for c in sorted(set(confidence), reverse=True):
        if 100 * right[confidence >= c].sum() >= 95 * right.sum():
            return (confidence[~right] >= c).mean()


def values(p, y):
    """Every metric of a distribution [N, K], of Float64 rounded once."""
    n, k = p.shape
    predicted, confidence = p.argmax(axis=1), p.max(axis=1)
    right, own = predicted == y, p[np.arange(n), y]
    aurc, augrc = risk_coverage(confidence, right)
    squares = ((p - np.eye(k)[y]) ** 2).sum(axis=1).mean()
    cuts = [round(b * n / BINS) for b in range(1, BINS)]
    return {
        "accuracy": right.mean(), "accuracy_top5": top_five(p, y),
        "nll": -np.log(own).mean() if own.all() else None,
        "brier": squares, "brier_per_class": squares / k,
        "ece": ece(confidence, right), "mce": mce(confidence, right),
        "ece_adaptive": equal_mass(confidence, right, cuts) / n,
        "ece_classwise": np.mean([ece(p[:, c], y == c) for c in range(k)]), "tace": tace(p, y),
        "overconfidence": confidence.mean() - right.mean(),
        "auroc_misclassification": sk.roc_auc_score(right, confidence),
        "aupr_error": sk.average_precision_score(~right, -confidence),
        "aupr_success": sk.average_precision_score(right, confidence),
        "fpr95": fpr95(confidence, right), "aurc": aurc, "augrc": augrc,
        "entropy": entr(p).sum(axis=1).mean(),
    }


def arithmetic(counts):
    """The mean of exact probabilities, rounded once."""
    members = counts.shape[1]
    return np.array([[float(sum(Fraction(int(m[c]), int(m.sum())) for m in row) / members)
                      for c in range(counts.shape[2])] for row in counts])


def geometric(p):
    """Classes with the fewest zeros have the geometric mean of the others, the rest nothing."""
    zeros = (p == 0).sum(axis=1)
    logs = np.where(p > 0, np.log(np.where(p > 0, p, 1)), 0).mean(axis=1)
    mean = np.where(zeros == zeros.min(axis=1, keepdims=True), np.exp(logs), 0)
    return mean / mean.sum(axis=1, keepdims=True)


def diversity(p):
    """What is measured of two members' distributions [N, 2, K]."""
    first, second = p[:, 0], p[:, 1]
    mean = p.mean(axis=1)
    jeffreys = rel_entr(first, second) + rel_entr(second, first)
    shannon = (rel_entr(first, mean) + rel_entr(second, mean)).sum(axis=1).mean() / 2
    cosine = (first * second).sum(axis=1) / np.sqrt(
        (first**2).sum(axis=1) * (second**2).sum(axis=1))
    return {
        "kl": jeffreys.sum(axis=1).mean() / 2 if np.isfinite(jeffreys).all() else None,
        "jensen_shannon": shannon, "mutual_information": shannon, "cosine": cosine.mean()}


def plain(row):
    return {name: None if value is None else float(value) for name, value in row.items()}


def problem(seed, rows, members, classes, votes, zeros, impossible):
    r = np.random.default_rng(seed)
    if votes:
        counts = r.multinomial(votes, np.full(classes, 1 / classes), (rows, members))
    else:
        counts = r.integers(1, 1000, (rows, members, classes))
        counts[r.random(counts.shape) < zeros] = 0
        counts[:, :, 0] += counts.sum(axis=2) == 0
    p = counts / counts.sum(axis=2, keepdims=True)
    mean = arithmetic(counts)
    y = (mean.cumsum(axis=1) < r.random(rows)[:, None]).sum(axis=1).clip(max=classes - 1)
    if not impossible:
        y = np.where(p[np.arange(rows), :, y].min(axis=1) > 0, y, p.min(axis=1).argmax(axis=1))
    expected = {f"member-{m}": values(p[:, m], y) for m in range(members)}
    if members == 1:
        expected = {"ensemble": expected["member-0"]}
    else:
        expected["ensemble-probs"] = values(mean, y)
        # Products of votes tie, and are told apart only by how their logarithms round.
        if not votes:
            expected["ensemble"] = values(geometric(p), y)
    return {
        "classes": classes, "members": members, "counts": counts.ravel().tolist(),
        "labels": y.tolist(), "predictors": {name: plain(row) for name, row in expected.items()},
        "diversity": plain(diversity(p)) if members == 2 else {}}


def votes(seed):
    """Five votes for three classes; exact values of what equal confidences decide."""
    r = np.random.default_rng(seed)
    p = r.multinomial(5, [.5, .3, .2], 300) / 5
    y = (p.cumsum(1).round(9) < r.random(300)[:, None]).sum(1)
    counts = (5 * p).round().astype(int)
    confidence, right = counts.max(axis=1), counts.argmax(axis=1) == y
    good, bad = confidence[right], confidence[~right]
    wins = sum(int(2 * (bad < c).sum() + (bad == c).sum()) for c in good)
    error = sum(abs(int(confidence[confidence == c].sum()) - 5 * int(right[confidence == c].sum()))
                for c in set(confidence))
    accepted = [confidence >= c for c in range(5, 1, -1) if (confidence == c).any()]
    risk = [Fraction(int((~right[i]).sum()), int(i.sum())) for i in accepted]
    sizes = [int(i.sum()) for i in accepted]
    area = sum((n - m) * (a + b) for n, m, a, b in zip(
        sizes, [0] + sizes, risk, [risk[0]] + risk)) / 600
    return {
        "rows": "".join(f"{a}{b}{c}{label}" for (a, b, c), label in zip(counts, y)),
        "auroc": float(Fraction(wins, 2 * len(good) * len(bad))),
        "ece": float(Fraction(error, 1500)), "fpr95": float(fpr95(confidence, right)),
        "aurc": float(area)}


def write(name, value):
    (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


write("probabilities.json", [
    problem(1, 60, 1, 3, votes=5, zeros=0, impossible=True),
    problem(2, 60, 1, 3, votes=7, zeros=0, impossible=False),
    problem(3, 50, 3, 4, votes=7, zeros=0, impossible=False),
    problem(4, 50, 2, 10, votes=0, zeros=0, impossible=False),
    problem(5, 50, 2, 10, votes=0, zeros=0.3, impossible=False),
    problem(6, 50, 3, 6, votes=0, zeros=0.4, impossible=True),
])
write("votes.json", [votes(seed) for seed in range(20)])
