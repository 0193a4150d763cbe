"""Predictions of three runs, and what NumPy, SciPy and statsmodels make of them.

Writes, beside this file:
  comparison-logits-{alpha,beta,gamma}.npy   float32 [cells, N, M, K]
  comparison-labels.npy                      int64 [N]
  comparison-{none,temperature}.csv          every column of comparison.csv but the names of runs
  sign-flips.json                            differences of images and the exact p-value of their sum

Made with Python 3.11.7, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0:
  pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 && python make_comparison_fixtures.py
"""

import csv
import json
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar

HERE = Path(__file__).parent
CELLS = [("clean", 0), ("blur", 1), ("blur", 2), ("noise", 1), ("noise", 2)]
MEMBERS = {"alpha": 2, "beta": 1, "gamma": 2}
SKILL = {"alpha": 1.4, "beta": 2.4, "gamma": 0.7}
METRICS = ["accuracy", "nll", "brier", "ece", "overconfidence"]
N, K, DRAWS, SEED = 81, 4, 200, 7


def predictor(run):
    """The first row of a run's tables."""
    return "ensemble" if MEMBERS[run] > 1 else "network"


def predictions():
    random = np.random.default_rng(20)
    labels = random.integers(0, K, N)
    ease = random.normal(size=N)
    runs = {}
    for run, members in MEMBERS.items():
        own = random.normal(size=(N, 1)) * 0.5
        cells = []
        for _, severity in CELLS:
            logits = random.normal(size=(N, members, K))
            strength = SKILL[run] + ease[:, None] + own - 0.4 * severity
            logits[np.arange(N), :, labels] += strength
            cells.append(1.5 * logits)
        runs[run] = np.array(cells, dtype=np.float32)
    return labels, runs


def philox(counter, key):
    """Philox4x32-10 of Salmon et al. 2011."""
    x, y, z, w = counter
    a, b = key
    for _ in range(10):
        first, second = x * 0xD2511F53, z * 0xCD9E8D57
        x, y = (second >> 32) ^ y ^ a, second & 0xFFFFFFFF
        z, w = (first >> 32) ^ w ^ b, first & 0xFFFFFFFF
        a, b = (a + 0x9E3779B9) & 0xFFFFFFFF, (b + 0xBB67AE85) & 0xFFFFFFFF
    return x, y, z, w


