#!/usr/bin/env python3
"""Compares trainings of the digits by `mixmo` with those by `train_digits.py`, or with others by `mixmo`: a table in Markdown.

Written with Python 3.11, scipy 1.17.1.

Use:  compare_digits.py peer.jsonl seed-*/exp_digits_*/logs.csv
      compare_digits.py FOLDER seed-*/exp_digits_*/logs.csv

Of `train_digits.py` it takes the lines of JSON, of `mixmo train` the logs, one for each seed: the scores after the last epoch. Of a
folder it takes all the logs below it. The two are said to agree where the 99 % interval of the difference of their means over the seeds (Welch's)
holds zero; with fewer than three seeds of either, only the values are shown. The row `all` is the mean over the recipes of the differences, with
Student's interval. That one is narrow: runs of one seed begin with the same weights. The program ends with 1 if any row disagrees.
"""
import csv
import json
import pathlib
import statistics
import sys
from collections import defaultdict

from scipy.stats import ttest_1samp, ttest_ind

METRICS = {"accuracy": ("accuracy, %", 100, 2), "nll": ("NLL", 1, 4),
           "mean_loss": ("loss of all epochs", 1, 4), "last_loss": ("loss of the last epoch", 1, 4)}


def run_of(scores, losses):
    accuracy, nll = (float(scores[name]) for name in ("accuracy", "nll"))
    return {"accuracy": accuracy, "nll": nll, "mean_loss": statistics.mean(losses), "last_loss": losses[-1]}


def read_peer(path, runs):
    if path.is_dir():
        for log in sorted(path.glob("**/logs.csv")):
            read_engine(log, runs)
        return
    for line in path.read_text().splitlines():
        run = json.loads(line)
        runs[run["recipe"]].append(run_of(run, run["losses"]))


def read_engine(path, runs):
    rows = list(csv.DictReader(open(path)))
    scores = {name: rows[-1][f"test/{name}"] for name in ("accuracy", "nll")}
    runs[path.parent.name].append(run_of(scores, [float(row["train/loss"]) for row in rows]))


def shown(values, digits):
    spread = f" ({min(values):.{digits}f}–{max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


def compare(metric, engine, peer):
    """Prints the rows of one metric; whether all agree."""
    name, scale, digits = METRICS[metric]
    differences, agree = [], True

    def row(recipe, cells, difference, interval):
        nonlocal agree
        (low, high), within = interval, interval[0] <= 0 <= interval[1]
        agree &= within
        print(f"| {recipe} | {name} | {cells} | {difference:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}) "
              f"| {'yes' if within else 'NO'} |")

    for recipe in (recipe for recipe in engine if recipe in peer):
        ours, theirs = ([scale * run[metric] for run in runs[recipe]] for runs in (engine, peer))
        cells = f"{len(ours)}, {len(theirs)} | {shown(ours, digits)} | {shown(theirs, digits)}"
        differences.append(statistics.mean(ours) - statistics.mean(theirs))
        if min(len(ours), len(theirs)) < 3:
            print(f"| {recipe} | {name} | {cells} | {differences[-1]:.{digits}f} | |")
        else:
            row(recipe, cells, differences[-1], ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.99))
    if len(differences) > 1:
        row("all", " | |", statistics.mean(differences), ttest_1samp(differences, 0).confidence_interval(0.99))
    return agree


def main():
    engine, peer = defaultdict(list), defaultdict(list)
    read_peer(pathlib.Path(sys.argv[1]), peer)
    for path in sys.argv[2:]:
        read_engine(pathlib.Path(path), engine)
    print("| recipe | metric | seeds | mixmo | peer | difference, 99 % interval | agree |\n|---|---|---|---|---|---|---|")
    verdicts = [compare(metric, engine, peer) for metric in METRICS]
    sys.exit(not all(verdicts))


main()
