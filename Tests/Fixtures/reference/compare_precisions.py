#!/usr/bin/env python3
"""Compares evaluations of the same network at two precisions, cell by cell: a table in Markdown.

Written with Python 3.11, numpy 2.4.6.

Use:  compare_precisions.py HIGHEST OTHER [HIGHEST OTHER ...]

Each pair names the folders that `mixmo evaluate --output` wrote with --precision highest and with another one. The scores are
the ensemble's, uncalibrated, in cells.csv. The width of a cell's 95 % interval is that of 1000 bootstrap draws of its images
(percentiles), computed here from predictions/ of the first folder. The table shows the differences of all cells of all pairs,
as they are and in percent of that width. Where the confidence of an image passes the edge of a bin, ECE jumps: such cells are
counted, and the largest difference of ECE without them is shown. So are the answers of the ensemble that change.
"""
import csv
import pathlib
import sys

import numpy as np

METRICS, BINS, DRAWS = ("ece", "nll", "brier"), 15, 1000


def scores(folder):
    """The ensemble's scores of each cell."""
    with open(folder / "cells.csv") as file:
        rows = [row for row in csv.DictReader(file) if (row["predictor"], row["calibration"]) == ("ensemble", "none")]
    return {(row["corruption"], int(row["severity"])): [float(row[metric]) for metric in METRICS] for row in rows}


def ensemble(folder, cell):
    """The logarithms of the ensemble's probabilities, [N, K], and the bin of each confidence."""
    mean = np.load(folder / f"predictions/{cell[0]}-{cell[1]}.npy").astype(float).mean(1)
    logs = mean - mean.max(1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(1, keepdims=True))
    return logs, np.clip(np.ceil(np.exp(logs.max(1)) * BINS) - 1, 0, BINS - 1).astype(int)


def widths(logs, bins, labels, generator):
    """The widths of the 95 % intervals of a cell."""
    chances, rows = np.exp(logs), np.arange(len(labels))
    confidence, right = chances.max(1), chances.argmax(1) == labels
    nll, brier = -logs[rows, labels], (chances ** 2).sum(1) - 2 * chances[rows, labels] + 1
    gaps = np.zeros((len(labels), BINS))
    gaps[rows, bins] = right - confidence
    counts = generator.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), DRAWS) / len(labels)
    draws = np.stack([np.abs(counts @ gaps).sum(1), counts @ nll, counts @ brier])
    low, high = np.percentile(draws, (2.5, 97.5), axis=1)
    return high - low


def differences(exact, other):
    """Of every cell, the absolute differences, the widths, the answers that change and the confidences that change their bin."""
    ours, theirs, generator = scores(exact), scores(other), np.random.default_rng(0)
    if ours.keys() != theirs.keys():
        sys.exit(f"{other}: expected the cells of {exact}, found others")
    labels = np.load(exact / "predictions/labels.npy")
    for cell in ours:
        (logs, bins), (other_logs, other_bins) = ensemble(exact, cell), ensemble(other, cell)
        yield (np.abs(np.subtract(ours[cell], theirs[cell])), widths(logs, bins, labels, generator),
               (logs.argmax(1) != other_logs.argmax(1)).sum(), (bins != other_bins).sum(), len(labels))


def main():
    folders = [pathlib.Path(name) for name in sys.argv[1:]]
    pairs = list(zip(folders[::2], folders[1::2]))
    cells = [cell for pair in pairs for cell in differences(*pair)]
    difference, width, answers, moved, images = (np.array(values) for values in zip(*cells))
    share = 100 * difference / width
    print(f"{len(cells)} cells of {len(pairs)} evaluations\n")
    print("| metric | median difference | largest difference | median, % of the interval | largest, % of the interval |")
    print("|---|---|---|---|---|")
    for i, metric in enumerate(METRICS):
        print(f"| {metric} | {np.median(difference[:, i]):.1e} | {difference[:, i].max():.1e} "
              f"| {np.median(share[:, i]):.4f} | {share[:, i].max():.3f} |")
    print(f"\n{answers.sum()} of {images.sum()} answers change. A confidence changes its bin in {(moved > 0).sum()} cells", end="")
    if (moved == 0).any():
        print(f"; ECE in the others: at most {difference[moved == 0, 0].max():.1e}, {share[moved == 0, 0].max():.3f} %", end="")
    print(".")


main()
