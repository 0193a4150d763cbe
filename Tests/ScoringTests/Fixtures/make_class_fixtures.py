"""Writes classes.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

Recall, precision and confusions are scikit-learn's, losses and calibration errors NumPy's.
"""

import warnings

import numpy as np
from make_fixtures import Problem, draw, predictors, write
from sklearn.metrics import (
    balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support)


def class_error(p, hit):
    edges = np.arange(16) / 15
    index = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, 14)
    excess = np.bincount(index, weights=p - hit, minlength=15)
    return float(np.abs(excess).sum() / len(p))


def reference(problem):
    z, y = draw(problem)
    result = {}
    for name, p, logs in predictors(z):
        classes = range(p.shape[1])
        choice = p.argmax(axis=1)
        precision, recall, _, support = precision_recall_fscore_support(
            y, choice, labels=list(classes), zero_division=np.nan)
        wrong = confusion_matrix(y, choice, labels=list(classes))
        np.fill_diagonal(wrong, 0)
        rows = []
        for c in classes:
            own = y == c
            nll = -logs[own, c]
            brier = ((p[own] - np.eye(p.shape[1])[c]) ** 2).sum(axis=1)
            most = int(wrong[c].argmax()) if wrong[c].any() else None
            rows.append({
                "samples": int(support[c]),
                "accuracy": None if np.isnan(recall[c]) or not own.any() else float(recall[c]),
                "precision": None if np.isnan(precision[c]) else float(precision[c]),
                "nll": float(nll.mean()) if own.any() else None,
                "brier": float(brier.mean()) if own.any() else None,
                "ece": class_error(p[:, c], own),
                "confused": most,
                "share": None if most is None else float(wrong[c, most] / own.sum()),
            })
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            balanced = float(balanced_accuracy_score(y, choice))
        result[name] = {"classes": rows, "balanced": balanced}
    return {"problem": problem._asdict(), "predictors": result}


PROBLEMS = [
    Problem(seed=921, labelSeed=922, rows=300, members=2, classes=6),
    Problem(seed=923, labelSeed=924, rows=40, members=1, classes=30, skill=6),
    Problem(seed=925, labelSeed=926, rows=50, members=3, classes=4, labels="single"),
    Problem(seed=927, labelSeed=928, rows=50, members=1, classes=5, labels="right"),
    Problem(seed=929, labelSeed=930, rows=50, members=2, classes=5, labels="wrong"),
]
write("classes.json", [reference(p) for p in PROBLEMS])
