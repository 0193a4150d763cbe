"""The calibrated rows of golden-vectors.json, for make_golden_vectors.py.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.
"""

import calibrator_fits as fits
import numpy as np
from golden_figures import (ABSENT, average, bins, columns, gaps, halves, logarithms, names_of, pooled,
                            ranking_columns, rounding, temperature, tied_argmax, with_members)
from make_fixtures import top_five
from scipy.optimize import minimize, root
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression

def vector_fit(z, y):
    k, at = z.shape[2], np.arange(len(y))

    def objective(x):
        scaled = x[:k] * z + x[k:]
        logs = log_softmax(scaled, axis=2)[at, :, y]
        total = logsumexp(logs, axis=1)
        wrong = softmax(scaled, axis=2)
        wrong[at, :, y] -= 1
        wrong *= np.exp(logs - total[:, None])[:, :, None] / len(y)
        excess = np.concatenate([x[:k] - 1, x[k:]])
        return (np.log(z.shape[1]) - total.mean() + 1e-4 * (excess**2).sum(),
                np.concatenate([(wrong * z).sum(axis=(0, 1)), wrong.sum(axis=(0, 1))]) + 2e-4 * excess)
    start = np.concatenate([np.ones(k), np.zeros(k)])
    near = minimize(objective, start, jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 5000}).x
    return root(lambda x: objective(x)[1], near, method="hybr", options={"xtol": 1e-15}).x


def histogram_fit(c, right):
    count, _, hits = gaps(c, right.astype(float))
    return [h / n if n else None for n, h in zip(count, hits)]


def calibrate(method, name, z, y):
    """A function from logits to log-probabilities or confidences, the temperature, and whether it is at a bound."""
    own, members = pooled(z, name), z.shape[1]
    logs = average(own)
    c, right, k = np.exp(logs.max(axis=1)), tied_argmax(np.exp(logs)) == y, z.shape[2]
    if method == "temperature":
        t, bound = temperature(own, y)
        return lambda x: average(pooled(x, name) / t), t, bound
    if method == "temperature-members":
        each = [temperature(z[:, [m]], y) for m in range(members)]
        t = np.array([t for t, _ in each])
        return lambda x: average(pooled(x / t[:, None], name)), t.mean(), any(b for _, b in each)
    if method == "temperature-after":
        t, bound = temperature(logs[:, None], y)
        return lambda x: log_softmax(average(pooled(x, name)) / t, axis=1), t, bound
    if method == "vector":
        v = vector_fit(own, y)
        return lambda x: average(v[:k] * pooled(x, name) + v[k:]), None, False
    if method in ("matrix", "dirichlet"):
        def inputs(x):
            return pooled(x, name) if method == "matrix" else average(pooled(x, name))[:, None]
        w = fits.fit_matrix(inputs(z), y, temperature(inputs(z), y)[0])
        return lambda x: fits.apply_matrix(w, inputs(x)), None, False
    if method == "ets":
        t, bound = temperature(own, y)
        w, _ = fits.fit_ets(own, y, t)
        return lambda x: fits.apply_ets(w, t, pooled(x, name)), t, bound
    if method.endswith("-classwise"):
        fitted = fits.fit_classwise(method, np.exp(logs), y)
        return (lambda x: fits.apply_classwise(method, fitted, np.exp(average(pooled(x, name)))), None, False)
    return confidence_curve(method, c, right, lambda x: np.exp(average(pooled(x, name)).max(axis=1))), None, False


def confidence_curve(method, c, right, confidence):
    if method == "isotonic":
        curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(c, right)
        return lambda x: curve.predict(confidence(x))
    if method == "histogram":
        shares = histogram_fit(c, right)
        return lambda x: np.array([v if shares[b] is None else shares[b]
                                   for v, b in zip(confidence(x), bins(confidence(x)))])
    fitted = getattr(fits, f"fit_{method}")(c, right)
    return lambda x: getattr(fits, f"apply_{method}")(fitted, confidence(x))


CONFIDENCES = ["isotonic", "histogram", "beta", "platt", "bbq"]
METHODS = ["temperature", "temperature-members", "temperature-after", "vector", "matrix", "dirichlet", "ets",
           "isotonic-classwise", "histogram-classwise"] + CONFIDENCES


def calibrations_group(case):
    """Rows under each calibration, each half by the fit of the other."""
    if not case.get("calibrated"):
        return None
    z, y = logarithms(case), np.array(case["labels"])
    results = {}
    for method in METHODS:
        rows = {}
        for name in names_of(z.shape[1]):
            if method == "temperature-members" and not (z.shape[1] > 1 and name.startswith("ensemble")):
                continue
            if method == "temperature-after" and name != "ensemble-probs":
                continue
            rows[name] = calibrated_columns(method, name, z, y)
        if rows:
            results[method] = with_members(rows)
    return results


def calibrated_columns(method, name, z, y):
    parts = halves(len(y))
    fitted = [calibrate(method, name, z[h], y[h]) for h in parts]
    values = np.concatenate([fitted[1 - i][0](z[h]) for i, h in enumerate(parts)])
    values = values[np.argsort(np.concatenate(parts))]
    temperatures = [t for _, t, _ in fitted if t is not None]
    own = {} if not temperatures else {
        "temperature": np.mean(temperatures), "temperature_at_bound": float(any(b for *_, b in fitted))}
    if method not in CONFIDENCES:
        whole = np.where(values <= fits.NOTHING, -np.inf, values)
        found = stable_columns(whole, y) if method.endswith("-classwise") else columns(whole, y)
        return {**found, **own}
    logs = average(pooled(z, name))
    right = tied_argmax(np.exp(logs)) == y
    empty = ["nll", "brier", "brier_per_class", "entropy", "ece_classwise", "tace", "refinement_loss",
             "calibration_loss"]
    return {**ranking_columns(values.round(12), values, right), "accuracy_top5": top_five(logs.round(12), y),
            **dict.fromkeys(empty)}


def stable_columns(logs, y):
    """Quotients of counts lie on edges and are tied: without what hinges on how they round."""
    usual, kept, random = columns(logs, y), dict(rounding), np.random.default_rng(0)
    rounding.update(edge=0, digits=14)
    others = [columns(logs + 1e-11 * random.normal(size=logs.shape), y) for _ in range(4)]
    rounding.update(kept)

    def agree(value, other):
        return value == other or not {None, ABSENT} & {value, other} and abs(value - other) < 1e-9
    return {name: value if all(agree(value, other[name]) for other in others) else ABSENT
            for name, value in usual.items()}
