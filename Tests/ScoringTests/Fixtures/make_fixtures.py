"""Writes metrics.json, temperatures.json and halves.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

The logits are not stored: Problem.swift draws the same ones. All are exact in Float32.
"""

import json
import pathlib
from collections import namedtuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from sklearn import metrics as sk

HERE = pathlib.Path(__file__).parent
MASK = (1 << 64) - 1

# rows N, members M, classes K; exponent: logits are multiples of 2**exponent; quantum: low bits
# cleared, for ties; skill: sixteenths of the rows whose label gets `bonus` eighths more;
# labels: random, single, right (the ensemble's choice) or wrong (the next class).
Problem = namedtuple(
    "Problem", "seed labelSeed rows members classes exponent quantum skill bonus labels",
    defaults=[-17, 0, 12, 24, "random"])


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def centered(self):
        return (self.next() >> 45) - (1 << 18)


def draw(p):
    labels = SplitMix(p.labelSeed)
    y = np.array([0 if p.labels == "single" else labels.next() % p.classes for _ in range(p.rows)])
    source = SplitMix(p.seed)
    z = np.zeros((p.rows, p.members, p.classes))
    for n in range(p.rows):
        skilled = source.next() % 16 < p.skill
        for c in range(p.classes):
            base = source.centered()
            for m in range(p.members):
                value = ((base + source.centered()) >> p.quantum) << p.quantum
                z[n, m, c] = value * 2.0**p.exponent
                if skilled and c == y[n]:
                    z[n, m, c] += p.bonus / 8
    assert (z == z.astype(np.float32)).all()
    choice = z.sum(axis=1).argmax(axis=1)
    if p.labels == "right":
        y = choice
    if p.labels == "wrong":
        y = (choice + 1) % p.classes
    return z, y


def predictors(z, temperature=lambda name: 1.0):
    """(name, probabilities, log-probabilities) of each predictor, [N, K]."""
    members = z.shape[1]
    t = temperature("ensemble")
    mean = z.mean(axis=1) / t
    yield "ensemble", softmax(mean, axis=1), log_softmax(mean, axis=1)
    if members == 1:
        return
    t = temperature("ensemble-probs")
    logs = logsumexp(log_softmax(z / t, axis=2), axis=1) - np.log(members)
    yield "ensemble-probs", softmax(z / t, axis=2).mean(axis=1), logs
    for m in range(members):
        one = z[:, m] / temperature(f"member-{m}")
        yield f"member-{m}", softmax(one, axis=1), log_softmax(one, axis=1)


def reliability(confidence, right):
    edges = np.arange(16) / 15
    for lower, upper in zip(edges[:-1], edges[1:]):
        inside = (confidence > lower) & (confidence <= upper)
        if lower == 0:
            inside |= confidence == 0
        yield confidence[inside], right[inside]


def top_five(scores, y):
    """The share of labels among the five best classes; equals share the places that are left.

    The best class of all is decided by the index, and has its place.
    """
    own = scores[np.arange(len(y)), y][:, None]
    above, equal = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    first = scores.argmax(axis=1) == y
    tied = (above == 0) & ~first
    shares = np.clip((5 - above - tied) / (equal - tied), 0, 1)
    return np.where(first, 1, shares).mean()


def rank_score(logs):
    """Confidence as ln(1 / (1 - p)), from the other classes' probabilities."""
    others = np.where(np.arange(logs.shape[1]) == logs.argmax(axis=1)[:, None], -np.inf, logs)
    return -logsumexp(others, axis=1)


