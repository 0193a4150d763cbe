"""The figures of golden-vectors.json that are numbers of one predictor, for make_golden_vectors.py.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.
"""

import numpy as np
from make_fixtures import rank_score, top_five
from scipy.optimize import brentq
from scipy.special import entr, log_softmax, logsumexp, softmax
from sklearn import metrics as sk
from sklearn.isotonic import IsotonicRegression

EDGES = np.arange(16) / 15
ABSENT = "absent"

# What rounding puts this far above an edge is on it, and what agrees in so many digits is tied.
rounding = {"edge": 1e-9, "digits": 12}


def present(values):
    return {name: value for name, value in values.items() if value is not ABSENT}


# Predictors of a case: log-probabilities

def logarithms(case):
    """Logits [N, M, K]; of given probabilities their logarithms."""
    z = np.array(case["logits" if "logits" in case else "probabilities"], float)
    with np.errstate(divide="ignore"):
        return z if "logits" in case else np.log(z)


def names_of(members):
    if members == 1:
        return ["ensemble"]
    return ["ensemble", "ensemble-probs"] + [f"member-{m}" for m in range(members)]


def pooled(z, name):
    """What a predictor averages: [N, P, K]."""
    if name == "ensemble":
        return z.mean(axis=1, keepdims=True)
    return z if name == "ensemble-probs" else z[:, [int(name.split("-")[1])]]


def average(z):
    """Log-probabilities [N, K] of the mean of distributions [N, P, K]."""
    return logsumexp(log_softmax(z, axis=2), axis=1) - np.log(z.shape[1])


def mean_rows(rows):
    rows = list(rows)
    return {key: None if any(row[key] is None for row in rows) else float(np.mean([row[key] for row in rows]))
            for key in rows[0] if all(key in row for row in rows)}


def with_members(rows):
    members = [row for name, row in rows.items() if name.startswith("member-")]
    return {**rows, **({"members-mean": mean_rows(present(row) for row in members)} if members else {})}


def log_probabilities(case, z, name):
    if "probabilities" not in case:
        return average(pooled(z, name))
    p = np.array(case["probabilities"], float)
    with np.errstate(divide="ignore"):
        if name == "ensemble" and z.shape[1] > 1:
            return geometric_mean(p)
        return np.log(p.mean(axis=1) if name in ("ensemble", "ensemble-probs") else pooled(p, name)[:, 0])


def geometric_mean(p):
    """0 is the limit of ever smaller numbers: classes with the fewest zeros have the mean of the rest."""
    zeros = (p == 0).sum(axis=1)
    logs = np.where(p > 0, np.log(np.where(p > 0, p, 1)), 0).mean(axis=1)
    logs = np.where(zeros == zeros.min(axis=1, keepdims=True), logs, -np.inf)
    return logs - logsumexp(logs, axis=1, keepdims=True)


# Metrics of a predictor

def bins(p, edges=EDGES):
    """The bin (lower, upper] of each probability; what rounding puts beside an edge is on it."""
    return np.clip(np.ceil(p * (len(edges) - 1) - rounding["edge"]).astype(int) - 1, 0, len(edges) - 2)


def gaps(p, hit, edges=EDGES):
    """Of each bin its rows, the sum of p - hit, and the hits."""
    index, size = bins(p, edges), len(edges) - 1
    return tuple(np.bincount(index, weights, size) for weights in (None, p - hit, hit))


def error(p, hit, edges=EDGES, norm="l1"):
    count, excess, _ = gaps(p, hit.astype(float), edges)
    kept = count > 0
    return combined(count[kept], excess[kept], len(p), norm)


def combined(count, excess, n, norm):
    if norm == "l1":
        return abs(excess).sum() / n
    return (abs(excess / count).max() if norm == "max" else ((excess**2 / count).sum() / n) ** 0.5)


def equal_mass(rank, p, hit, cuts, norm="l1"):
    """Bins cut at ranks; the hits of ties are shared out evenly."""
    order = np.argsort(rank, kind="stable")
    _, index = np.unique(rank[order], return_inverse=True)
    excess = (p - hit)[order]
    even = (np.bincount(index, excess) / np.bincount(index))[index] if len(p) else excess
    parts = [part for part in np.split(even, cuts) if len(part)]
    return combined(np.array([len(part) for part in parts]), np.array([part.sum() for part in parts]), len(p), norm)


