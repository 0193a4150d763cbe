"""Writes parts.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, model-diagnostics 1.5.0,
torch 2.15.0, torch-uncertainty 0.13.0.

Decompositions of the top label's scores are model-diagnostics', and scikit-learn's by
IsotonicRegression. Risks and coverages are NumPy's mean over the orders of tied rows; where nothing is
tied they are torch-uncertainty's, to its Float32, but for coverages that do not exist, NaN there.
"""

import numpy as np
import torch
from make_fixtures import Problem, draw, predictors, write
from model_diagnostics.scoring import LogLoss, SquaredError, decompose
from sklearn.isotonic import IsotonicRegression
from torch_uncertainty.metrics.classification import CovAtxRisk, RiskAtxCov


def expected_errors(confidence, right):
    """Wrong rows among the k most confident, for k = 1 ... N, over the orders of tied rows."""
    total, result = 0.0, []
    for value in np.unique(confidence)[::-1]:
        tied = confidence == value
        share = (tied & ~right).sum() / tied.sum()
        result += [total + share * j for j in range(1, tied.sum() + 1)]
        total += (tied & ~right).sum()
    return np.array(result)


def selective(p, confidence, right, y):
    n = len(right)
    errors = expected_errors(confidence, right)
    values = {f"risk_at_{c}": errors[-(-c * n // 100) - 1] / -(-c * n // 100) for c in [80, 90]}
    for r in [1, 5]:
        fits = np.nonzero(100 * errors <= r * np.arange(1, n + 1) + 1e-9)[0]
        values[f"coverage_at_risk_{r}"] = (fits[-1] + 1) / n if len(fits) else 0.0
    if len(np.unique(confidence.astype(np.float32))) == n:
        for metric, name in [
            (RiskAtxCov(0.8), "risk_at_80"), (RiskAtxCov(0.9), "risk_at_90"),
            (CovAtxRisk(0.01), "coverage_at_risk_1"), (CovAtxRisk(0.05), "coverage_at_risk_5"),
        ]:
            metric.update(torch.tensor(p), torch.tensor(y))
            theirs = float(metric.compute())
            if not np.isnan(theirs):
                assert abs(theirs - values[name]) < 1e-6, (name, theirs, values[name])
                COMPARED.append(name)
    return values


def parts(confidence, right):
    o, values = right.astype(float), {}
    for name, function in [("brier", SquaredError()), ("log", LogLoss())]:
        row = decompose(o, confidence, scoring_function=function, functional="mean").to_dicts()[0]
        curve = IsotonicRegression().fit_transform(confidence, o)
        assert abs(row["uncertainty"] - function(o, np.full(len(o), o.mean()))) < 1e-12
        best = function(o, curve)
        assert abs(row["miscalibration"] - (function(o, confidence) - best)) < 1e-9
        values |= {
            f"{name}_mcb": row["miscalibration"], f"{name}_dsc": row["discrimination"],
            f"{name}_unc": row["uncertainty"],
        }
    return values


def reference(problem):
    z, y = draw(problem)
    result = {}
    for name, p, _ in predictors(z):
        confidence, right = p.max(axis=1), p.argmax(axis=1) == y
        values = selective(p, confidence, right, y)
        if 0 < right.mean() < 1:
            values |= parts(confidence, right)
        result[name] = {k: float(v) for k, v in values.items()}
    return {"problem": problem._asdict(), "predictors": result}


COMPARED = []
PROBLEMS = [
    Problem(seed=941, labelSeed=942, rows=257, members=2, classes=5),
    Problem(seed=943, labelSeed=944, rows=400, members=1, classes=10, skill=15, bonus=40),
    Problem(seed=945, labelSeed=946, rows=97, members=3, classes=3, skill=4),
    Problem(seed=947, labelSeed=948, rows=60, members=1, classes=4, labels="right"),
    Problem(seed=949, labelSeed=950, rows=60, members=1, classes=4, labels="wrong"),
    Problem(seed=951, labelSeed=952, rows=1, members=1, classes=4, labels="right"),
    Problem(seed=953, labelSeed=954, rows=300, members=1, classes=2, quantum=18),
]
write("parts.json", [reference(p) for p in PROBLEMS])
print(f"{len(COMPARED)} values are torch-uncertainty's")
