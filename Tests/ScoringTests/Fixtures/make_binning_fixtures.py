"""Writes binning.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, torch 2.15.0, torchmetrics 1.9.0.

Calibration errors in other numbers of bins and under each norm. Those of the top label are
torchmetrics' too, to what its Float32 leaves; its bins are closed at the lower edge.
"""

import numpy as np
import torch
from make_fixtures import Problem, draw, write
from scipy.special import softmax
from torchmetrics.functional.classification import multiclass_calibration_error

NORMS = ["l1", "l2", "max"]


def put_together(gaps, counts, norm):
    """The errors of bins with these |accuracy - confidence| and numbers of rows."""
    gaps, counts = gaps[counts > 0], counts[counts > 0]
    if norm == "max":
        return float(gaps.max())
    power = {"l1": 1, "l2": 2}[norm]
    return float(((gaps**power * counts).sum() / counts.sum()) ** (1 / power))


def binned(index, confidence, right, bins):
    counts = np.bincount(index, minlength=bins)
    excess = np.bincount(index, weights=confidence - right, minlength=bins)
    return np.abs(excess) / np.maximum(counts, 1), counts


def equal_width(confidence, right, bins):
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return binned(index, confidence, right, bins)


def equal_mass(confidence, right, bins):
    n, order = len(confidence), np.argsort(confidence)
    assert len(set(confidence)) == n
    cuts = [(2 * k * n + bins) // (2 * bins) for k in range(1, bins)]
    index = np.searchsorted(cuts, np.arange(n), side="right")
    return binned(index, confidence[order], right[order], bins)


def debiased(confidence, right, bins):
    gaps, counts = equal_width(confidence, right, bins)
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    several = counts > 1
    if not several.any():
        return None
    accuracy = np.bincount(index, weights=right, minlength=bins)[several] / counts[several]
    squares = gaps[several] ** 2 - accuracy * (1 - accuracy) / (counts[several] - 1)
    return float(np.sqrt(max(0.0, (counts[several] * squares).sum() / len(confidence))))


def values(p, y, bins, norm):
    confidence, right = p.max(axis=1), (p.argmax(axis=1) == y).astype(float)
    error = put_together(*equal_width(confidence, right, bins), norm)
    theirs = multiclass_calibration_error(
        torch.tensor(p), torch.tensor(y), num_classes=p.shape[1], n_bins=bins, norm=norm)
    assert abs(float(theirs) - error) < 1e-5, (float(theirs), error)
    classes = [put_together(*equal_width(p[:, c], (y == c).astype(float), bins), norm)
               for c in range(p.shape[1])]
    return {
        "ece": error,
        "mce": put_together(*equal_width(confidence, right, bins), "max"),
        "ece_adaptive": put_together(*equal_mass(confidence, right, bins), norm),
        "ece_classwise": float(np.mean(classes)),
        "ece_debiased": debiased(confidence, right, bins),
    }


def fixture():
    problems = [
        Problem(801, 901, 257, 1, 10),
        Problem(802, 902, 300, 1, 3, skill=6),
        Problem(803, 903, 7, 1, 4),
        Problem(804, 904, 200, 1, 2, bonus=4),
    ]
    results = []
    for problem in problems:
        z, y = draw(problem)
        p = softmax(z[:, 0], axis=1)
        for bins in (1, 2, 10, 15, 30, 1000):
            for norm in NORMS:
                results.append({"problem": problem._asdict(), "bins": bins, "norm": norm,
                                "values": values(p, y, bins, norm)})
    return results


if __name__ == "__main__":
    write("binning.json", fixture())
