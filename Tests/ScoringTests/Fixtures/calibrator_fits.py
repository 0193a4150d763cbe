"""Fits of matrix, dirichlet, ets, beta, platt, bbq and the classwise calibrations, without our software.

Used by make_calibration_fixtures.py and make_calibrator_fixtures.py, whose versions hold here.

Each function takes logits [N, P, K] of the pooled distributions and labels, and returns the fitted numbers; `apply`
functions take these and other logits.
"""

import numpy as np
from scipy.optimize import minimize, root
from scipy.special import gammaln, log_softmax, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

PENALTY = 0.01
NOTHING = -1e4  # the logarithm of a probability of 0, in what follows


def average(logits):
    return logsumexp(log_softmax(logits, axis=2), axis=1) - np.log(logits.shape[1])


def matrix_loss(x, logits, y):
    """The penalized loss and its gradient; x holds W with the biases as its last column."""
    n, _, k = logits.shape
    at, w = np.arange(n), x.reshape(k, k + 1)
    scaled = logits @ w[:, :k].T + w[:, k]
    logs = log_softmax(scaled, axis=2)[at, :, y]
    total = logsumexp(logs, axis=1)
    error = softmax(scaled, axis=2)
    error[at, :, y] -= 1
    error *= np.exp(logs - total[:, None])[:, :, None] / n
    gradient = np.concatenate(
        [np.einsum("npc,npd->cd", error, logits), error.sum(axis=(0, 1))[:, None]], axis=1)
    strength = np.full((k, k + 1), PENALTY / (k * (k - 1)))
    strength[np.arange(k), np.arange(k)] = 0
    strength[:, k] = PENALTY / k
    value = np.log(logits.shape[1]) - total.mean() + (strength * w * w).sum()
    return value, (gradient + 2 * strength * w).ravel()


def fit_matrix(logits, y, temperature):
    k = logits.shape[2]
    start = np.hstack([np.eye(k) / temperature, np.zeros((k, 1))]).ravel()
    x = minimize(matrix_loss, start, args=(logits, y), jac=True, method="L-BFGS-B",
                 options={"maxiter": 50000, "maxfun": 100000, "maxcor": 50, "ftol": 0, "gtol": 1e-11}).x
    if k <= 10:
        found = root(lambda v: matrix_loss(v, logits, y)[1], x, method="hybr", options={"xtol": 1e-15}).x
        if matrix_loss(found, logits, y)[0] <= matrix_loss(x, logits, y)[0]:
            x = found
    return x


def apply_matrix(x, logits):
    k = logits.shape[2]
    w = x.reshape(k, k + 1)
    return average(logits @ w[:, :k].T + w[:, k])


def fit_ets(logits, y, temperature):
    """The weights of the mixture, by SLSQP."""
    at, k = np.arange(len(y)), logits.shape[2]
    p = np.stack([np.exp(average(logits / temperature))[at, y], np.exp(average(logits))[at, y],
                  np.full(len(y), 1 / k)], axis=1)

    def loss(w):
        return -np.log(np.maximum(p @ w, 1e-300)).mean()

    def gradient(w):
        return -(p / np.maximum(p @ w, 1e-300)[:, None]).mean(axis=0)

    best = None
    for start in ([1, 0, 0], [0, 1, 0], [0.9, 0.05, 0.05], [1 / 3] * 3, [0.05, 0.9, 0.05]):
        found = minimize(loss, np.array(start, float), jac=gradient, method="SLSQP", bounds=[(0, 1)] * 3,
                         constraints={"type": "eq", "fun": lambda w: w.sum() - 1,
                                      "jac": lambda w: np.ones(3)},
                         options={"ftol": 1e-16, "maxiter": 1000}).x
        found = np.clip(found, 0, 1)
        found /= found.sum()
        if best is None or loss(found) < loss(best):
            best = found
    return best, loss(best)


def apply_ets(w, temperature, logits):
    return np.log(w[0] * np.exp(average(logits / temperature)) + w[1] * np.exp(average(logits))
                  + w[2] / logits.shape[2])


def clipped(c):
    return np.clip(c, 1e-12, 1 - 1e-12)


def logistic_fit(x, right):
    """Weights and intercept by scikit-learn, without a penalty."""
    if x.shape[1] == 0:
        share = right.mean()
        return np.zeros(0), np.log(share / (1 - share))
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13, max_iter=10000)
    model.fit(x, right)
    return model.coef_[0], model.intercept_[0]


