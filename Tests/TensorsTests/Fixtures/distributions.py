"""Percentiles of the gamma and beta distributions. Python 3.11, SciPy 1.17.1.

Run in this folder: python distributions.py > distributions.json
"""
import json

import numpy as np
from scipy import stats

percent = np.arange(1, 100) / 100
gamma = [{"parameters": [a], "percentiles": stats.gamma(a).ppf(percent).tolist()} for a in (0.1, 0.5, 1, 2, 7.5)]
beta = [
    {"parameters": [a, b], "percentiles": stats.beta(a, b).ppf(percent).tolist()}
    for a, b in ((0.2, 0.2), (1, 1), (2, 2), (2, 4), (0.5, 3))
]
print(json.dumps({"gamma": gamma, "beta": beta}))
