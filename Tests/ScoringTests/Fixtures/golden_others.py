"""The figures of golden-vectors.json that need more than predictions and labels, for make_golden_vectors.py: people's
votes, and predictions for images of no class.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1.
"""

import numpy as np
from golden_figures import ABSENT, log_probabilities, logarithms, names_of, ranks, with_members
from scipy.special import entr, logsumexp, softmax
from scipy.stats import spearmanr
from sklearn import metrics as sk


def votes(case):
    """Votes of up to nine people for each row, one of them for its label."""
    y, k = np.array(case["labels"]), np.array(case.get("logits", case.get("probabilities"))).shape[2]
    random = np.random.default_rng(len(y) * 100 + k)
    return random.multinomial(random.integers(9, size=len(y)), np.full(k, 1 / k)) + np.eye(k, dtype=int)[y]


def soft_labels_group(case):
    z, given = logarithms(case), votes(case)
    q = given / given.sum(axis=1, keepdims=True)
    rows = {name: people(log_probabilities(case, z, name), q) for name in names_of(z.shape[1])}
    return {"votes": given.tolist(), "predictors": with_members(rows)}


def people(logs, q):
    p = np.exp(logs)
    with np.errstate(invalid="ignore"):
        cross = -np.where(q > 0, q * logs, 0).sum(axis=1).mean()
    entropies = entr(p).sum(axis=1)
    own, theirs = np.round(entropies, 12), np.round(entr(q).sum(axis=1), 12)
    varies = len(p) > 1 and np.ptp(own) > 0 and np.ptp(theirs) > 0
    # The order of small entropies hinges on rounding.
    is_unclear = ((entropies > 0) & (entropies < 1e-6)).any()
    return {
        "cross_entropy_soft": cross if np.isfinite(cross) else None,
        "kl_soft": cross - entr(q).sum(axis=1).mean() if np.isfinite(cross) else None,
        "brier_soft": ((p - q) ** 2).sum(axis=1).mean(), "tv_soft": np.abs(p - q).sum(axis=1).mean() / 2,
        "entropy_correlation":
            ABSENT if is_unclear else float(spearmanr(own, theirs).statistic) if varies else None,
    }


def detection_group(case):
    """How well scores tell the rows from others, of less skill."""
    if "logits" not in case:
        return None
    z = logarithms(case)
    n, m, k = z.shape
    random = np.random.default_rng(n * 1000 + k)
    other = np.round(8 * (random.normal(size=(n + 5, 1, k)) + random.normal(size=(n + 5, m, k)))) / 8
    results = {}
    for name in names_of(m):
        mine, theirs = scores(z, name), scores(other, name)
        results[name] = {score: detection(mine[score], theirs[score]) for score in mine}
    return {"outside": other.tolist(), "predictors": results}


def scores(z, name):
    logs = log_probabilities({"logits": z}, z, name)
    p = np.exp(logs)
    found = {"msp": ranks(logs, p.max(axis=1)), "entropy": -entr(p).sum(axis=1)}
    if name == "ensemble-probs":
        found["max_logit"] = found["msp"]
    else:
        logits = z.mean(axis=1) if name == "ensemble" else z[:, int(name.split("-")[1])]
        found |= {"max_logit": logits.max(axis=1), "energy": logsumexp(logits, axis=1)}
    if z.shape[1] > 1 and name.startswith("ensemble"):
        members = softmax(z, axis=2)
        information = entr(members.mean(axis=1)).sum(axis=1) - entr(members).sum(axis=2).mean(axis=1)
        found |= {"mutual_information": -information, "variance": -members.var(axis=1).mean(axis=1)}
    return found


def detection(inside, outside):
    s = np.round(np.r_[inside, outside], 12)
    is_inside = np.r_[np.ones(len(inside)), np.zeros(len(outside))]
    fpr, tpr, _ = sk.roc_curve(is_inside, s, drop_intermediate=False)
    return {"auroc": sk.roc_auc_score(is_inside, s), "aupr_in": sk.average_precision_score(is_inside, s),
            "aupr_out": sk.average_precision_score(1 - is_inside, -s), "fpr95": fpr[np.argmax(tpr >= 0.95)]}
