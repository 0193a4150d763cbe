"""Writes scaled.json and scaled-logits.bin beside this file.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1.

Logits of 400 rows over 10 classes, a hundred thousand times as large as usual, as little-endian
Float32, with the temperature that minimizes their negative log-likelihood.
"""

import json
import pathlib

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax

HERE = pathlib.Path(__file__).parent

random = np.random.default_rng(3)
y = random.integers(0, 10, 400)
z = random.normal(size=(400, 10))
z[np.arange(400), y] += 2
logits = (z * 1e5).astype("<f4")
rows = np.arange(400)


def slope(log_t):
    """The derivative of the loss with respect to log T, up to a positive factor."""
    scaled = logits.astype(float)
    expected = (softmax(scaled / np.exp(log_t), axis=1) * scaled).sum(axis=1)
    return (scaled[rows, y] - expected).mean()


t = float(np.exp(brentq(slope, np.log(1e3), np.log(1e7), xtol=1e-15, rtol=1e-15)))
nll = float(-log_softmax(logits.astype(float) / t, axis=1)[rows, y].mean())
(HERE / "scaled-logits.bin").write_bytes(logits.tobytes())
(HERE / "scaled.json").write_text(
    json.dumps({"labels": y.tolist(), "temperature": t, "nll": nll}) + "\n")
