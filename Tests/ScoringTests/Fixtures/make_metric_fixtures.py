"""Writes distributions.json and rankings.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, torch 2.13.0,
torchmetrics 1.9.0, torch-uncertainty 0.13.0, netcal 1.4.0, uncertainty-calibration 0.1.4,
relplot 1.0.3.

A value is taken from that software where its definition is ours, and else from the definition
written out here; where a row's value has both, they are compared.
"""

import itertools
import json
import pathlib
import warnings
from collections import namedtuple

import calibration
import netcal.metrics
import numpy as np
import relplot
import torch
from make_fixtures import Problem, SplitMix, draw, predictors
from scipy.optimize import brentq
from sklearn import metrics as sk
from torch_uncertainty.metrics import classification as tu
from torchmetrics.functional.classification import binary_calibration_error

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
BINS = 15
ABSENT = "absent"
EDGES = np.arange(BINS + 1) / BINS

# rows N; confidences: `uniform`, `skewed` (toward 1), `edges` (k/15), `levels` (k/8) or `certain`
# (0 and 1); labels: `calibrated` (right with a probability of the confidence), `random`, `right` or
# `wrong`.
Ranking = namedtuple("Ranking", "seed rows confidences labels")


def draw_ranking(p):
    source = SplitMix(p.seed)
    confidence, right = np.zeros(p.rows), np.zeros(p.rows, dtype=bool)
    for n in range(p.rows):
        unit = (source.next() >> 11) / 2**53
        confidence[n] = {
            "uniform": unit, "skewed": 1 - unit * unit * unit, "edges": int(unit * 16) / 15,
            "levels": int(unit * 9) / 8, "certain": int(unit * 2)}[p.confidences]
        unit = (source.next() >> 11) / 2**53
        right[n] = {"calibrated": unit < confidence[n], "random": unit < 0.6, "right": True,
                    "wrong": False}[p.labels]
    return confidence, right


def agree(ours, theirs, bound=1e-12):
    assert abs(ours - theirs) <= bound, (ours, theirs)
    return float(theirs)


def is_on_edge(confidence):
    return np.isin(confidence, EDGES).any()


def is_tied(confidence):
    return len(set(confidence)) < len(confidence)


def table(confidence, right):
    """Rows of each bin (lower, upper], 0 in the first."""
    for lower, upper in itertools.pairwise(EDGES):
        inside = (confidence > lower) & (confidence <= upper) | (confidence == 0) & (lower == 0)
        if inside.any():
            yield confidence[inside], right[inside]


def table_values(confidence, right):
    bins = [(len(c), abs(c.mean() - r.mean())) for c, r in table(confidence, right)]
    ece = sum(n * gap for n, gap in bins) / len(right)
    mce = max(gap for _, gap in bins)
    if not is_on_edge(confidence):
        c, r = torch.tensor(confidence), torch.tensor(right).long()
        # netcal bins in Float64 and clips nothing here.
        ece = agree(ece, netcal.metrics.ECE(BINS).measure(confidence, right.astype(int)))
        agree(ece, binary_calibration_error(c, r, n_bins=BINS, norm="l1").item(), 1e-6)
        agree(mce, binary_calibration_error(c, r, n_bins=BINS, norm="max").item(), 1e-6)
        mce = agree(mce, netcal.metrics.MCE(BINS).measure(confidence, right.astype(int)))
    data = list(zip(confidence, right.astype(float)))
    debiased = None
    if any(n > 1 for n, _ in bins):
        debiased = calibration.utils.unbiased_l2_ce(
            calibration.utils.bin(data, list(EDGES[1:])))
    return {"ece": ece, "mce": mce, "ece_debiased": debiased}


def ties(confidence, right):
    """(confidence, rows, right rows) by rising confidence."""
    return [(c, (confidence == c).sum(), right[confidence == c].sum()) for c in np.unique(confidence)]


def equal_mass_error(confidence, right, cuts):
    """Right rows of a tie are shared out evenly."""
    share = np.concatenate([np.full(n, r / n) for _, n, r in ties(confidence, right)] or [[]])
    gaps = np.sort(confidence) - share
    return sum(abs(part.sum()) for part in np.split(gaps, cuts))