def logistic_loss(score, right):
    return np.logaddexp(0, np.where(right, -score, score)).mean()


def fit_platt(c, right):
    c = clipped(c)
    (a,), d = logistic_fit((np.log(c) - np.log1p(-c))[:, None], right)
    return a, d


def apply_platt(fit, c):
    c = clipped(c)
    return 1 / (1 + np.exp(-(fit[0] * (np.log(c) - np.log1p(-c)) + fit[1])))


def fit_beta(c, right):
    """a, b, d: of all fits with some of a and b at 0 the best that is allowed."""
    x = np.stack([np.log(clipped(c)), -np.log1p(-clipped(c))], axis=1)
    best = None
    for free in ([0, 1], [0], [1], []):
        weights, intercept = logistic_fit(x[:, free], right)
        score = x[:, free] @ weights + intercept
        if (weights >= 0).all() and (best is None or logistic_loss(score, right) < best[0]):
            whole = np.zeros(2)
            whole[free] = weights
            best = (logistic_loss(score, right), (*whole, intercept))
    bounded = minimize(lambda v: logistic_loss(x @ v[:2] + v[2], right), [1, 1, 0], method="L-BFGS-B",
                       bounds=[(0, None), (0, None), (None, None)], options={"ftol": 1e-15}).fun
    assert abs(bounded - best[0]) < 1e-6, (bounded, best)
    return best[1]


def apply_beta(fit, c):
    c = clipped(c)
    return 1 / (1 + np.exp(-(fit[0] * np.log(c) - fit[1] * np.log1p(-c) + fit[2])))


def fit_bbq(c, right):
    """(upper edges, values, weight) of each histogram."""
    # What rounding distinguishes is tied.
    c = np.round(c, 13)
    order = np.argsort(c, kind="stable")
    c, right, n = c[order], right[order], len(c)
    most = max(1, int(min(np.ceil(n / 5), np.ceil(10 * np.cbrt(n)))))
    least = min(max(1, int(np.floor(np.cbrt(n) / 10))), most)
    models = []
    for bins in range(least, most + 1):
        cuts = [int(np.floor(k * n / bins + 0.5)) for k in range(1, bins)]
        inner = [c[i - 1] + (c[i] - c[i - 1]) / 2 for i in cuts if 0 < i < n]
        edges = np.array(sorted({e for e in inner if e < 1}) + [1.0])
        weight, index = 2 / len(edges), np.minimum(np.searchsorted(edges, c), len(edges) - 1)
        count = np.bincount(index, minlength=len(edges)).astype(float)
        hits = np.bincount(index, weights=right, minlength=len(edges))
        middle = (np.concatenate([[0], edges[:-1]]) + edges) / 2
        alpha, beta = weight * middle, weight * (1 - middle)
        score = (gammaln(weight) - gammaln(count + weight) + gammaln(hits + alpha) - gammaln(alpha)
                 + gammaln(count - hits + beta) - gammaln(beta)).sum()
        models.append((edges, (hits + alpha) / (count + weight), score))
    top = max(score for _, _, score in models)
    return [(edges, values, np.exp(score - top)) for edges, values, score in models]


def apply_bbq(models, c):
    total = sum(weight for _, _, weight in models)
    return sum(weight * values[np.minimum(np.searchsorted(edges, c), len(edges) - 1)]
               for edges, values, weight in models) / total


def fit_classwise(method, p, y):
    if method == "isotonic-classwise":
        return [IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p[:, k], y == k)
                for k in range(p.shape[1])]
    edges = np.arange(1, 16) / 15
    shares = np.full((p.shape[1], 15), np.nan)
    for k in range(p.shape[1]):
        index = np.minimum(np.searchsorted(edges, p[:, k]), 14)
        for b in range(15):
            if (index == b).any():
                shares[k, b] = (y[index == b] == k).mean()
    return shares


def apply_classwise(method, fit, p):
    if method == "isotonic-classwise":
        q = np.stack([curve.predict(p[:, k]) for k, curve in enumerate(fit)], axis=1)
    else:
        index = np.minimum(np.searchsorted(np.arange(1, 16) / 15, p), 14)
        found = np.stack([fit[k][index[:, k]] for k in range(p.shape[1])], axis=1)
        q = np.where(np.isnan(found), p, found)
    total = q.sum(axis=1, keepdims=True)
    q = np.where(total > 0, q / np.where(total > 0, total, 1), 1 / p.shape[1])
    return np.where(q > 0, np.log(np.where(q > 0, q, 1)), NOTHING)
