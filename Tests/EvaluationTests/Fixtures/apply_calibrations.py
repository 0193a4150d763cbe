#!/usr/bin/env python3
"""Applies the fits of RUN/calibrations.json to RUN/predictions, and compares with RUN/cells.csv.

    apply_calibrations.py RUN

It needs NumPy, and shares no code with mixmo: the formulas are those that the file states. Prints how many values of
`nll`, `brier`, `ece` and `accuracy` of calibrated rows were compared and the largest difference; exits with 1 where that is
above 1e-9, or where there was nothing to compare.

Written with Python 3.11.7, NumPy 2.4.6.
"""
import csv
import json
import sys
from pathlib import Path

import numpy as np

LIMIT = 1e-9


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def log_mean(logs):
    """The logarithm of the mean probability over axis 1, the members."""
    top = logs.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.exp(logs - top).mean(axis=1)) + top[:, 0]


def logits(run, cell):
    """z [N, M, K] in float64."""
    folder = run / "predictions"
    if (folder / f"{cell}.probabilities.npy").exists():
        with np.errstate(divide="ignore"):
            z = np.log(np.load(folder / f"{cell}.probabilities.npy").astype(np.float64))
    elif (folder / f"{cell}.float64.npy").exists():
        z = np.load(folder / f"{cell}.float64.npy")
    else:
        z = np.load(folder / f"{cell}.npy").astype(np.float64)
    return z[:, None] if z.ndim == 2 else z


def uncalibrated(z, predictor):
    """log p [N, K]."""
    if predictor.startswith("member-"):
        return log_softmax(z[:, int(predictor.split("-")[1])])
    if predictor == "ensemble-probs":
        return log_mean(log_softmax(z))
    return log_softmax(z.mean(axis=1))


def calibrated(z, predictor, fit):
    """log p [N, K] after a fit of the whole distribution."""
    if fit["calibration"] == "temperature-after":
        return log_softmax(log_mean(log_softmax(z)) / fit["temperature"])
    if "temperatures" in fit:
        scaled = z / np.array(fit["temperatures"])[:, None]
        return log_softmax(scaled.mean(axis=1)) if predictor == "ensemble" else log_mean(log_softmax(scaled))
    if fit["calibration"] == "dirichlet":
        return log_softmax(uncalibrated(z, predictor) @ np.array(fit["matrix"]).T + np.array(fit["biases"]))
    if fit["calibration"] == "ets":
        w, own = fit["weights"], np.exp(uncalibrated(z, predictor))
        tempered = np.exp(uncalibrated(z / fit["temperature"], predictor))
        return np.log(w[0] * tempered + w[1] * own + w[2] / own.shape[1])
    if "class_values" in fit:
        return classwise(np.exp(uncalibrated(z, predictor)), fit)
    if "matrix" in fit:
        def change(x):
            return x @ np.array(fit["matrix"]).T + np.array(fit["biases"])
    elif "scales" in fit:
        def change(x):
            return np.array(fit["scales"]) * x + np.array(fit["biases"])
    else:
        def change(x):
            return x / fit["temperature"]
    if predictor == "ensemble-probs":
        return log_mean(log_softmax(change(z)))
    if predictor in ("ensemble", "network"):
        return log_softmax(change(z.mean(axis=1)))
    return log_softmax(change(z[:, int(predictor.split("-")[1])]))


def classwise(p, fit):
    """log p [N, K] after a map of each class's probability."""
    if "upper" in fit:
        index = np.searchsorted(np.array(fit["upper"]), p, side="left")
        values = np.array([[np.nan if v is None else v for v in row] for row in fit["class_values"]])
        found = np.take_along_axis(values, index.T, axis=1).T
        p = np.where(np.isnan(found), p, found)
    else:
        p = np.stack([np.interp(p[:, k], x, y) for k, (x, y) in enumerate(
            zip(fit["class_probabilities"], fit["class_values"]))], axis=1)
    total = p.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.where(total > 0, p / total, 1 / p.shape[1]))


def mapped(c, fit):
    """c' [N] after a fit of the confidence alone."""
    x = np.clip(c, 1e-12, 1 - 1e-12)
    if fit["calibration"] == "platt":
        return 1 / (1 + np.exp(-(fit["slope"] * (np.log(x) - np.log1p(-x)) + fit["intercept"])))
    if fit["calibration"] == "beta":
        return 1 / (1 + np.exp(-(fit["a"] * np.log(x) - fit["b"] * np.log1p(-x) + fit["d"])))
    if fit["calibration"] == "bbq":
        return np.array(fit["values"])[np.searchsorted(fit["edges"], c)] if fit["edges"] else c
    if "confidences" in fit:
        return np.interp(c, fit["confidences"], fit["accuracies"]) if fit["confidences"] else c
    index = np.searchsorted(np.array(fit["upper"]), c, side="left")
    values = np.array([np.nan if a is None else a for a in fit["accuracies"]])[index]
    return np.where(np.isnan(values), c, values)