def adaptive_error(confidence, right):
    n = len(right)
    cuts = [round(k * n / BINS) for k in range(1, BINS)]
    ours = equal_mass_error(confidence, right, cuts) / n
    if n % BINS == 0 and not is_tied(confidence):
        c, r = torch.tensor(confidence), torch.tensor(right).double()
        return agree(ours, tu.calibration.adaptive_calibration_error._ace_compute(c, r, BINS).item())
    return ours


def smoothed(points, residuals, sigma, size=4001):
    """The residuals smoothed by a Gaussian reflected at 0 and 1, on a grid."""
    t = np.linspace(0, 1, size)
    density = np.zeros(size)
    for image in range(-8, 9):
        for center in (2 * image + points, 2 * image - points):
            near = np.abs(center - 0.5) < 0.5 + 10 * sigma
            distance = (t[:, None] - center[None, near]) / sigma
            density += np.exp(-distance**2 / 2) @ residuals[near]
    return t, density / (sigma * np.sqrt(2 * np.pi))


def smooth_error(confidence, right):
    groups = ties(confidence, right)
    points = np.array([c for c, _, _ in groups])
    residuals = np.array([n * c - r for c, n, r in groups]) / len(right)
    low, high = abs(residuals.sum()), np.abs(residuals).sum()
    if high - low < 1e-13:
        return float(high)
    finest = max(low, 1e-3)

    def excess(sigma):
        t, density = smoothed(points, residuals, sigma, max(4001, int(200 / sigma)))
        size = np.abs(density)
        return float((size.sum() - (size[0] + size[-1]) / 2) * t[1] - sigma)

    if excess(finest) > 0:
        return float(brentq(excess, finest, high, xtol=1e-12))
    return float(low) if low == finest else ABSENT


def risk_coverage(confidence, right):
    """The curves of fd-shifts: a point for each distinct confidence, from the highest."""
    n = len(right)
    accepted = np.cumsum([k for _, k, _ in reversed(ties(confidence, right))])
    wrong = np.cumsum([k - r for _, k, r in reversed(ties(confidence, right))])
    coverage = np.concatenate([[0], accepted / n])
    risk = np.concatenate([[wrong[0] / accepted[0]], wrong / accepted])
    aurc = np.trapezoid(risk, coverage)
    augrc = np.trapezoid(np.concatenate([[0], wrong / n]), coverage)
    if not is_tied(confidence) and n > 1:
        # torch-uncertainty leaves out the way from coverage 0 to 1/n, and stretches the rest.
        p = torch.tensor(np.stack([confidence, np.full(n, -1.0)], axis=1))
        labels = torch.tensor(np.where(right, 0, 1))
        rest = 1 - 1 / n
        agree(aurc, compute(tu.AURC(), p, labels) * rest + risk[0] / n, 1e-6)
        agree(augrc, compute(tu.AUGRC(), p, labels) * rest + wrong[0] / n / n / 2, 1e-6)
    best = risk_coverage_of_best(right)
    return float(aurc), float(aurc - best), float(augrc)


def risk_coverage_of_best(right):
    n, wrong = len(right), (~right).sum()
    risk = np.maximum(0, np.arange(1, n + 1) - (n - wrong)) / np.arange(1, n + 1)
    return np.trapezoid(np.concatenate([[risk[0]], risk]), np.arange(n + 1) / n)


def compute(metric, *arguments):
    metric.update(*arguments)
    return metric.compute().item()


def ranking_values(confidence, right):
    aurc, eaurc, augrc = risk_coverage(confidence, right)
    values = {
        "auroc_misclassification": None, "fpr95": None, "aupr_error": None, "aupr_success": None,
        "aurc": aurc, "eaurc": eaurc, "augrc": augrc,
        "ece_adaptive": float(adaptive_error(confidence, right)),
    }
    if 0 < right.sum() < len(right):
        values["auroc_misclassification"] = float(sk.roc_auc_score(right, confidence))
        # A share in Float32.
        share = compute(tu.FPR95(pos_label=1), torch.tensor(confidence), torch.tensor(right).long())
        values["fpr95"] = round(share * (~right).sum()) / (~right).sum()
    if right.any():
        values["aupr_success"] = float(sk.average_precision_score(right, confidence))
    if not right.all():
        values["aupr_error"] = float(sk.average_precision_score(~right, -confidence))
    return values


