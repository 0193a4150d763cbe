"""Digits enlarged to 32×32. Python 3.11, NumPy 2.4.6, Pillow 13.0.0, scikit-learn 1.9.1.

Run in this folder: python digits.py > digits.json
"""
import json

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

values, labels = load_digits().images, load_digits().target
# Pillow's floating-point images: weights in eighths leave no rounding before the last one.
enlarged = [np.asarray(Image.fromarray(v.astype(np.float32)).resize((32, 32), Image.Resampling.BILINEAR)) for v in values]
gray = np.rint(np.stack(enlarged).astype(np.float64) * 255 / 16).astype(int)
print(json.dumps({
    "labels": labels.tolist(),
    "sums": gray.sum((1, 2)).tolist(),
    "weightedSums": (gray.reshape(1797, -1) * np.arange(1024)).sum(1).tolist(),
    "first": gray[0].ravel().tolist(),
    "last": gray[-1].ravel().tolist(),
}))