def metric_values(p, logs, y):
    n, k = p.shape
    every = np.arange(k)
    predicted = p.argmax(axis=1)
    right = predicted == y
    confidence = p.max(axis=1)
    nll = -logs[np.arange(n), y].mean()
    if p[np.arange(n), y].min() > 1e-12:
        nll = sk.log_loss(y, p, labels=every)
    top5 = top_five(logs, y)
    if k > 5 and all(len(set(row)) == k for row in logs):
        assert abs(top5 - sk.top_k_accuracy_score(y, logs, k=5, labels=every)) < 1e-12
    # For two classes scikit-learn takes the second class's probability alone.
    brier = sk.brier_score_loss(y, p, labels=every, scale_by_half=False) if k > 2 else (
        ((p - np.eye(k)[y]) ** 2).sum(axis=1).mean())
    ece = sum(abs(c.mean() - r.mean()) * len(c) / n
              for c, r in reliability(confidence, right) if len(c))
    values = {
        "accuracy": sk.accuracy_score(y, predicted),
        "accuracy_top5": top5,
        "nll": nll,
        "brier": brier,
        "brier_per_class": ((p - np.eye(k)[y]) ** 2).mean(),
        "ece": ece,
        "overconfidence": confidence.mean() - right.mean(),
        "entropy": -(p * np.where(p > 0, logs, 0)).sum(axis=1).mean(),
    }
    if not 0 < right.sum() < n:
        values["auroc_misclassification"] = None
    # Left out where it hinges on how the last digits of nearly equal confidences round.
    elif (auroc := sk.roc_auc_score(right, rank_score(logs))) == sk.roc_auc_score(
            right, rank_score(logs).round(12)):
        values["auroc_misclassification"] = auroc
    return {name: None if v is None else float(v) for name, v in values.items()}


def mean_of(rows):
    return {key: None if any(row[key] is None for row in rows) else
            float(np.mean([row[key] for row in rows]))
            for key in rows[0] if all(key in row for row in rows)}


def diversity_values(first, second):
    only_one = float((first != second).mean())
    neither = float((~first & ~second).mean())
    return {
        "ratio_of_errors": only_one / neither if neither else 2 * only_one,
        "disagreement": only_one,
        "double_fault": neither,
    }


def cell(z, y, temperature=lambda name: 1.0):
    return cell_of(predictors(z, temperature), y)


def cross_fitted(z, halves, fitted):
    """The predictors with each half at the temperatures of the other."""
    parts = [list(predictors(z[h], fitted[1 - k].get)) for k, h in enumerate(halves)]
    order = np.argsort(np.concatenate(halves))
    for first, second in zip(*parts):
        yield first[0], *(np.concatenate([first[i], second[i]])[order] for i in (1, 2))


def cell_of(predicted, y):
    rows, right = {}, {}
    for name, p, logs in predicted:
        rows[name] = metric_values(p, logs, y)
        right[name] = p.argmax(axis=1) == y
    members = [name for name in rows if name.startswith("member-")]
    if members:
        rows["members-mean"] = mean_of([rows[name] for name in members])
    pairs = {f"{i}-{j}": diversity_values(right[f"member-{i}"], right[f"member-{j}"])
             for i in range(len(members)) for j in range(i + 1, len(members))}
    if pairs:
        pairs["mean"] = mean_of(list(pairs.values()))
    return {"predictors": rows, "diversity": pairs}


def loss(z, y, name, log_t):
    logs = {n: l for n, _, l in predictors(z, lambda _: np.exp(log_t))}[name]
    return -logs[np.arange(len(y)), y].mean()


def slope(z, y, name, log_t):
    """The derivative of the loss with respect to log T, up to a positive factor."""
    pooled = {"ensemble": z.mean(axis=1, keepdims=True), "ensemble-probs": z}.get(name)
    if pooled is None:
        m = int(name.split("-")[1])
        pooled = z[:, m:m + 1]
    scaled = pooled / np.exp(log_t)
    at_label = pooled[np.arange(len(y)), :, y]
    mean = (softmax(scaled, axis=2) * pooled).sum(axis=2)
    weights = softmax(log_softmax(scaled, axis=2)[np.arange(len(y)), :, y], axis=1)
    return (weights * (at_label - mean)).sum(axis=1).mean()


def bracket(z, y, name):
    grid = np.linspace(np.log(1e-3), np.log(1e3), 121)
    best = int(np.argmin([loss(z, y, name, t) for t in grid]))
    return (grid[best - 1], grid[best + 1]) if 0 < best < 120 else None


