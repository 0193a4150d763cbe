"""The scores of a prediction as MixMo's published evaluation computes them: seconds.

  published_scoring.py LOGITS.npy LABELS.npy [--tempscale]

A re-enactment of the work alone: batches of 100 rows whose outcomes are appended to lists, five largest
classes per batch, a mask over all rows for each of 15 bins, two sorts for each class, and pairs of members compared row by
row. With --tempscale a temperature is fitted on each half of the rows at six rates, and the other half scored. Of the
fits, which take most of an hour for a million rows, one evaluation of the loss is timed and multiplied by how many they
need of 10,000 rows: as many, within a hundredth, as they need of all.
Needs NumPy, and PyTorch for --tempscale.
"""
import argparse
import itertools
import statistics
import time

import numpy as np

BINS, BATCH = 15, 100
RATES = [1e-3, 1e-4, 5e-5, 2e-5, 1e-5, 5e-6]


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def calibration_error(confidences, right):
    edges = np.linspace(0, 1, BINS + 1)
    error = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            error += abs(confidences[inside].mean() - right[inside].mean()) * inside.mean()
    return error


def adaptive_error(probabilities, labels):
    error = 0.0
    for label in range(probabilities.shape[1]):
        column = probabilities[:, label]
        by_value, values = labels[column.argsort()], np.sort(column)
        by_value, values = by_value[values > 1e-3], values[values > 1e-3]
        size = len(values) // BINS
        for i in range(BINS):
            part = slice(i * size, (i + 1) * size if i < BINS - 1 else None)
            if len(values[part]):
                error += abs((values[part] - (by_value[part] == label)).mean()) * len(values[part])
    return error / probabilities.size


def ranking(confidences, right):
    """The area under the ROC curve, ties at half."""
    _, place, counts = np.unique(confidences, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    hits = right.sum()
    return (ranks[right].sum() - hits * (hits + 1) / 2) / (hits * (len(right) - hits))


def error_ratio(labels, first, second):
    both, one = 0, 0
    for i in range(len(labels)):
        if first[i] != labels[i] and second[i] != labels[i]:
            both += 1
        elif first[i] != labels[i] or second[i] != labels[i]:
            one += 1
    return one / both if both else 2 * one / len(labels)


def fit_seconds(logits, labels):
    """How long L-BFGS, without line search, takes for a temperature at every rate.

    As published, no slope is cleared before the next is added.
    """
    import torch

    means, labels = torch.from_numpy(logits.mean(1)), torch.from_numpy(labels)
    count = 0

    def evaluate(temperature, rows):
        nonlocal count
        count += 1
        scaled = means[:rows] / temperature
        loss = torch.nn.functional.cross_entropy(scaled, labels[:rows])
        loss.backward()
        return loss

    for rate in RATES:
        temperature = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.LBFGS([temperature], lr=rate, max_iter=5000)
        optimizer.step(lambda: evaluate(temperature, 10_000))
    needed, times = count, []
    for _ in range(5):
        start = time.perf_counter()
        evaluate(torch.ones(1, requires_grad=True), len(labels))
        times.append(time.perf_counter() - start)
    return needed * statistics.median(times)


def score(logits, labels):
    rows, members, _ = logits.shape
    right, confidences, kept, truth = [], [], [], []
    votes = [[] for _ in range(members)]
    loss, squares, among_five = 0.0, 0.0, 0
    for start in range(0, rows, BATCH):
        z, y = logits[start:start + BATCH], labels[start:start + BATCH]
        p = softmax(z.mean(1))
        right.extend(p.argmax(1) == y)
        confidences.extend(p.max(1))
        own = np.arange(len(y))
        loss -= np.log(1e-12 + p[own, y]).sum()
        hot = np.zeros(p.shape)
        hot[own, y] = 1
        squares += ((p - hot) ** 2).mean() * len(y)
        among_five += (np.argpartition(p, -5)[:, -5:] == y[:, None]).sum()
        kept.append(p)
        truth.extend(int(label) for label in y)
        for member in range(members):
            votes[member].extend(z[:, member].argmax(1))
    right, confidences = np.array(right), np.array(confidences)
    scores = {
        "accuracy": right.mean(), "top5": among_five / rows, "nll": loss / rows, "brier": squares / rows,
        "auc": ranking(confidences, right), "ece": calibration_error(confidences, right),
        "tace": adaptive_error(np.concatenate(kept), labels),
    }
    votes_by_member = np.array(votes)
    scores["ratio_errors"] = np.mean(
        [error_ratio(truth, *votes_by_member[list(pair)]) for pair in itertools.combinations(range(members), 2)])
    shares = [0] * members
    for i in range(rows):
        for member in range(members):
            shares[member] += votes[member][i] == truth[i]
    scores["member_accuracies"] = [float(share) / rows for share in shares]
    return scores


def seconds(logits, labels):
    start = time.perf_counter()
    scores = score(logits, labels)
    return time.perf_counter() - start, scores


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("logits")
    parser.add_argument("labels")
    parser.add_argument("--tempscale", action="store_true")
    arguments = parser.parse_args()
    logits = np.load(arguments.logits)
    labels = np.load(arguments.labels).astype(np.int64)
    middle = len(labels) // 2
    parts = [slice(0, middle), slice(middle, None)] if arguments.tempscale else [slice(None)]
    total = 0
    for part in parts:
        taken, scores = seconds(logits[part], labels[part])
        total += taken
        if arguments.tempscale:
            total += fit_seconds(logits[part], labels[part])
    print(f"{total:.1f} s {scores}")


main()
