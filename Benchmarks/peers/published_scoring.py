"""The scores of a prediction as MixMo's published evaluation computes them: seconds per million rows.

  published_scoring.py LOGITS.npy LABELS.npy [--rows ROWS] [--tempscale]

A re-enactment in NumPy of the work alone: batches of 100 rows whose outcomes are appended to lists, five largest
classes per batch, a mask over all rows for each of 15 bins, two sorts for each class, and pairs of members compared row by
row. With --tempscale a temperature is fitted on each half of the rows, at six rates, and the other half scored.
Only the first ROWS rows are taken, by default 50,000: a million take longer than twenty times as long, since sorts,
columns and logits grow out of the cache.
Needs NumPy alone.
"""
import argparse
import itertools
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


def loss_and_slope(logits, labels, temperature):
    """The mean NLL of scaled logits and its derivative by the temperature."""
    own = np.arange(len(labels))
    scaled = logits / temperature
    scaled -= scaled.max(1, keepdims=True)
    errors = np.exp(scaled)
    sums = errors.sum(1)
    loss = (np.log(sums) - scaled[own, labels]).mean()
    errors /= sums[:, None]
    errors[own, labels] -= 1
    errors *= logits
    return float(loss), -float(errors.sum()) / (len(labels) * float(temperature) ** 2)


def fit(logits, labels, rate, most_steps=5000):
    """L-BFGS without line search, in one dimension a secant step times the rate.

    As published, no slope is cleared before the next is added.
    """
    temperature = np.float32(1)
    loss, total = loss_and_slope(logits, labels, temperature)
    inverse, length = 1, min(1, 1 / abs(total)) * rate
    for _ in range(most_steps):
        if inverse * total**2 < 1e-9:
            break
        step = -length * inverse * total
        temperature += np.float32(step)
        before, earlier = loss, total
        loss, slope = loss_and_slope(logits, labels, temperature)
        total += slope
        if abs(total) <= 1e-7 or abs(step) <= 1e-9 or abs(loss - before) < 1e-9:
            break
        if (total - earlier) * step > 1e-10:
            inverse = step / (total - earlier)
        length = rate
    return loss_and_slope(logits, labels, temperature)[0], temperature


def evaluate(logits, labels):
    """Fits on each half and scores the other."""
    middle = len(labels) // 2
    halves = [slice(0, middle), slice(middle, None)]
    for fitted, scored in [halves, halves[::-1]]:
        means = logits[fitted].mean(1)
        _, temperature = min(fit(means, labels[fitted], rate) for rate in RATES)
        yield score(logits[scored], labels[scored], temperature)


def score(logits, labels, temperature=1):
    rows, members, _ = logits.shape
    right, confidences, kept, truth = [], [], [], []
    votes = [[] for _ in range(members)]
    loss, squares, among_five = 0.0, 0.0, 0
    for start in range(0, rows, BATCH):
        z, y = logits[start:start + BATCH], labels[start:start + BATCH]
        p = softmax(z.mean(1) / temperature)
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
    figures = {
        "accuracy": right.mean(), "top5": among_five / rows, "nll": loss / rows, "brier": squares / rows,
        "auc": ranking(confidences, right), "ece": calibration_error(confidences, right),
        "tace": adaptive_error(np.concatenate(kept), labels),
    }
    votes_by_member = np.array(votes)
    figures["ratio_errors"] = np.mean(
        [error_ratio(truth, *votes_by_member[list(pair)]) for pair in itertools.combinations(range(members), 2)])
    shares = [0] * members
    for i in range(rows):
        for member in range(members):
            shares[member] += votes[member][i] == truth[i]
    figures["member_accuracies"] = [float(share) / rows for share in shares]
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("logits")
    parser.add_argument("labels")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--tempscale", action="store_true")
    arguments = parser.parse_args()
    logits = np.array(np.load(arguments.logits, mmap_mode="r")[:arguments.rows])
    labels = np.load(arguments.labels)[:arguments.rows].astype(np.int64)
    start = time.perf_counter()
    figures = list(evaluate(logits, labels)) if arguments.tempscale else score(logits, labels)
    print(f"{1e6 * (time.perf_counter() - start) / len(labels):.1f} s per million rows {figures}")


main()
