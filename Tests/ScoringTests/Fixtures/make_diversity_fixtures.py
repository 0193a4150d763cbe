"""Writes diversity.json and statistics.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, DESlib 0.3.7,
statsmodels 0.15.0.
"""

import itertools

import numpy as np
from deslib.util import diversity as deslib
from scipy.spatial.distance import jensenshannon
from scipy.special import entr, log_softmax, softmax
from scipy.stats import chi2_contingency
from sklearn.metrics import cohen_kappa_score
from sklearn.metrics.pairwise import paired_cosine_distances
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from make_fixtures import Problem, draw, mean_of, root_temperature, write


def defined(value):
    return float(value) if np.isfinite(value) else None


def share(condition, given):
    return float(condition[given].mean()) if given.any() else None


def group(right, logs):
    """The values of all members at once; right [M, N], logs [M, N, K]."""
    members = len(right)
    rights = right.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        agreement = fleiss_kappa(np.stack([rights, members - rights], axis=1))
    p = np.exp(logs)
    return {
        "kohavi_wolpert": float((rights * (members - rights)).mean() / members**2),
        "interrater_agreement": defined(agreement),
        "difficulty": float(np.var(rights / members)),
        "mutual_information": float(
            (entr(p.mean(axis=0)).sum(axis=1) - entr(p).sum(axis=2).mean(axis=0)).mean()),
    }


def jensen_shannon(p, q):
    """SciPy's, squared; by entropies where it divides by a mean that underflows."""
    value = jensenshannon(p, q, axis=1) ** 2
    entropies = (entr((p + q) / 2) - (entr(p) + entr(q)) / 2).sum(axis=1)
    return np.where(np.isfinite(value), value, entropies)


def pair(y, labels, logs):
    """The values of two members; labels [2, N], logs [2, N, K]."""
    right = labels == y
    first, second = right
    table = np.array([[(first & second).sum(), (first & ~second).sum()],
                      [(~first & second).sum(), (~first & ~second).sum()]])
    measure = lambda function: function(y, *labels)
    p, q = np.exp(logs)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "ratio_of_errors": measure(deslib.ratio_errors) if table[1, 1] else (
                2 * measure(deslib.disagreement_measure)),
            "disagreement": measure(deslib.disagreement_measure),
            "double_fault": measure(deslib.double_fault),
            "agreement": measure(deslib.agreement_measure),
            "conditional_accuracy": share(second, first),
            "conditional_accuracy_mirror": share(first, second),
            "chi_square": float(chi2_contingency(table, correction=False).statistic)
            if table.sum(axis=0).all() and table.sum(axis=1).all() else None,
            "disagreement_labels": float((labels[0] != labels[1]).mean()),
            "q_statistic": measure(deslib.Q_statistic) if (table[0] * table[1, ::-1]).any() else (
                None),
            "correlation": defined(measure(deslib.correlation_coefficient)),
            "kappa": defined(cohen_kappa_score(*labels)),
            "kl": float(((p - q) * (logs[0] - logs[1])).sum(axis=1).mean() / 2),
            "cosine": float(1 - paired_cosine_distances(p, q).mean()),
            "jensen_shannon": float(jensen_shannon(p, q).mean()),
            **group(right, logs),
        }


def diversity(z, y, temperatures):
    logs = np.stack([log_softmax(z[:, m] / t, axis=1) for m, t in enumerate(temperatures)])
    labels = z.argmax(axis=2).T
    right = labels == y
    rows = {f"{i}-{j}": pair(y, labels[[i, j]], logs[[i, j]])
            for i, j in itertools.combinations(range(len(labels)), 2)}
    gain = (z.mean(axis=1).argmax(axis=1) == y).mean() - right.mean()
    rows["mean"] = {
        **mean_of(list(rows.values())), **group(right, logs), "ensemble_gain": float(gain)}
    # Of a mean over pairs in any order, either member may be the first.
    names = ["conditional_accuracy", "conditional_accuracy_mirror"]
    both = [rows["mean"][name] for name in names]
    rows["mean"].update(dict.fromkeys(names, None if None in both else sum(both) / 2))
    return rows