def draws():
    """How often each draw holds each image, [DRAWS, N]."""
    purpose = 2166136261
    for byte in b"bootstrap":
        purpose = (purpose ^ byte) * 16777619 & 0xFFFFFFFF
    counts = np.zeros((DRAWS, N), dtype=int)
    for draw in range(DRAWS):
        words = [
            word
            for block in range((2 * N + 3) // 4)
            for word in philox((block, 0, draw, purpose), (SEED, 0))
        ]
        for i in range(N):
            high, low = words[2 * i] >> 5, words[2 * i + 1] >> 6
            counts[draw, int((high << 26 | low) * 2.0**-53 * N)] += 1
    return counts


def halves():
    """MixMo's split of the clean images."""
    order = list(range(N))
    np.random.seed(31)
    np.random.shuffle(order)
    return sorted(order[: N // 2]), sorted(order[N // 2 :])


def temperature(logits, labels):
    """The T of least NLL."""

    def loss(log_t):
        scaled = log_softmax(logits / np.exp(log_t), axis=1)
        return -scaled[np.arange(len(labels)), labels].mean()

    found = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-10})
    return np.exp(found.x)


def row_scores(logits, labels):
    logs = log_softmax(logits, axis=1)
    p = np.exp(logs)
    rows = np.arange(len(labels))
    return {
        "right": (logits.argmax(axis=1) == labels).astype(float),
        "confidence": p.max(axis=1),
        "nll": -logs[rows, labels],
        "brier": ((p - np.eye(K)[labels]) ** 2).sum(axis=1),
    }


def metric_values(rows, weights):
    """The metrics of rows that are there `weights` times."""
    total = weights.sum()
    bins = np.clip(np.ceil(rows["confidence"] * 15).astype(int) - 1, 0, 14)
    excess = np.bincount(bins, weights * (rows["confidence"] - rows["right"]), minlength=15)
    return np.array(
        [
            (weights * rows["right"]).sum() / total,
            (weights * rows["nll"]).sum() / total,
            (weights * rows["brier"]).sum() / total,
            np.abs(excess).sum() / total,
            excess.sum() / total,
        ]
    )


def signed_errors(rows, counts):
    """How far the ECE may lie above the truth on each draw, and how far a draw's lies above it."""
    bins = np.clip(np.ceil(rows["confidence"] * 15).astype(int) - 1, 0, 14)
    excess = np.zeros((N, 15))
    excess[np.arange(N), bins] = rows["confidence"] - rows["right"]
    error, drawn = excess.mean(axis=0), counts @ excess / N
    deviation = ((excess - error) ** 2).sum(axis=0) ** 0.5 / N
    clear, signed = abs(error) > 3 * deviation, np.sign(error) * (drawn - error)
    above = np.where(clear, signed, abs(drawn - error)).sum(axis=1)
    return np.array([above, np.where(clear, signed, abs(drawn) - abs(error)).sum(axis=1)])


def sign_flip_p(differences):
    """The exact p-value, in whole numbers: choices of signs whose sum is as far from 0."""
    ways = {0: 1}
    for d in map(int, differences):
        more = {}
        for total, count in ways.items():
            for signed in (total + d, total - d):
                more[signed] = more.get(signed, 0) + count
        ways = more
    far = abs(int(sum(differences)))
    extreme = sum(count for total, count in ways.items() if abs(total) >= far)
    return float(Fraction(extreme, 2 ** len(differences)))


def upper_tail(d):
    """P of a sum of d with signs of their own at least as large, nearly normal, with a continuity correction."""
    squares, cubes = (d**2).sum(), (abs(d) ** 3).sum()
    return 1.0 if squares == 0 else float(norm.sf((d.sum() - cubes / squares) / squares**0.5))


def two_sided(d):
    return min(1.0, 2 * upper_tail(d if d.sum() >= 0 else -d))


def calibration_rows(rows):
    """Rows whose mean is at most, and at least, the true ECE in expectation."""
    bins = np.clip(np.ceil(rows["confidence"] * 15).astype(int) - 1, 0, 14)
    excess = rows["confidence"] - rows["right"]
    parity = np.arange(N) % 2

    def signs(chosen):
        return np.sign(np.bincount(bins[chosen], excess[chosen], minlength=15))

    lower = np.where(parity == 0, signs(parity == 1)[bins], signs(parity == 0)[bins]) * excess
    return lower, signs(parity >= 0)[bins] * excess


def tests(reference, run):
    """The p-value and the sign of the better run for each metric, of lists of cells' rows."""

    def total(rows, name):
        return sum(r[name] for r in rows)

    right = (total(run, "right") - total(reference, "right")).astype(int)
    if len(run) == 1:
        table = [[0, (right < 0).sum()], [(right > 0).sum(), 0]]
        out = [(mcnemar(table, exact=True).pvalue, np.sign(right.sum()))]
    else:
        out = [(sign_flip_p(right), np.sign(right.sum()))]
    for name in ("nll", "brier"):
        d = total(reference, name) - total(run, name)
        out.append((two_sided(d), np.sign(d.sum())))
    low, high = zip(*map(calibration_rows, run))
    other_low, other_high = zip(*map(calibration_rows, reference))
    win, loss = upper_tail(sum(other_low) - sum(high)), upper_tail(sum(low) - sum(other_high))
    out.append((min(1.0, 2 * min(win, loss)), np.sign(loss - win)))
    mine, its = ([total(r, "confidence") - total(r, "right") for r in (run, reference)])
    p = max(two_sided(mine - its), two_sided(mine + its))
    return out + [(p, -np.sign((mine - its).sum() * (mine + its).sum()))]


def graph_adjusted(families, leak=Decimal(10) ** -30):
    """Adjusted p-values of algorithm 2 of Bretz et al. 2009, with sixty digits.

    Each of the two families shares its half among its own; but for a leak, that stands for one as
    small as one likes, from the first family, which gives what it leaves to the second.
    """
    getcontext().prec = 60
    p = [Decimal(float(value)) for family in families for value in family]
    family = [f for f, values in enumerate(families) for _ in values]
    sizes = [len(values) for values in families]
    weights = [Decimal(1) / (2 * sizes[f]) for f in family]

    def edge(i, j):
        size = sizes[family[i]]
        if i == j or (family[i] == 1 and family[j] == 0):
            return Decimal(0)
        if family[i] == 1:
            return Decimal(1) / (size - 1)
        if family[j] == 0:
            return (1 - leak) / (size - 1)
        return leak / sizes[1]

    left = list(range(len(p)))
    edges = {(i, j): edge(i, j) for i in left for j in left}
    adjusted, floor = [0.0] * len(p), Decimal(0)
    while left:
        j = min(left, key=lambda i: p[i] / weights[i] if weights[i] else Decimal(10) ** 50)
        floor = max(floor, min(Decimal(1), p[j] / weights[j] if weights[j] else Decimal(1)))
        adjusted[j] = float(floor)
        left.remove(j)
        for i in left:
            weights[i] += weights[j] * edges[j, i]

        def updated(i, k):
            rest = 1 - edges[i, j] * edges[j, i]
            return (edges[i, k] + edges[i, j] * edges[j, k]) / rest if rest else Decimal(0)

        edges = {(i, k): Decimal(0) if i == k else updated(i, k) for i in left for k in left}
    return adjusted[: sizes[0]], adjusted[sizes[0] :]


def compare(labels, runs, counts, calibration):
    parts = [np.array(h) for h in halves()]
    rows, values, samples, spreads = {}, {}, {}, {}
    for run, logits in runs.items():
        mean = logits.astype(np.float64).mean(axis=2)
        scales = np.ones(N)
        if calibration == "temperature":
            for scored, fitted in zip(parts, reversed(parts)):
                scales[scored] = temperature(mean[0][fitted], labels[fitted])
        for c in range(len(CELLS)):
            scored = row_scores(mean[c] / scales[:, None], labels)
            rows[run, c] = scored
            values[run, c] = metric_values(scored, np.ones(N))
            samples[run, c] = np.array([metric_values(scored, w) for w in counts])
            spreads[run, c] = signed_errors(scored, counts)
    reference, others = list(runs)[0], list(runs)[1:]
    corrupted = range(1, len(CELLS))
    for table in (values, samples, spreads):
        for run in runs:
            table[run, "mean"] = np.mean([table[run, c] for c in corrupted], axis=0)

    scopes = {"mean": list(corrupted)} | {c: [c] for c in range(len(CELLS))}
    found = {
        (run, c): tests([rows[reference, i] for i in cells], [rows[run, i] for i in cells])
        for run in others
        for c, cells in scopes.items()
    }
    keys = [(run, c, m) for run in others for c in (0, "mean") for m in range(len(METRICS))]
    keys += [(run, c, m) for run in others for c in corrupted for m in range(len(METRICS))]
    p = {(run, c, m): found[run, c][m][0] for run, c, m in keys}
    families = [[k for k in keys if (k[1] in (0, "mean")) == first] for first in (True, False)]
    adjusted = graph_adjusted([[p[k] for k in family] for family in families])
    corrected = dict(zip(families[0] + families[1], np.concatenate(adjusted)))
    out = []
    for run in others:
        for c in ["mean", *range(len(CELLS))]:
            difference = values[run, c] - values[reference, c]
            low, high = np.quantile(samples[run, c] - samples[reference, c], [0.025, 0.975], axis=0)
            low, high = np.minimum(low, difference), np.maximum(high, difference)
            (above, below), (other_above, other_below) = spreads[run, c], spreads[reference, c]
            low[3] = difference[3] - max(0, np.quantile(above - other_below, 0.975))
            high[3] = difference[3] - min(0, np.quantile(below - other_above, 0.025))
            name, severity = (c, "") if c == "mean" else CELLS[c]
            for m, metric in enumerate(METRICS):
                numbers = [values[reference, c][m], values[run, c][m], difference[m], low[m], high[m]]
                verdict, sign = "undecided", found[run, c][m][1]
                if corrected[run, c, m] <= 0.05 and sign != 0:
                    verdict = "win" if sign > 0 else "loss"
                test = [float(p[run, c, m]), float(corrected[run, c, m]), verdict]
                out.append(
                    [reference, run, name, severity, predictor(run), calibration, metric]
                    + [float(x) for x in numbers]
                    + test
                    + [N, predictor(reference)]
                )
    return out


def sign_flips():
    random = np.random.default_rng(5)
    cases = []
    for size in (2, 5, 9, 12):
        for _ in range(4):
            differences = random.integers(-4, 6, size)
            # All 2^size choices of signs: swapping the two numbers of an image.
            exact = permutation_test(
                (differences, np.zeros(size, dtype=int)), lambda a, b: (a - b).sum(),
                permutation_type="samples", n_resamples=np.inf, alternative="two-sided",
            )
            counted = sign_flip_p(differences)
            # SciPy doubles the smaller tail, which is the same for symmetric distributions.
            assert abs(exact.pvalue - counted) < 1e-12, (exact.pvalue, counted)
            cases.append({"differences": differences.tolist(), "p": float(exact.pvalue)})
    for size, shift in ((300, 0.3), (2000, 0.9)):
        differences = np.round(random.normal(shift, 4, size)).astype(int)
        cases.append({"differences": differences.tolist(), "p": sign_flip_p(differences)})
    return cases


def main():
    labels, runs = predictions()
    np.save(HERE / "comparison-labels.npy", labels.astype(np.int64))
    for run, logits in runs.items():
        np.save(HERE / f"comparison-logits-{run}.npy", logits)
    counts = draws()
    header = (
        "reference,run,corruption,severity,predictor,calibration,metric,reference_value,value,"
        "difference,low,high,p,p_holm,verdict,samples,reference_predictor"
    )
    for calibration in ("none", "temperature"):
        with open(HERE / f"comparison-{calibration}.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(compare(labels, runs, counts, calibration))
    (HERE / "sign-flips.json").write_text(json.dumps(sign_flips()) + "\n")


main()
