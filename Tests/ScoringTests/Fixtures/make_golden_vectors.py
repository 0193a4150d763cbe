"""Writes Sources/Scoring/Documentation.docc/golden-vectors.json: small predictions and the values of all figures.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.

Values are computed from the definitions in Conformance.md, by scikit-learn where it has them, and share nothing with
the program. Each group of figures is a function of a case in GROUPS: to add one, write such a function in a file of
its own, add it there, and compare it in GoldenVectorTests.swift.
"""

import itertools
import json
import pathlib

import numpy as np
from golden_calibrations import calibrations_group
from golden_figures import (ABSENT, adaptive, columns, error, halves, log_probabilities, logarithms, mean_rows,
                            names_of, ranks, tied_argmax, with_members)
from golden_others import detection_group, soft_labels_group
from make_interval_fixtures import philox, purpose_hash
from scipy.special import entr, log_softmax, softmax
from scipy.stats import chi2_contingency
from sklearn import metrics as sk

ROOT = pathlib.Path(__file__).parents[3]
TARGET = ROOT / "Sources/Scoring/Documentation.docc/golden-vectors.json"


# Groups: functions of a case

def metrics_group(case):
    z, y = logarithms(case), np.array(case["labels"])
    rows = {name: columns(log_probabilities(case, z, name), y) for name in names_of(z.shape[1])}
    return with_members(rows)


def diversity_group(case):
    z, y = logarithms(case), np.array(case["labels"])
    if z.shape[1] == 1 or "probabilities" in case:
        return None
    logs = np.stack([log_softmax(z[:, m], axis=1) for m in range(z.shape[1])])
    classes = np.stack([tied_argmax(softmax(z[:, m], axis=1)) for m in range(z.shape[1])])
    rows = {f"{i}-{j}": pair(y, classes[[i, j]], logs[[i, j]])
            for i, j in itertools.combinations(range(len(logs)), 2)}
    gain = (tied_argmax(softmax(z.mean(axis=1), axis=1)) == y).mean() - (classes == y).mean()
    rows["mean"] = {**mean_rows(rows.values()), **group(classes == y, logs), "ensemble_gain": gain}
    names = ["conditional_accuracy", "conditional_accuracy_mirror"]
    both = [rows["mean"][name] for name in names]
    rows["mean"].update(dict.fromkeys(names, None if None in both else sum(both) / 2))
    return rows


def quotient(a, b):
    return float(a / b) if b else None


def group(right, logs):
    members, n = right.shape
    k, p, mean = right.sum(axis=0), np.exp(logs), right.mean()
    spread = (k * (members - k)).sum()
    return {
        "kohavi_wolpert": spread / (n * members**2),
        "interrater_agreement": None if mean in (0, 1) else (
            1 - spread / (n * members * (members - 1) * mean * (1 - mean))),
        "difficulty": np.var(k / members),
        "mutual_information": (entr(p.mean(axis=0)).sum(axis=1) - entr(p).sum(axis=2).mean(axis=0)).mean(),
    }


def pair(y, classes, logs):
    first, second = classes == y
    n11, n10, n01, n00 = ((a & b).sum() for a, b in itertools.product((first, ~first), (second, ~second)))
    n, table, (p, q) = len(y), np.array([[n11, n10], [n01, n00]]), np.exp(logs)
    margins = np.prod([table.sum(axis=0).prod(), table.sum(axis=1).prod()])
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = sk.cohen_kappa_score(*classes)
    return {
        "ratio_of_errors": (n01 + n10) / n00 if n00 else 2 * (n01 + n10) / n,
        "disagreement": (n01 + n10) / n, "double_fault": n00 / n, "agreement": (n11 + n00) / n,
        "conditional_accuracy": quotient(n11, n11 + n10), "conditional_accuracy_mirror": quotient(n11, n11 + n01),
        "chi_square": float(chi2_contingency(table, correction=False).statistic) if margins else None,
        "disagreement_labels": (classes[0] != classes[1]).mean(),
        "q_statistic": quotient(n11 * n00 - n01 * n10, n11 * n00 + n01 * n10),
        "correlation": quotient(n11 * n00 - n01 * n10, np.sqrt(float(margins))),
        "kappa": None if np.isnan(kappa) else kappa,
        "kl": ((p - q) * (logs[0] - logs[1])).sum(axis=1).mean() / 2,
        "cosine": ((p * q).sum(axis=1) / np.sqrt((p * p).sum(axis=1) * (q * q).sum(axis=1))).mean(),
        "jensen_shannon": (entr((p + q) / 2) - (entr(p) + entr(q)) / 2).sum(axis=1).mean(),
        **group(np.stack([first, second]), logs),
    }


