"""Writes soft.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

Soft labels are votes, or probabilities that do not sum to 1. Kullback-Leibler divergences and entropies
are scipy.stats.entropy's, correlations scipy.stats.spearmanr's, the cross entropy is scikit-learn's
log_loss of each row once for each class, weighted by the people's probability, and the total variation
half of SciPy's city-block distance.

Entropies are rounded to 1e-12 before they are ranked: those of the same votes for other classes are
equal, and differ in the last digits where they are summed in another order.
"""

import warnings

import numpy as np
from make_fixtures import Problem, SplitMix, draw, predictors, write
from scipy.spatial.distance import cdist
from scipy.stats import ConstantInputWarning, entropy, spearmanr
from sklearn.metrics import log_loss


def votes(form, y, classes):
    """The numbers of a file of soft labels, [N, K]."""
    source = SplitMix(77)
    rows = np.zeros((len(y), classes))
    for n, label in enumerate(y):
        if form == "one-hot":
            rows[n, label] = 1
        elif form == "uniform":
            rows[n] = 7
        elif form == "votes":
            rows[n, label] = 1 + source.next() % 40
            for _ in range(source.next() % 12):
                rows[n, source.next() % classes] += 1
        elif form == "shares":
            rows[n] = [(1 + source.next() % 1000) / 4096 for _ in range(classes)]
    return rows


def values(p, q):
    n, k = q.shape
    classes = np.arange(k)
    cross = log_loss(
        np.tile(classes, n), np.repeat(p, k, axis=0), labels=classes, sample_weight=q.ravel())
    divergence = entropy(q, p, axis=1).mean()
    own = entropy(q, axis=1)
    assert abs(cross - own.mean() - divergence) < 1e-12
    result = {
        "cross_entropy_soft": cross,
        "kl_soft": divergence,
        "brier_soft": ((p - q) ** 2).sum(axis=1).mean(),
        "tv_soft": np.mean([cdist(p[i : i + 1], q[i : i + 1], "cityblock")[0, 0] / 2 for i in range(n)]),
    }
    if n > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConstantInputWarning)
            correlation = spearmanr(entropy(p, axis=1).round(12), own.round(12)).statistic
        if not np.isnan(correlation):
            result["entropy_correlation"] = correlation
    return {name: float(value) for name, value in result.items()}


def reference(problem, form):
    z, y = draw(problem)
    given = votes(form, y, problem.classes)
    q = given / given.sum(axis=1, keepdims=True)
    return {
        "problem": problem._asdict(),
        "form": form,
        "votes": given.ravel().tolist(),
        "predictors": {name: values(p, q) for name, p, _ in predictors(z)},
    }


CASES = [
    (Problem(seed=961, labelSeed=962, rows=200, members=2, classes=5), "votes"),
    (Problem(seed=963, labelSeed=964, rows=300, members=1, classes=10, skill=15, bonus=40), "votes"),
    (Problem(seed=965, labelSeed=966, rows=97, members=3, classes=3, skill=4), "shares"),
    (Problem(seed=967, labelSeed=968, rows=60, members=1, classes=4), "one-hot"),
    (Problem(seed=969, labelSeed=970, rows=60, members=2, classes=4), "uniform"),
    (Problem(seed=971, labelSeed=972, rows=1, members=1, classes=4), "votes"),
    (Problem(seed=973, labelSeed=974, rows=8, members=1, classes=1000), "votes"),
]
write("soft.json", [reference(*case) for case in CASES])
