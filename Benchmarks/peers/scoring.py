"""The per-predictor metrics of mixmo in NumPy, on the mean logits of all members: seconds of one pass.

  scoring.py LOGITS.npy LABELS.npy

Vectorised over rows and, where that needs no more memory, over classes; smooth and debiased errors are left out.
Needs NumPy alone.
"""
import sys
import time

import numpy as np


def binned_error(confidence, right, bins=15):
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.bincount(index, right, bins) - np.bincount(index, confidence, bins)
    count = np.bincount(index, minlength=bins)
    return np.abs(gap).sum() / len(confidence), np.max(np.abs(gap) / np.maximum(count, 1))


def equal_mass_error(confidence, right, edges):
    sums = np.concatenate([[0], np.cumsum(right - confidence)])
    return np.abs(np.diff(sums[edges])).sum()


def metrics(z, y):
    n, k = z.shape
    rows = np.arange(n)
    z = z - z.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    p = np.exp(logp)
    top = p.argmax(1)
    confidence, right = p[rows, top], (top == y).astype(np.float64)
    py = p[rows, y]
    result = {
        "accuracy": right.mean(), "top5": ((p > py[:, None]).sum(1) < 5).mean(), "nll": -logp[rows, y].mean(),
        "brier": ((p * p).sum(1) - 2 * py + 1).mean(), "entropy": -(p * logp).sum(1).mean(),
    }
    result["ece"], result["mce"] = binned_error(confidence, right)
    order = np.argsort(confidence, kind="stable")
    c, r = confidence[order], right[order]
    result["ece_adaptive"] = equal_mass_error(c, r, np.round(np.arange(16) * n / 15).astype(int)) / n
    classwise, tace = 0.0, 0.0
    for label in range(k):
        pc, hit = p[:, label], (y == label).astype(np.float64)
        classwise += binned_error(pc, hit)[0]
        kept = pc > 1e-3
        pc, hit = pc[kept], hit[kept]
        by = np.argsort(pc, kind="stable")
        size = len(by) // 15
        tace += equal_mass_error(pc[by], hit[by], np.append(np.arange(15) * size, len(by)))
    result["ece_classwise"], result["tace"] = classwise / k, tace / (n * k)
    values, first, counts = np.unique(c, return_index=True, return_counts=True)
    hits = np.add.reduceat(r, first)
    misses = counts - hits
    below = np.cumsum(misses) - misses
    result["auroc"] = (hits * (below + misses / 2)).sum() / (hits.sum() * misses.sum())
    for name, positive in [("aupr_success", hits[::-1]), ("aupr_error", misses)]:
        total = counts[::-1] if name == "aupr_success" else counts
        found = np.cumsum(positive)
        result[name] = (positive / positive.sum() * found / np.cumsum(total)).sum()
    covered, wrong = np.cumsum(counts[::-1]), np.cumsum(misses[::-1])
    risk = wrong / covered
    steps = np.diff(np.concatenate([[0], covered])) / n
    result["aurc"] = (steps * (np.concatenate([risk[:1], risk[:-1]]) + risk) / 2).sum()
    result["augrc"] = (steps * (np.concatenate([[0], wrong[:-1]]) + wrong) / 2 / n).sum()
    return result


def main():
    logits, labels = np.load(sys.argv[1], mmap_mode="r"), np.load(sys.argv[2]).astype(np.int64)
    start = time.perf_counter()
    scores = metrics(np.asarray(logits, np.float64).mean(1), labels)
    print(f"{time.perf_counter() - start:.2f} s {scores}")


main()