def bins_group(case):
    """Other numbers of bins, and norms, of the first predictor without calibration."""
    z, y = logarithms(case), np.array(case["labels"])
    logs = log_probabilities(case, z, "ensemble")
    p = np.exp(logs)
    confidence, right = p.max(axis=1), tied_argmax(p) == y
    results = {}
    for size, norm in ((8, "l1"), (15, "l2"), (15, "max"), (40, "l2")):
        edges = np.arange(size + 1) / size
        results[f"{size}-{norm}"] = {
            "ece": error(confidence, right, edges, norm),
            "ece_adaptive": adaptive(ranks(logs, confidence), confidence, right, size, norm),
            "ece_classwise": np.mean([error(p[:, c], y == c, edges, norm) for c in range(p.shape[1])]),
        }
    return results


def classes_group(case):
    z, y = logarithms(case), np.array(case["labels"])
    results = {}
    for name in names_of(z.shape[1]):
        logs = log_probabilities(case, z, name)
        p, k = np.exp(logs), z.shape[2]
        choice, rows = tied_argmax(p), []
        for c in range(k):
            own, taken = y == c, choice == c
            wrong = np.bincount(choice[own & ~taken], minlength=k)
            most = int(wrong.argmax()) if wrong.any() else None
            nll = -logs[own, c].mean() if own.any() else None
            rows.append({
                "samples": int(own.sum()), "accuracy": quotient((own & taken).sum(), own.sum()),
                "precision": quotient((own & taken).sum(), taken.sum()),
                "nll": nll if nll is None or np.isfinite(nll) else None,
                "brier": ((p[own] - np.eye(k)[c]) ** 2).sum(axis=1).mean() if own.any() else None,
                "ece": error(p[:, c], own), "most_confused_with": most,
                "most_confused_share": None if most is None else wrong[most] / own.sum()})
        results[name] = rows
    return results


def uniforms(count):
    """U of each row: what the program draws for seed 0."""
    zeros = np.zeros(count)
    words = philox([zeros, np.arange(count), zeros, np.full(count, purpose_hash("conformal"))], (0, 0))
    return ((words[0] >> np.uint64(5)) * np.uint64(1 << 26) + (words[1] >> np.uint64(6))).astype(float) * 2.0**-53


def set_scores(p):
    """The score of each class by each method; what rounding tells apart is equal."""
    above = p.round(13)[:, None, :] > p.round(13)[:, :, None]
    aps = (above * p[:, None, :]).sum(axis=2) + uniforms(len(p))[:, None] * p
    return {"lac": 1 - p, "aps": aps, "raps": aps + 0.01 * np.maximum(0, above.sum(axis=2) - 4)}


def conformal_group(case):
    """Sets of each half of the rows by the threshold of the other."""
    z, y = logarithms(case), np.array(case["labels"])
    if len(y) < 2:
        return None
    results = {}
    for name in names_of(z.shape[1]):
        scores = set_scores(np.exp(log_probabilities(case, z, name)))
        results[name] = {f"{method} {alpha}": set_columns(score, y, alpha)
                         for method, score in scores.items() for alpha in (0.1, 0.05)}
    return results


