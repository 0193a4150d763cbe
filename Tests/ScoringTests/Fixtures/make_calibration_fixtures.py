"""Writes roots, vectors, curves, refinement and calibrations.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, probmetrics 1.3.0,
torch 2.15.0, numba 0.68.1, netcal 1.4.0.

Logits are those of make_fixtures.py; fits are roots of derivatives, which know a minimum to all
digits where its values know half of them.
"""

import calibrator_fits as fits_of
import numpy as np
import torch
from make_fixtures import (Problem, draw, mean_of, metric_values, reliability, sk, write)
from netcal.binning import HistogramBinning
from probmetrics.calibrators import TemperatureScalingCalibrator
from probmetrics.distributions import CategoricalDirac, CategoricalProbs
from probmetrics.metrics import LogLoss, MetricsWithCalibration
from probmetrics.splitters import Splitter
from scipy.optimize import brentq, minimize, root
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression

LONG = np.longdouble
COLD, HOT = 1e-3, 1e3  # times the scale of the logits


def names_of(members):
    if members == 1:
        return ["ensemble"]
    return ["ensemble", "ensemble-probs"] + [f"member-{m}" for m in range(members)]


def pooled(z, name):
    """What `temperature` divides: [N, P, K]."""
    if name == "ensemble":
        return z.mean(axis=1, keepdims=True)
    if name == "ensemble-probs":
        return z
    m = int(name.split("-")[1])
    return z[:, m:m + 1]


def average(logits):
    """Log-probabilities [N, K] of pooled logits [N, P, K]."""
    return logsumexp(log_softmax(logits, axis=2), axis=1) - np.log(logits.shape[1])


def loss(logits, y):
    return -average(logits)[np.arange(len(y)), y].mean()


def slope(logits, y, log_t, dtype=float):
    """The derivative of the loss with respect to log T, up to a positive factor."""
    z = logits.astype(dtype)
    d = z - z.max(axis=2, keepdims=True)
    e = np.exp(d / np.exp(dtype(log_t)))
    p = e / e.sum(axis=2, keepdims=True)
    at = np.arange(len(y))
    a = d[at, :, y] - (p * d).sum(axis=2)
    logs = (d / np.exp(dtype(log_t)) - np.log(e.sum(axis=2, keepdims=True)))[at, :, y]
    w = np.exp(logs - logs.max(axis=1, keepdims=True))
    return ((w / w.sum(axis=1, keepdims=True)) * a).sum(axis=1).mean()


def bounds(logits):
    """The range of temperatures: times the root mean square of the largest less the mean logit."""
    scale = np.sqrt(((logits.max(axis=2) - logits.mean(axis=2)) ** 2).mean())
    return COLD * scale, HOT * scale


def fit(logits, y, dtype=float):
    """The temperature; of averaged probabilities from the best of a fine grid."""
    cold, hot = bounds(logits)
    if logits.shape[1] == 1:
        return bracketed(logits, y, np.log(cold), np.log(hot), dtype)
    grid = np.linspace(np.log(cold), np.log(hot), 601)
    best = int(np.argmin([loss(logits / np.exp(t), y) for t in grid]))
    if best == 0 or best == len(grid) - 1:
        return cold if best == 0 else hot
    return bracketed(logits, y, grid[best - 1], grid[best + 1], dtype)


def bracketed(logits, y, lower, upper, dtype):
    """The temperature where the loss turns, or the end where it does not."""
    if slope(logits, y, lower) >= 0:
        return float(np.exp(lower))
    if slope(logits, y, upper) <= 0:
        return float(np.exp(upper))
    found = brentq(lambda t: float(slope(logits, y, t, dtype)), lower, upper, xtol=1e-15, rtol=1e-15)
    return float(np.exp(found))