def adaptive(rank, p, hit, size=15, norm="l1"):
    n = len(p)
    return equal_mass(rank, p, hit, [(2 * k * n + size) // (2 * size) for k in range(1, size)], norm)


def thresholded(p, y):
    total = 0
    for c in range(p.shape[1]):
        kept = p[:, c] > 1e-3
        q, size = p[kept, c], kept.sum() // 15
        if len(q):
            rank, cuts = q.round(rounding["digits"] + 1), [k * size for k in range(1, 15)]
            total += equal_mass(rank, q, y[kept] == c, cuts) * len(q)
    return total / p.size


def debiased(p, hit):
    count, excess, hits = gaps(p, hit.astype(float))
    kept = count > 1
    if not kept.any():
        return None
    count, excess, share = count[kept], excess[kept], hits[kept] / count[kept]
    return max(0, (count * ((excess / count) ** 2 - share * (1 - share) / (count - 1))).sum() / len(p)) ** 0.5


def smooth(p, hit):
    """The σ at which ∫ |r_σ| = σ, by a cosine series; the sum of residuals where they have one sign."""
    values, index = np.unique(p.round(13), return_inverse=True)
    residual = np.bincount(index, p - hit) / len(p)
    low, high = abs(residual.sum()), abs(residual).sum()
    if high - low < 1e-13:
        return high
    size = 8000
    k = np.arange(1, 500)[:, None]
    coefficients = np.cos(np.pi * k * values) @ residual
    nodes = (np.arange(size) + 0.5) / size
    cosines = np.cos(np.pi * k * nodes)

    def excess(sigma):
        return abs(2 * (coefficients * np.exp(-((np.pi * k[:, 0] * sigma) ** 2) / 2)) @ cosines
                   + residual.sum()).mean() - sigma
    finest = max(low, 5e-3)
    if excess(finest) <= 0:
        return low if low == finest and excess(finest) > -1e-9 else ABSENT
    return brentq(excess, finest, high + 1e-9, xtol=1e-13)


def curves(rank, right):
    """Rows and wrong rows among the most confident, after each tie, from none on."""
    _, index = np.unique(-rank, return_inverse=True)
    accepted, wrong = np.cumsum(np.bincount(index)), np.cumsum(np.bincount(index, ~right))
    return np.concatenate([[0], accepted]), np.concatenate([[0], wrong])


def areas(rank, right):
    def aurc(accepted, wrong):
        risk = wrong[1:] / accepted[1:]
        return np.trapezoid(np.concatenate([risk[:1], risk]), accepted / n)
    n = len(right)
    accepted, wrong = curves(rank, right)
    area = aurc(accepted, wrong)
    best = np.maximum(0, np.arange(n + 1) - right.sum())
    return {"aurc": area, "eaurc": area - aurc(np.arange(n + 1), best),
            "augrc": np.trapezoid(wrong / n, accepted / n)}


def false_positives(rank, right):
    thresholds = [t for t in np.unique(rank) if 100 * (right & (rank >= t)).sum() >= 95 * right.sum()]
    return (~right & (rank >= max(thresholds))).sum() / (~right).sum()


def ranking_columns(rank, confidence, right):
    """What confidence and right rows alone decide."""
    both = 0 < right.sum() < len(right)
    return {
        "accuracy": right.mean(), "ece": error(confidence, right),
        "mce": error(confidence, right, norm="max"), "ece_adaptive": adaptive(rank, confidence, right),
        "ece_debiased": debiased(confidence, right), "ece_smooth": smooth(confidence, right),
        "overconfidence": confidence.mean() - right.mean(),
        "auroc_misclassification": sk.roc_auc_score(right, rank) if both else None,
        "aupr_error": sk.average_precision_score(~right, -rank) if not right.all() else None,
        "aupr_success": sk.average_precision_score(right, rank) if right.any() else None,
        "fpr95": false_positives(rank, right) if both else None, **areas(rank, right),
        **selective(rank, right), **decompositions(confidence, right),
    }


def distribution_columns(logs, p, y, numbers):
    n, k = p.shape
    nll = -logs[np.arange(n), y].mean()
    own = (p - np.eye(k)[y]) ** 2
    rest = refinement(logs, y) if np.isfinite(nll) else None
    return {
        "accuracy_top5": top_five(np.round(numbers, 12), y), "nll": nll if np.isfinite(nll) else None,
        "brier": own.sum(axis=1).mean(), "brier_per_class": own.mean(), "entropy": entr(p).sum(axis=1).mean(),
        "ece_classwise": np.mean([error(p[:, c], y == c) for c in range(k)]), "tace": thresholded(p, y),
        "refinement_loss": rest, "calibration_loss": rest if rest in (None, ABSENT) else nll - rest,
    }


def columns(logs, y):
    """Every column of cells.csv that is a figure of one predictor."""
    p = np.exp(logs)
    p /= p.sum(axis=1, keepdims=True)
    right = tied_argmax(p) == y
    confidence = p.max(axis=1)
    return {**ranking_columns(ranks(logs, confidence), confidence, right),
            **distribution_columns(logs, p, y, logs if np.isfinite(logs).all() else p)}


def tied_argmax(p):
    """The lowest index of the largest; what rounding tells apart is equal."""
    return (p >= p.max(axis=1, keepdims=True) * (1 - 1e-12)).argmax(axis=1)


def ranks(logs, confidence):
    if not np.isfinite(logs).all():
        return confidence.round(rounding["digits"] + 1)
    return np.array([float(f"{v:.{rounding['digits']}e}") for v in rank_score(logs)])


# Losses and fits of temperatures

def halves(n):
    """MixMo's halves, seed 31."""
    order = list(range(n))
    np.random.seed(31)
    np.random.shuffle(order)
    return [np.sort(order[:n // 2]), np.sort(order[n // 2:])]


def loss(z, y):
    return -average(z)[np.arange(len(y)), y].mean()


def slope(z, y, t):
    """The derivative of the loss of averaged distributions with respect to log T, up to a factor."""
    d = z - z.max(axis=2, keepdims=True)
    q = log_softmax(d / t, axis=2)
    at = np.arange(len(y))
    own = d[at, :, y] - (np.exp(q) * d).sum(axis=2)
    return (softmax(q[at, :, y], axis=1) * own).sum(axis=1).mean()


def temperature(z, y):
    """The best T of logits [N, P, K], and whether it is at a bound."""
    scale = np.sqrt(((z.max(axis=2) - z.mean(axis=2)) ** 2).mean())
    if scale == 0:
        return 1.0, False
    grid = np.linspace(np.log(scale / 1000), np.log(1000 * scale), 601)
    best = int(np.argmin([loss(z / np.exp(t), y) for t in grid]))
    if best in (0, 600):
        return float(np.exp(grid[best])), True
    return float(np.exp(brentq(lambda t: slope(z, y, np.exp(t)), grid[best - 1], grid[best + 1],
                               xtol=1e-15, rtol=1e-15))), False


def refinement(logs, y):
    if len(y) < 2 or not np.isfinite(logs).all():
        return None if len(y) < 2 else ABSENT
    parts = halves(len(y))
    if any((logs[h, y[h]] >= logs[h].max(axis=1) - 1e-12).all() for h in parts):
        return None
    fitted = [temperature(logs[h][:, None], y[h])[0] for h in parts]
    return sum(loss(logs[parts[i], None] / fitted[1 - i], y[parts[i]]) * len(parts[i]) for i in (0, 1)) / len(y)


# Figures that are asked for

def selective(rank, right):
    n = len(right)
    errors = np.interp(np.arange(n + 1), *curves(rank, right))
    values = {f"risk_at_{c}": errors[-(-c * n // 100)] / -(-c * n // 100) for c in (80, 90)}
    for r in (1, 5):
        fitting = np.flatnonzero(100 * errors[1:] <= r * np.arange(1, n + 1) + 1e-9)
        values[f"coverage_at_risk_{r}"] = (fitting[-1] + 1) / n if len(fitting) else 0
    return values


def decompositions(confidence, right):
    hit, values = right.astype(float), {}
    curve = IsotonicRegression().fit_transform(confidence.round(rounding["digits"] + 1), hit)
    base = np.full(len(hit), hit.mean())

    def brier(p):
        return ((p - hit) ** 2).mean()

    def log(p):
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.where(right, np.log(p), np.log1p(-p)).mean()
    for name, score in (("brier", brier), ("log", log)):
        if np.isfinite(score(confidence)):
            values |= {f"{name}_mcb": score(confidence) - score(curve),
                       f"{name}_dsc": score(base) - score(curve), f"{name}_unc": score(base)}
        else:
            values |= {f"{name}_{part}": None for part in ("mcb", "dsc", "unc")}
    return values