def set_columns(score, y, alpha):
    holds, thresholds = np.zeros(score.shape, bool), []
    for scored, fitted in itertools.permutations(halves(len(y)), 2):
        own = np.sort(score[fitted, y[fitted]])
        rank = int(np.ceil(round((len(own) + 1) * (1 - alpha), 9)))
        thresholds.append(own[rank - 1] if rank <= len(own) else np.inf)
        holds[scored] = score[scored] <= thresholds[-1] * (1 + 1e-12)
    sizes, covering = holds.sum(axis=1), holds[np.arange(len(y)), y]
    single = sizes == 1
    return {"coverage": covering.mean(), "size_mean": sizes.mean(), "size_median": np.median(sizes),
            "empty": (sizes == 0).mean(), "singleton": single.mean(),
            "coverage_singleton": covering[single].mean() if single.any() else None,
            "threshold_first": None if thresholds[0] == np.inf else thresholds[0],
            "threshold_second": None if thresholds[1] == np.inf else thresholds[1]}


GROUPS = {"metrics": metrics_group, "diversity": diversity_group, "bins": bins_group, "classes": classes_group,
          "conformal": conformal_group, "calibrations": calibrations_group, "soft labels": soft_labels_group,
          "detections": detection_group}


# Cases

def logits(seed, n, m, k, skill, step, labels=None):
    random = np.random.default_rng(seed)
    y = random.integers(k, size=n) if labels is None else np.full(n, labels)
    z = random.normal(size=(n, 1, k)) + random.normal(size=(n, m, k)) + skill * np.eye(k)[y][:, None]
    return {"logits": (np.round(z / step) * step).tolist(), "labels": y.tolist()}


def always(case, shift):
    """Labels that are the ensemble's choice, or the class after it."""
    z = np.array(case["logits"])
    case["labels"] = ((z.mean(axis=1).argmax(axis=1) + shift) % z.shape[2]).tolist()
    return case


def zeros_and_ones():
    p = [[[1, 0, 0], [0.5, 0.5, 0]], [[0, 1, 0], [0, 1, 0]], [[0.25, 0.25, 0.5], [0, 0, 1]],
         [[0.75, 0.25, 0], [0.5, 0.25, 0.25]], [[0, 0, 1], [0, 0.5, 0.5]], [[0.625, 0.25, 0.125], [1, 0, 0]]]
    return {"probabilities": p, "labels": [0, 1, 2, 1, 2, 0]}


CASES = {
    "ordinary": {**logits(1, 80, 2, 4, 1.5, 1 / 64), "calibrated": True},
    "one member, two classes": {**logits(2, 60, 1, 2, 1.0, 1 / 64), "calibrated": True},
    "three members": logits(3, 30, 3, 3, 1.0, 1 / 16),
    "ties": logits(4, 24, 2, 3, 0.5, 2),
    "one class": logits(5, 20, 2, 3, 0.5, 1 / 16, labels=0),
    "all right": always(logits(6, 20, 1, 4, 0, 1 / 16), 0),
    "all wrong": always(logits(7, 20, 1, 4, 0, 1 / 16), 1),
    "large logits": logits(8, 20, 1, 3, 40, 4),
    "many classes": logits(9, 16, 1, 60, 2.5, 1 / 16),
    "one row": logits(10, 1, 2, 3, 0, 1 / 16),
    "zeros and ones": zeros_and_ones(),
}


# The file

def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if part is not ABSENT}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (int, str)):
        return value
    return float(value)


def main():
    cases = []
    for name, case in CASES.items():
        groups = {group: function(case) for group, function in GROUPS.items()}
        numbers = {key: case[key] for key in ("logits", "probabilities", "labels") if key in case}
        numbers["uniforms"] = uniforms(len(case["labels"])).tolist()
        cases.append({"name": name, **numbers, **{group: plain(found) for group, found in groups.items() if found}})
    about = ("Predictions [N, M, K], labels, and the figures of mixmo's tables: null is undefined, what is missing is "
             "not given. Definitions, settings and tolerances: Conformance.md, Golden vectors.")
    head = {"about": about, "made with": "Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1"}
    lines = [",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in case.items())
             for case in cases]
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    TARGET.write_text("{" + text + ',\n"cases": [\n{' + "},\n\n{".join(lines) + "}\n]}\n")


if __name__ == "__main__":
    main()