def vector_loss(logits, y, x):
    """The penalized loss and its gradient; x holds the K scales, then the K biases."""
    n, _, k = logits.shape
    at = np.arange(n)
    scaled = x[:k] * logits + x[k:]
    logs = log_softmax(scaled, axis=2)[at, :, y]
    total = logsumexp(logs, axis=1)
    value = -(total - np.log(logits.shape[1])).mean()
    error = softmax(scaled, axis=2)
    error[at, :, y] -= 1
    error *= np.exp(logs - total[:, None])[:, :, None]
    excess = np.concatenate([x[:k] - 1, x[k:]])
    gradient = np.concatenate([(error * logits).sum(axis=(0, 1)), error.sum(axis=(0, 1))]) / n
    return value + 1e-4 * (excess ** 2).sum(), gradient + 2e-4 * excess


def fit_vector(logits, y):
    k = logits.shape[2]
    start = np.concatenate([np.ones(k), np.zeros(k)])
    near = minimize(lambda x: vector_loss(logits, y, x), start, jac=True, method="BFGS",
                    options={"gtol": 1e-8, "maxiter": 5000}).x
    found = root(lambda x: vector_loss(logits, y, x)[1], near, method="krylov" if k > 40 else "hybr",
                 options={"fatol": 1e-12} if k > 40 else {"xtol": 1e-15}).x
    value, gradient = vector_loss(logits, y, found)
    assert np.linalg.norm(gradient) < 1e-10 and value <= vector_loss(logits, y, near)[0] + 1e-14
    return found


class Curve:
    """A map of confidences."""

    def __init__(self, kind, confidence, right):
        self.kind = kind
        if kind == "isotonic":
            self.regression = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
            self.regression.fit(confidence, right)
            return
        self.accuracies = [right.mean() if len(right) else None
                           for _, right in reliability(confidence, right)]

    def __call__(self, confidence):
        if self.kind == "isotonic":
            return self.regression.predict(confidence)
        bins = np.clip(np.searchsorted(np.arange(16) / 15, confidence, side="left") - 1, 0, 14)
        return np.array([c if self.accuracies[b] is None else self.accuracies[b]
                         for b, c in zip(bins, confidence)])


def calibrate(method, z, y, name):
    """Fits on (z, y): a function from logits to log-probabilities or confidences, and T."""
    logits, members = pooled(z, name), z.shape[1]
    if method == "none":
        return lambda z: average(pooled(z, name)), None
    if method in ("temperature", "oracle"):
        t = fit(logits, y)
        return lambda z: average(pooled(z, name) / t), t
    if method == "temperature-members":
        own = np.array([fit(z[:, m:m + 1], y) for m in range(members)])
        return lambda z: average(pooled(z / own[:, None], name)), own.mean()
    if method == "temperature-after":
        t = fit(average(logits)[:, None], y)
        return lambda z: log_softmax(average(pooled(z, name)) / t, axis=1), t
    if method == "vector":
        x, k = fit_vector(logits, y), z.shape[2]
        return lambda z: average(x[:k] * pooled(z, name) + x[k:]), None
    if method in fits_of_distributions:
        return fits_of_distributions[method](logits, y, name)
    p = np.exp(average(logits))
    if method in ("beta", "platt", "bbq"):
        fitted = getattr(fits_of, f"fit_{method}")(p.max(axis=1), p.argmax(axis=1) == y)
        apply = getattr(fits_of, f"apply_{method}")
        return lambda z: apply(fitted, np.exp(average(pooled(z, name))).max(axis=1)), None
    curve = Curve(method, p.max(axis=1), p.argmax(axis=1) == y)
    return lambda z: curve(np.exp(average(pooled(z, name))).max(axis=1)), None


def calibrate_matrix(logits, y, name):
    x = fits_of.fit_matrix(logits, y, fit(logits, y))
    return lambda z: fits_of.apply_matrix(x, pooled(z, name)), None


def calibrate_dirichlet(logits, y, name):
    logs = average(logits)[:, None]
    x = fits_of.fit_matrix(logs, y, fit(logs, y))
    return lambda z: fits_of.apply_matrix(x, average(pooled(z, name))[:, None]), None


def calibrate_ets(logits, y, name):
    t = fit(logits, y)
    w, _ = fits_of.fit_ets(logits, y, t)
    return lambda z: fits_of.apply_ets(w, t, pooled(z, name)), t


