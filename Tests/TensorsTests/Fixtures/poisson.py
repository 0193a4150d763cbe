"""Writes poisson.json: the Poisson distribution in about ten classes a rate, and the value that
Pearson's statistic of as many classes passes once in a million. scipy 1.17.1, numpy 2.4.6."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import chi2, poisson

cases = []
for rate in [0.01, 0.5, 3, 9.99, 10, 12.3, 50, 250, 500]:
    # A class ends with the count of its name; one more takes the rest.
    ends = sorted({int(poisson.ppf(share, rate)) for share in np.linspace(0.002, 0.99, 11)})
    below = poisson.cdf(ends, rate)
    probabilities = np.diff(np.concatenate([[0], below, [1]]))
    cases.append({
        "rate": rate,
        "ends": ends,
        "probabilities": probabilities.tolist(),
        "critical": chi2.isf(1e-6, len(ends)),
    })
Path(__file__).with_suffix(".json").write_text(json.dumps(cases, indent=1) + "\n")