def diversity_fixture():
    problems = [
        Problem(2, 102, 300, 2, 10),
        Problem(3, 103, 300, 3, 5, skill=6),
        Problem(4, 104, 200, 4, 3, skill=6),
        Problem(5, 105, 200, 2, 10, exponent=-13, bonus=80),
        Problem(6, 106, 60, 3, 20, exponent=-8, bonus=800),
        Problem(7, 107, 200, 2, 10, exponent=-24, bonus=0),
        Problem(8, 108, 200, 2, 2, bonus=4),
        Problem(9, 109, 200, 3, 2, quantum=17, bonus=4),
        Problem(10, 110, 8, 2, 1000, bonus=40),
        Problem(11, 111, 1, 2, 10),
        Problem(12, 112, 1, 4, 2),
        Problem(13, 113, 100, 2, 10, labels="single"),
        Problem(14, 114, 50, 3, 4, exponent=-24, labels="single", skill=16, bonus=7),
        Problem(15, 115, 100, 2, 7, exponent=-24, labels="right", skill=0),
        Problem(16, 116, 100, 2, 7, exponent=-24, labels="wrong", skill=0),
        Problem(17, 117, 2000, 4, 12, skill=14, bonus=40),
        Problem(18, 118, 40, 2, 4, skill=16, bonus=20),
    ]
    return [{"problem": p._asdict(), "predictors": {},
             "diversity": diversity(*draw(p), [1] * p.members)} for p in problems]


def halves_fixture():
    """Two halves, each at the temperatures of the other."""
    p = Problem(31, 41, 201, 3, 10, exponent=-15)
    z, y = draw(p)
    halves = [np.arange(0, p.rows, 2), np.arange(1, p.rows, 2)]
    fitted = [[root_temperature(z[h], y[h], f"member-{m}") for m in range(3)] for h in halves]
    parts = [diversity(z[h], y[h], t) for h, t in zip(halves, fitted[::-1])]
    return {"problem": p._asdict(), "predictors": {},
            "diversity": {row: mean_of([part[row] for part in parts]) for row in parts[0]}}


def statistics_fixture():
    random = np.random.default_rng(7)
    wilson = [(0, 1), (1, 1), (0, 10_000), (10_000, 10_000), (8577, 10_000), (3, 7), (1, 950_000)]
    tables = [(0, 0), (0, 1), (1, 1), (5, 5), (0, 60), (3, 12), (12, 3), (40, 41), (431, 369),
              (1200, 900), (48_700, 49_300), (400, 1000)]
    families = [[0.03], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.02, 0.02, 0.02, 0.2],
                random.random(95).round(4).tolist(), (random.random(95) ** 6).tolist()]
    samples = [[2.5], [1, 2], random.normal(size=1000).tolist(), random.integers(0, 9, 40).tolist()]
    return {
        "wilson": [{"successes": k, "count": n, "confidence": c,
                    "interval": [float(v) for v in proportion_confint(k, n, 1 - c, "wilson")]}
                   for k, n in wilson for c in (0.5, 0.95, 0.999)],
        "mcnemar": [{"counts": t, "p": float(mcnemar([[0, t[0]], [t[1], 0]], exact=True).pvalue)}
                    for t in tables],
        "holm": [{"values": v, "adjusted": multipletests(v, method="holm")[1].tolist()}
                 for v in families],
        "percentile": [{"values": v, "confidence": c, "interval": np.percentile(
            v, [50 - 50 * c, 50 + 50 * c]).tolist()} for v in samples for c in (0.5, 0.95)],
    }


write("diversity.json", {"cells": diversity_fixture(), "halves": halves_fixture()})
write("statistics.json", statistics_fixture())