def calibration_error(c, right, bins):
    edges = np.arange(1, bins + 1) / bins
    index = np.searchsorted(edges, c, side="left")
    return sum(abs((c[index == b] - right[index == b]).sum()) for b in range(bins)) / len(c)


def rows_of(fold, count):
    if "rows" in fold:
        return np.array(fold["rows"])
    order = list(range(count))
    np.random.seed(fold["seed"])
    np.random.shuffle(order)
    return np.array(order[:count // 2] if fold["half"] == 0 else order[count // 2:])


def values(z, labels, predictor, fits, folds, averages, bins):
    """nll, brier, ece and accuracy of a predictor whose rows these fits calibrate.

    Classwise curves have shares of counts as values, which tie and meet the edges of bins, where rounding decides: ece and
    accuracy are then left out.
    """
    if "fold" not in fits[0]:
        parts = [(rows, fits[0]) for rows in folds] if averages and folds else [(np.arange(len(z)), fits[0])]
    else:
        parts = [(folds[fit["fold"]], fit) for fit in fits]
    scored = []
    for rows, fit in parts:
        logs = uncalibrated(z[rows], predictor)
        right = (logs.argmax(axis=1) == labels[rows]).astype(float)
        if fit["calibration"] in ("isotonic", "histogram", "platt", "beta", "bbq"):
            none = np.full(len(rows), np.nan)
            scored.append((none, none, mapped(np.exp(logs.max(axis=1)), fit), right))
        else:
            logs = calibrated(z[rows], predictor, fit)
            # Where it cannot change the order of classes, a mixture keeps it, also where all are equal.
            if fit["calibration"] != "ets" or (predictor == "ensemble-probs" and fit["weights"][0] > 0):
                right = (logs.argmax(axis=1) == labels[rows]).astype(float)
            brier = ((np.exp(logs) - np.eye(logs.shape[1])[labels[rows]]) ** 2).sum(axis=1)
            scored.append((-logs[np.arange(len(rows)), labels[rows]], brier, np.exp(logs.max(axis=1)), right))
    if not averages:
        scored = [tuple(np.concatenate(column) for column in zip(*scored))]
    numbers = [(loss.mean(), brier.mean(), calibration_error(c, right, bins), right.mean())
               for loss, brier, c, right in scored]
    found = dict(zip(("nll", "brier", "ece", "accuracy"), np.mean(numbers, axis=0)))
    return {k: v for k, v in found.items() if "class_values" not in fits[0] or k in ("nll", "brier")}


def main(run):
    file = json.loads((run / "calibrations.json").read_text())
    bins = json.loads((run / "run.json").read_text())["scoring"]["bins"]
    labels = np.load(run / "predictions/labels.npy")
    folds = [rows_of(fold, len(labels)) for fold in file["folds"]]
    averages = file["numbers"] == "means of halves"
    count, worst = 0, (0.0, "")
    with open(run / "cells.csv", newline="") as table:
        for row in csv.DictReader(table):
            if row["calibration"] == "none":
                continue
            cell = f"{row['corruption']}-{row['severity']}"
            z = logits(run, cell)
            names = [row["predictor"]]
            if names == ["members-mean"]:
                names = [f"member-{m}" for m in range(z.shape[1])]
            found = []
            for name in names:
                fits = [fit for fit in file["fits"]
                        if (fit["calibration"], fit["predictor"]) == (row["calibration"], name)
                        and fit.get("cell", cell) == cell]
                if not fits:
                    sys.exit(f"no fit of {row['calibration']} for {name} on {cell}")
                found.append(values(z, labels, name, fits, folds, averages, bins))
            for metric in found[0]:
                if row[metric]:
                    count += 1
                    difference = abs(np.mean([value[metric] for value in found]) - float(row[metric]))
                    worst = max(worst, (difference, f"{cell} {row['predictor']} {row['calibration']} {metric}"))
    print(f"{count} values, largest difference {worst[0]:.2e} {worst[1]}")
    sys.exit(0 if count > 0 and worst[0] <= LIMIT else 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
