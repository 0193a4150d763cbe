"""Writes sets.json beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, MAPIE 1.6.0.

Prediction sets of each half of the rows by thresholds of the other half. Those of lac and aps are
MAPIE's: its draws are replaced by ours, as 1 - U, and its aps takes off u times the class's own
probability where ours adds U times it. raps is a transcription of the paper's rule: MAPIE's searches
for a penalty, torch-uncertainty's draws for each class anew.
"""

import numpy as np
from make_fixtures import Problem, draw, predictors, write
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores import APSConformityScore, LACConformityScore

ALPHAS = [0.1, 0.05]
M32 = (1 << 32) - 1


def philox(counter, key):
    x, y, z, w = counter
    a, b = key
    for _ in range(10):
        first, second = x * 0xD2511F53, z * 0xCD9E8D57
        x, y, z, w = (second >> 32) ^ y ^ a, second & M32, (first >> 32) ^ w ^ b, first & M32
        a, b = (a + 0x9E3779B9) & M32, (b + 0xBB67AE85) & M32
    return x, y, z, w


def uniform(image, seed=0, purpose="conformal"):
    tag = 2166136261
    for byte in purpose.encode():
        tag = ((tag ^ byte) * 16777619) & M32
    high, low, _, _ = philox((0, image, 0, tag), (seed & M32, seed >> 32))
    return ((high >> 5) << 26 | low >> 6) * 2.0**-53


class Draws(np.random.RandomState):
    """A random state that gives chosen numbers."""

    def uniform(self, low=0.0, high=1.0, size=None):
        count = size if isinstance(size, int) else size[0]
        assert count == len(self.chosen)
        return self.chosen.reshape(size)


class Given:
    """A classifier whose inputs are its probabilities."""

    def __init__(self, classes):
        self.classes_ = np.arange(classes)
        self.n_features_in_ = classes

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X.argmax(axis=1)

    def predict_proba(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


def mapie_sets(score, p, y, u, fitted, scored, alphas):
    state = Draws(0)
    sets = SplitConformalClassifier(
        Given(p.shape[1]), confidence_level=[1 - a for a in alphas], prefit=True,
        conformity_score=score, random_state=state)
    state.chosen = 1 - u[fitted]
    sets.conformalize(p[fitted], y[fitted])
    state.chosen = 1 - u[scored]
    is_aps = isinstance(score, APSConformityScore)
    parameters = {"include_last_label": "randomized"} if is_aps else {}
    return sets.predict_set(p[scored], conformity_score_params=parameters)[1]


def scores(method, p, u):
    """The score of each class of each row."""
    if method == "lac":
        return 1 - p
    above = np.array([[row[row > value].sum() for value in row] for row in p])
    place = np.array([[1 + (row > value).sum() for value in row] for row in p])
    result = above + u[:, None] * p
    return result + 0.01 * np.maximum(0, place - 5) if method == "raps" else result


def numbers(holds, y):
    sizes, right = holds.sum(axis=1), holds[np.arange(len(y)), y]
    singles = sizes == 1
    classes = [c for c in range(holds.shape[1]) if (y == c).sum() >= 20]
    worst = min(classes, key=lambda c: (right[y == c].mean(), c)) if classes else None
    return {
        "coverage": float(right.mean()), "size_mean": float(sizes.mean()),
        "size_median": float(np.median(sizes)), "empty": float((sizes == 0).mean()),
        "singleton": float(singles.mean()),
        "coverage_singleton": float(right[singles].mean()) if singles.any() else None,
        "worst_class": worst,
        "worst_class_coverage": None if worst is None else float(right[y == worst].mean()),
        "sizes": [int(s) for s in sizes],
    }


def reference(problem):
    z, y = draw(problem)
    np.random.seed(31)
    order = list(range(len(y)))
    np.random.shuffle(order)
    order = np.array(order)
    halves = [order[: len(y) // 2], order[len(y) // 2 :]]
    u = np.array([uniform(i) for i in range(len(y))])
    result = {}
    for name, p, _ in predictors(z):
        for method in ["lac", "aps", "raps"]:
            s = scores(method, p, u)
            for alpha in ALPHAS:
                holds, thresholds = np.zeros(p.shape, bool), []
                for scored, fitted in zip(halves, halves[::-1]):
                    own = np.sort(s[fitted, y[fitted]])
                    rank = int(np.ceil(round((len(fitted) + 1) * (1 - alpha), 9)))
                    q = own[rank - 1] if rank <= len(own) else np.inf
                    thresholds.append(float(q) if np.isfinite(q) else None)
                    holds[scored] = s[scored] <= q
                    if np.isfinite(q) and method != "raps" and len(set(y[fitted])) == p.shape[1]:
                        score = LACConformityScore() if method == "lac" else APSConformityScore()
                        theirs = mapie_sets(score, p, y, u, fitted, scored, [alpha])[:, :, 0]
                        assert (theirs == holds[scored]).all(), (problem, name, method)
                        COMPARED.append(len(scored))
                key = f"{name}/{method}/{alpha}"
                result[key] = {"thresholds": thresholds, **numbers(holds, y)}
    return {"problem": problem._asdict(), "draws": u[:4].tolist(), "sets": result}


COMPARED = []
PROBLEMS = [
    Problem(seed=901, labelSeed=902, rows=400, members=2, classes=4),
    Problem(seed=903, labelSeed=904, rows=301, members=1, classes=12, skill=8),
    Problem(seed=905, labelSeed=906, rows=200, members=3, classes=10, skill=15, bonus=60),
    Problem(seed=907, labelSeed=908, rows=12, members=1, classes=3),
    Problem(seed=909, labelSeed=910, rows=60, members=2, classes=5, labels="right"),
    Problem(seed=911, labelSeed=912, rows=60, members=1, classes=5, labels="wrong"),
]
write("sets.json", [reference(p) for p in PROBLEMS])
print(f"{len(COMPARED)} times the sets of a half are MAPIE's")
