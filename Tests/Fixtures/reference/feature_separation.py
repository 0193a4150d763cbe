"""Writes feature-separation.json: norms of filters and shares of active ones, computed with NumPy.

Usage: feature_separation.py Tests/Fixtures. Made with Python 3.11, NumPy 2.4.6.

The weights are those that `seeded_tensors.py` makes of each name and shape, each filter times a
number of its own in [0, 1), so that some filters of a layer are weak.
"""
import json
import pathlib
import sys

import numpy as np
import seeded_tensors

SEED = 17
SHAPES = {
    "list_conv1.0.weight": (8, 3, 3, 3),
    "list_conv1.1.weight": (8, 3, 3, 3),
    "layer1.0.conv1.weight": (24, 8, 3, 3),
    "layer1.0.shortcut.0.weight": (24, 8, 1, 1),
    "layer2.0.conv2.weight": (40, 24, 3, 3),
}


def main():
    norms = {}
    for name, shape in SHAPES.items():
        weights = seeded_tensors.state_tensor(SEED, name, shape)
        scales = seeded_tensors.uniform(SEED, name + " scales", (shape[0], 1, 1, 1))
        scaled = weights * scales.astype(np.float32)
        norms[name] = np.abs(scaled.astype(np.float64)).sum((1, 2, 3))
    core = [values for name, values in norms.items() if name.startswith("layer")]
    shares = [
        np.mean([np.mean(values > threshold * values.max()) for values in core])
        for threshold in (0.2, 0.3, 0.4, 0.5)
    ]
    result = {
        "seed": SEED,
        "shapes": [{"name": name, "shape": shape} for name, shape in SHAPES.items()],
        "encoder_norms": [norms[f"list_conv1.{member}.weight"].tolist() for member in range(2)],
        "active_shares": [float(share) for share in shares],
    }
    path = pathlib.Path(sys.argv[1]) / "feature-separation.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


main()
