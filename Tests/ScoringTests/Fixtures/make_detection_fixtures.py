"""Writes detections.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, torch 2.15.0, pytorch-ood 0.4.0.

Scores that tell the rows of one problem from those of another, and how well they do. AUROC and average
precision are scikit-learn's; the false positive rate is read off its ROC curve with every threshold kept.
pytorch-ood takes images of no class for the positive class and the trapezoid under the precision-recall curve: its
AUROC is the same, its false positive rate that of exchanged sets, its AUPR another number, which stands in
the fixture for the documentation. Scores are rounded to 12 digits before they are ranked: equal logits in another
order have sums that differ in the last digit here, and not in ours.
"""

import warnings

import numpy as np
import torch
from make_fixtures import Problem, draw, write
from pytorch_ood.detector import EnergyBased, Entropy, MaxLogit, MaxSoftmax
from pytorch_ood.metrics import AUPR, AUROC, FPRAtTPR
from scipy.special import log_softmax, logsumexp, softmax, xlogy
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def entropy(p):
    return -xlogy(p, p).sum(axis=-1)


def scores(z, t):
    """By predictor and score, a number for each row; z is [N, M, K]."""
    z = z / t
    n, members, _ = z.shape
    single = {"ensemble": z.mean(axis=1)}
    if members > 1:
        single |= {f"member-{m}": z[:, m] for m in range(members)}
    for name, logits in single.items():
        p = softmax(logits, axis=1)
        yield name, {
            "msp": p.max(axis=1), "max_logit": logits.max(axis=1), "energy": logsumexp(logits, axis=1),
            "entropy": -entropy(p),
        } | (spread(z) if name == "ensemble" and members > 1 else {})
        check(logits)
    if members > 1:
        p = softmax(z, axis=2).mean(axis=1)
        yield "ensemble-probs", {"msp": p.max(axis=1), "max_logit": p.max(axis=1), "entropy": -entropy(p)} | spread(z)


def spread(z):
    p = softmax(z, axis=2)
    information = entropy(p.mean(axis=1)) - entropy(p).mean(axis=1)
    return {"mutual_information": -information, "variance": -p.var(axis=1).mean(axis=1)}


def check(logits):
    """That these are pytorch-ood's scores, which are outlier scores."""
    given = torch.tensor(logits, dtype=torch.float64)
    p = softmax(logits, axis=1)
    pairs = [(MaxSoftmax(None), p.max(axis=1)), (MaxLogit(None), logits.max(axis=1)),
             (EnergyBased(None), logsumexp(logits, axis=1))]
    if p.min() > 1e-7:
        pairs.append((Entropy(None), -entropy(p)))
    for detector, ours in pairs:
        theirs = -detector.predict_logits(given).numpy()
        assert np.abs(theirs - ours).max() < 1e-12, detector


def figures(inside, outside):
    inside, outside = np.round(inside, 12), np.round(outside, 12)
    s = np.concatenate([inside, outside])
    is_inside = np.r_[np.ones(len(inside)), np.zeros(len(outside))]
    fpr, tpr, _ = sk.roc_curve(is_inside, s, drop_intermediate=False)
    result = {
        "auroc": sk.roc_auc_score(is_inside, s),
        "aupr_in": sk.average_precision_score(is_inside, s),
        "aupr_out": sk.average_precision_score(1 - is_inside, -s),
        "fpr95": fpr[np.argmax(tpr >= 0.95)],
    }
    theirs = pytorch_ood(inside, outside)
    swapped = pytorch_ood(-outside, -inside)
    assert abs(theirs["AUROC"] - result["auroc"]) < 1e-12
    assert abs(swapped["FPR95TPR"] - result["fpr95"]) < 1e-12
    return {k: float(v) for k, v in result.items()} | {"pytorch_ood": theirs}


def pytorch_ood(inside, outside):
    values = torch.tensor(-np.concatenate([inside, outside]))
    labels = torch.tensor([0] * len(inside) + [-1] * len(outside))
    found = {}
    for metric in [AUROC(), AUPR("id"), AUPR("ood"), FPRAtTPR(0.95)]:
        found |= metric.update(values, labels).compute()
    return {k: float(v) for k, v in found.items()}


def reference(inside, outside):
    cases = []
    for t in [1.0, 2.5]:
        mine, others = dict(scores(draw(inside)[0], t)), dict(scores(draw(outside)[0], t))
        for predictor in mine:
            for score in mine[predictor]:
                a, b = mine[predictor][score], others[predictor][score]
                cases.append({
                    "temperature": t, "predictor": predictor, "score": score,
                    "inside": a[:5].tolist(), "outside": b[:5].tolist(), "figures": figures(a, b)})
    return {"inside": inside._asdict(), "outside": outside._asdict(), "cases": cases}


def pair(rows, other_rows, members, classes, seed, **more):
    inside = Problem(seed=seed, labelSeed=seed + 1, rows=rows, members=members, classes=classes, **more)
    outside = Problem(
        seed=seed + 2, labelSeed=seed + 3, rows=other_rows, members=members, classes=classes,
        **more | {"skill": 3})
    return inside, outside


PAIRS = [
    pair(200, 150, 1, 4, 1301),
    pair(120, 200, 2, 10, 1311),
    pair(90, 61, 3, 6, 1321, bonus=40),
    pair(150, 120, 2, 3, 1331, quantum=18),  # ties
    pair(1, 1, 2, 4, 1341),
    pair(1, 30, 1, 4, 1351),
    pair(20, 12, 2, 1, 1361),  # one class: all tied
    pair(40, 30, 2, 1000, 1371, bonus=64),
]
write("detections.json", [reference(*p) for p in PAIRS])

# The vector of the documentation.
print(figures(np.array([0.9, 0.8, 0.8, 0.4]), np.array([0.8, 0.5, 0.3])))