def calibrate_classwise(method):
    def calibrate(logits, y, name):
        fitted = fits_of.fit_classwise(method, np.exp(average(logits)), y)
        return lambda z: fits_of.apply_classwise(method, fitted, np.exp(average(pooled(z, name)))), None
    return calibrate


fits_of_distributions = {
    "matrix": calibrate_matrix, "dirichlet": calibrate_dirichlet, "ets": calibrate_ets,
    "isotonic-classwise": calibrate_classwise("isotonic-classwise"),
    "histogram-classwise": calibrate_classwise("histogram-classwise")}


def applies(method, name, members):
    if method == "temperature-members":
        return name in ("ensemble", "ensemble-probs") and members > 1
    return method != "temperature-after" or name == "ensemble-probs"


def halved(n, seed=31):
    order = list(range(n))
    np.random.seed(seed)
    np.random.shuffle(order)
    return [np.sort(order[:n // 2]), np.sort(order[n // 2:])]


def refinement(logs, y):
    parts = halved(len(y))
    kept = [loss(logs[parts[i], None] / fit(logs[parts[1 - i], None], y[parts[1 - i]]), y[parts[i]])
            * len(parts[i]) for i in (0, 1)]
    return sum(kept) / len(y)


def confidence_values(z, confidence, y, name):
    logs = average(pooled(z, name))
    right = logs.argmax(axis=1) == y
    values = {key: metric_values(np.exp(logs), logs, y)[key] for key in ("accuracy", "accuracy_top5")}
    n = len(y)
    values["ece"] = float(sum(abs(c.mean() - r.mean()) * len(c) / n
                              for c, r in reliability(confidence, right) if len(c)))
    values["overconfidence"] = float(confidence.mean() - right.mean())
    values["auroc_misclassification"] = (
        float(sk.roc_auc_score(right, confidence)) if 0 < right.sum() < n else None)
    for key in ("nll", "brier", "brier_per_class", "entropy", "calibration_loss", "refinement_loss"):
        values[key] = None
    return values


def score(method, fitted, z, y, name):
    calibrated, t = fitted
    return values_of(method, calibrated(z), t, z, y, name)


def cross_score(method, fits, z, y, name):
    """All rows together, each by the fit that scores it."""
    fitted = [(calibrate(method, *where, name), scored) for where, scored in fits]
    order = np.argsort(np.concatenate([scored for _, scored in fitted]))
    calibrated = np.concatenate([f(z[scored]) for (f, _), scored in fitted])[order]
    ts = [t for (_, t), _ in fitted]
    return values_of(method, calibrated, None if ts[0] is None else np.mean(ts), z, y, name)


def values_of(method, calibrated, t, z, y, name):
    if method in ("isotonic", "histogram", "beta", "platt", "bbq"):
        values = confidence_values(z, calibrated, y, name)
        # Left out where it hinges on how the last digits of nearly equal steps round.
        right = average(pooled(z, name)).argmax(axis=1) == y
        if method == "bbq" and 0 < right.sum() < len(y) and (
                sk.roc_auc_score(right, calibrated) != sk.roc_auc_score(right, calibrated.round(12))):
            del values["auroc_misclassification"]
    else:
        logs = calibrated
        values = metric_values(np.exp(logs), logs, y)
        if (logs[np.arange(len(y)), y] == fits_of.NOTHING).any():
            for key in ("nll", "refinement_loss", "calibration_loss"):
                values[key] = None
        elif (logs > fits_of.NOTHING).all():
            values["refinement_loss"] = float(refinement(logs, y))
            values["calibration_loss"] = values["nll"] - values["refinement_loss"]
    return {**values, **({} if t is None else {"temperature": float(t)})}


METHODS = ["none", "temperature", "temperature-members", "temperature-after", "vector", "isotonic",
           "histogram", "oracle", "matrix", "dirichlet", "ets", "beta", "platt", "bbq", "isotonic-classwise",
           "histogram-classwise"]


def cell(z, y, fits, averaged=False):
    """The rows of a cell; `fits` lists (where to fit, which rows to score).

    Averaged, a number is the mean of those of the rows that each fit scores, without calibration too.
    """
    rows = {}
    for method in METHODS:
        rows[method] = {}
        for name in names_of(z.shape[1]):
            if not applies(method, name, z.shape[1]):
                continue
            own = [((z, y), np.arange(len(y)))]
            if method in ("none", "oracle"):
                used = [((z, y), scored) for _, scored in fits] if averaged else own
            else:
                used = fits
            rows[method][name] = mean_of([
                score(method, calibrate(method, *where, name), z[scored], y[scored], name)
                for where, scored in used]) if averaged else cross_score(method, used, z, y, name)
        members = [row for name, row in rows[method].items() if name.startswith("member-")]
        if members:
            rows[method]["members-mean"] = mean_of(members)
    return rows


def crossed(z, y, parts):
    return [((z[parts[1 - i]], y[parts[1 - i]]), parts[i]) for i in (0, 1)]


def calibrations_fixture():
    clean = Problem(231, 241, 160, 2, 6, exponent=-15)
    corrupted = Problem(232, 241, 160, 2, 6, exponent=-15, skill=8)
    validation = Problem(233, 243, 120, 2, 6, exponent=-15)
    single = Problem(234, 244, 101, 1, 4, exponent=-15)
    (z, y), (zc, _), (zv, yv), (zs, ys) = map(draw, (clean, corrupted, validation, single))
    parts = halved(len(y))
    halves = [((z[parts[1 - i]], y[parts[1 - i]]), parts[i]) for i in (0, 1)]
    everything = np.arange(len(y))
    repeated = [fold for r in range(5) for fold in crossed(z, y, halved(len(y), 31 + r))]
    return [
        {"protocol": "clean-halves", "fitted": clean._asdict(), "scored": clean._asdict(),
         "rows": cell(z, y, halves)},
        {"protocol": "clean-halves", "fitted": clean._asdict(), "scored": corrupted._asdict(),
         "rows": cell(zc, y, halves)},
        {"protocol": "validation", "fitted": validation._asdict(), "scored": clean._asdict(),
         "rows": cell(z, y, [((zv, yv), everything)])},
        {"protocol": "cv", "fitted": clean._asdict(), "scored": clean._asdict(),
         "rows": cell(z, y, repeated, averaged=True)},
        {"protocol": "mixmo-halves", "fitted": clean._asdict(), "scored": corrupted._asdict(),
         "rows": cell(zc, y, halves, averaged=True)},
        {"protocol": "clean-halves", "fitted": single._asdict(), "scored": single._asdict(),
         "rows": cell(zs, ys, crossed(zs, ys, halved(len(ys))))},
    ]


def roots_fixture():
    results = []
    for i in range(240):
        p = Problem(3000 + i, 5000 + i, 30 + 6 * (i % 6), [1, 2, 3, 4][i % 4], [2, 3, 5, 10, 20][i % 5],
                    exponent=-20 + i % 7, skill=5 + i % 8, bonus=8 + 8 * (i % 5))
        z, y = draw(p)
        names = names_of(p.members)
        name = names[i // 4 % len(names)]
        scaled = {name: pooled(z, name)}
        if p.members > 1:
            scaled["temperature-after"] = average(z)[:, None]
        rows = {}
        for key, logits in scaled.items():
            (cold, hot), t = bounds(logits), fit(logits, y, LONG)
            if 1.001 * cold < t < 0.999 * hot:
                rows[key] = t
        if rows:
            results.append({"problem": p._asdict(), "temperatures": rows})
    assert len(results) >= 200
    return results


def vectors_fixture():
    problems = [
        (Problem(401, 411, 200, 1, 2, exponent=-16), "ensemble"),
        (Problem(402, 412, 300, 2, 5, exponent=-15), "ensemble"),
        (Problem(403, 413, 300, 2, 5, exponent=-15), "ensemble-probs"),
        (Problem(404, 414, 300, 2, 5, exponent=-15), "member-1"),
        (Problem(405, 415, 250, 4, 10, exponent=-16, skill=6), "ensemble-probs"),
        (Problem(406, 416, 150, 1, 3, labels="right"), "ensemble"),
        (Problem(407, 417, 100, 1, 3, labels="wrong", skill=0), "ensemble"),
        (Problem(408, 418, 100, 2, 6, labels="single"), "ensemble-probs"),
        (Problem(409, 419, 60, 1, 100, exponent=-16, bonus=40), "ensemble"),
        (Problem(410, 420, 1, 1, 4), "ensemble"),
        (Problem(411, 421, 200, 1, 4, quantum=18, skill=8), "ensemble"),
    ]
    results = []
    for p, name in problems:
        z, y = draw(p)
        x = fit_vector(pooled(z, name), y)
        results.append({"problem": p._asdict(), "predictor": name, "parameters": x.tolist(),
                        "loss": float(vector_loss(pooled(z, name), y, x)[0])})
    return results


def curves_fixture():
    problems = [
        Problem(501, 511, 200, 1, 5),
        Problem(502, 512, 300, 1, 3, quantum=17, skill=8),
        Problem(503, 513, 100, 1, 10, labels="right"),
        Problem(504, 514, 100, 1, 10, labels="wrong", skill=0),
        Problem(505, 515, 400, 1, 2, exponent=-18, bonus=4),
        Problem(506, 516, 1, 1, 5),
        Problem(507, 517, 50, 1, 4, exponent=-40, bonus=0),
    ]
    asked = np.concatenate([np.arange(16) / 15, np.linspace(0, 1, 24)])
    results = []
    for p in problems:
        z, y = draw(p)
        probabilities = np.exp(average(z))
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        histogram = Curve("histogram", confidence, right)
        filled = np.array([b is not None for b in histogram.accuracies])
        bins = np.clip(np.searchsorted(np.arange(16) / 15, asked, side="left") - 1, 0, 14)
        edge = np.isclose(confidence[:, None] * 15, np.round(confidence[:, None] * 15)).any()
        if not edge and len(set(right)) == 2:
            # netcal fits bins closed below and applies bins closed above, and fills empty ones.
            theirs = HistogramBinning(bins=15).fit(confidence, right.astype(int)).transform(asked)
            assert np.allclose(theirs[filled[bins]], histogram(asked)[filled[bins]], atol=1e-12)
        results.append({
            "problem": p._asdict(), "asked": asked.tolist(),
            "isotonic": Curve("isotonic", confidence, right)(asked).tolist(),
            "histogram": histogram(asked).tolist()})
    return results


class Halves(Splitter):
    def get_splits(self, y_true, random_state=None):
        first, second = halved(y_true.get_n_samples())
        return [(second, first), (first, second)]

    def get_name(self):
        return "halves"


def refinement_fixture():
    results = []
    problems = [Problem(600 + i, 700 + i, 80 + 31 * i, 1 + i % 3, [2, 5, 10][i % 3], exponent=-16)
                for i in range(12)]
    # The temperatures of whose halves are as close as those of many rows.
    problems += [Problem(seed, seed + 1000, 400, 1, 5) for seed in (704, 762, 957, 994)]
    for p in problems:
        z, y = draw(p)
        metrics = MetricsWithCalibration(
            LogLoss(), TemperatureScalingCalibrator(max_bisection_steps=60), Halves(), "ts")
        rows = {}
        for name in names_of(p.members):
            probabilities = torch.tensor(np.exp(average(pooled(z, name))))
            found = metrics.compute_all(
                CategoricalDirac(torch.tensor(y), n_classes=p.classes), CategoricalProbs(probabilities))
            rows[name] = {
                "calibration_loss": float(found["calib-err_logloss_ts_halves"]),
                "refinement_loss": float(found["refinement_logloss_ts_halves"])}
        results.append({"problem": p._asdict(), "predictors": rows})
    return results


if __name__ == "__main__":
    write("roots.json", roots_fixture())
    write("vectors.json", vectors_fixture())
    write("curves.json", curves_fixture())
    write("refinement.json", refinement_fixture())
    write("calibrations.json", calibrations_fixture())