def scipy_temperature(z, y, name):
    found = minimize_scalar(lambda t: loss(z, y, name, t), bounds=bracket(z, y, name),
                            method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x))


def root_temperature(z, y, name):
    return float(np.exp(brentq(lambda t: slope(z, y, name, t), *bracket(z, y, name), xtol=1e-14)))


def write(name, value):
    text = json.dumps(value, separators=(",", ":")).replace('{"problem"', '\n{"problem"')
    (HERE / name).write_text(text + "\n")


def metrics_fixture():
    problems = [
        Problem(1, 101, 257, 1, 10),
        Problem(2, 102, 300, 2, 10),
        Problem(3, 103, 300, 4, 3, skill=6),
        Problem(4, 104, 200, 2, 10, exponent=-13, bonus=80),
        Problem(5, 105, 200, 2, 20, exponent=-8, bonus=800),
        Problem(6, 106, 200, 2, 10, exponent=-24, bonus=0),
        Problem(7, 107, 500, 2, 2, bonus=4),
        Problem(8, 108, 500, 2, 2, quantum=16, bonus=4),
        Problem(9, 109, 300, 1, 10, quantum=17, skill=8),
        Problem(10, 110, 20, 2, 1000, bonus=40),
        Problem(11, 111, 1, 2, 10),
        Problem(12, 112, 100, 2, 10, labels="single"),
        Problem(13, 113, 100, 2, 10, labels="right"),
        Problem(14, 114, 100, 1, 7, labels="wrong", skill=0),
        Problem(15, 115, 100, 4, 4, skill=4, bonus=8),
        Problem(16, 116, 1500, 2, 12, skill=14, bonus=40),
    ]
    return [{"problem": p._asdict(), **cell(*draw(p))} for p in problems]


def temperature_fixture():
    results = []
    for i in range(120):
        p = Problem(1000 + i, 2000 + i, 40 + 7 * (i % 5), 1 + i % 3, [2, 3, 5, 10, 20][i % 5],
                    exponent=-20 + i % 7, skill=5 + i % 8, bonus=8 + 8 * (i % 4))
        z, y = draw(p)
        names = ["ensemble"] + (["ensemble-probs", "member-0"] if p.members > 1 else [])
        temperatures = {name: scipy_temperature(z, y, name) for name in names if bracket(z, y, name)}
        if temperatures:
            results.append({"problem": p._asdict(), "temperatures": temperatures})
    assert len(results) >= 100
    return results


def halves_fixture():
    clean = Problem(31, 41, 401, 3, 10, exponent=-15)
    corrupted = Problem(32, 41, 401, 3, 10, exponent=-15, skill=8)
    z, y = draw(clean)
    order = list(range(clean.rows))
    np.random.seed(31)
    np.random.shuffle(order)
    halves = [order[:clean.rows // 2], order[clean.rows // 2:]]
    names = [name for name, _, _ in predictors(z)]
    fitted = [{name: root_temperature(z[h], y[h], name) for name in names} for h in halves]
    results = []
    for p in (clean, corrupted):
        z, y = draw(p)
        parts = [cell(z[h], y[h], fitted[1 - k].get) for k, h in enumerate(halves)]
        results.append({
            "problem": p._asdict(),
            "pooled": cell_of(cross_fitted(z, halves, fitted), y),
            "predictors": {name: mean_of([part["predictors"][name] for part in parts])
                           for name in parts[0]["predictors"]},
            "diversity": {pair: mean_of([part["diversity"][pair] for part in parts])
                          for pair in parts[0]["diversity"]},
        })
    temperatures = mean_of(fitted)
    temperatures["members-mean"] = float(np.mean([temperatures[f"member-{m}"] for m in range(3)]))
    return {"cells": results, "temperatures": temperatures}


if __name__ == "__main__":
    write("metrics.json", metrics_fixture())
    write("temperatures.json", temperature_fixture())
    write("halves.json", halves_fixture())