def classwise_error(p, y):
    n, k = p.shape
    errors = [sum(len(c) * abs(c.mean() - r.mean()) for c, r in table(p[:, c], y == c)) / n
              for c in range(k)]
    ours = float(np.mean(errors))
    if not is_on_edge(p):
        metric = tu.ClasswiseCalibrationError(num_classes=k, num_bins=BINS)
        agree(ours, compute(metric, torch.tensor(p), torch.tensor(y)), 1e-6)
    return ours


def thresholded_error(p, y, threshold=1e-3):
    n, k = p.shape
    error = 0
    for c in range(k):
        kept = p[:, c] > threshold
        size = kept.sum() // BINS
        error += equal_mass_error(p[kept, c], y[kept] == c, [b * size for b in range(1, BINS)])
    return float(error / (n * k))


def is_near_tie(confidence):
    """Whether an order hinges on how the last digits of confidences round."""
    return len(set(confidence.round(13))) < len(set(confidence))


def distribution_cell(p):
    z, y = draw(p)
    rows = {}
    for name, probabilities, _ in predictors(z):
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        values = {**table_values(confidence, right), "ece_smooth": smooth_error(confidence, right)}
        if not is_near_tie(confidence):
            values |= ranking_values(confidence, right)
        values["ece_classwise"] = classwise_error(probabilities, y)
        if not any(map(is_near_tie, probabilities.T)):
            values["tace"] = thresholded_error(probabilities, y)
        rows[name] = present(values)
    return {"problem": p._asdict(), "predictors": rows}


def distributions_fixture():
    problems = [
        Problem(21, 121, 257, 1, 10),
        Problem(22, 122, 300, 2, 10),
        Problem(23, 123, 300, 4, 3, skill=6),
        Problem(24, 124, 300, 2, 10, exponent=-13, bonus=80),
        Problem(25, 125, 200, 2, 20, exponent=-8, bonus=800),
        Problem(26, 126, 450, 2, 2, bonus=4),
        Problem(27, 127, 300, 1, 2, quantum=17, bonus=4),
        Problem(28, 128, 24, 2, 1000, exponent=-15, bonus=60),
        Problem(29, 129, 1, 2, 10),
        Problem(30, 130, 100, 2, 10, labels="single"),
        Problem(33, 133, 100, 2, 10, labels="right"),
        Problem(34, 134, 100, 1, 7, labels="wrong", skill=0),
        Problem(35, 135, 900, 2, 12, exponent=-16, skill=14, bonus=40),
        Problem(36, 136, 3000, 1, 4, exponent=-18, skill=12, bonus=16),
    ]
    return [distribution_cell(p) for p in problems]


class WholeEnds(relplot.kernels.ReflectedGaussianKernel):
    """relplot's kernel reflects everything but the ends of its grid, and so halves what lies there."""

    def convolve(self, values, eval_points):
        values[[0, -1]] *= 2
        return super().convolve(values, eval_points)


def relplot_error(confidence, right):
    """relplot's value on a fine mesh; its kernel ends at a distance of 1/2."""
    relplot.config.smECE_mesh_pts = 5000
    relplot.metrics.ReflectedGaussianKernel = WholeEnds
    error, bandwidth = relplot.smECE(confidence, right.astype(float), return_width=True)
    return float(error) if bandwidth < 0.12 else None


def rankings_fixture():
    cases = [Ranking(seed, rows, confidences, labels)
             for seed, (rows, confidences, labels) in enumerate(itertools.product(
                 [1, 2, 15, 40, 300, 1001],
                 ["uniform", "skewed", "edges", "levels", "certain"],
                 ["calibrated", "random", "right", "wrong"]))]
    results = []
    for p in cases:
        confidence, right = draw_ranking(p)
        values = table_values(confidence, right) | ranking_values(confidence, right)
        if p.rows <= 300 or p.confidences in ("edges", "levels", "certain"):
            values["ece_smooth"] = smooth_error(confidence, right)
        results.append({"ranking": p._asdict(), "values": present(values),
                        "relplot": relplot_error(confidence, right)})
    return results


def present(values):
    return {name: value for name, value in values.items() if value is not ABSENT}


def plain(value):
    return None if value is None else float(value)


def write(name, value):
    text = json.dumps(value, separators=(",", ":"), default=plain)
    for key in ("problem", "ranking"):
        text = text.replace('{"%s"' % key, '\n{"%s"' % key)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    write("distributions.json", distributions_fixture())
    write("rankings.json", rankings_fixture())
