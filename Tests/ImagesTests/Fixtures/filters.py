"""Writes filters.json: what SciPy, Pillow and colorsys make of small random images.
Python 3.11, numpy 2.4.6, scipy 1.17.1, Pillow 13.0.0."""

import colorsys
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

random = np.random.default_rng(1)


def gaussian(height, width, channels, sigma, truncation, border):
    values = random.random((height, width, channels))
    output = ndimage.gaussian_filter(
        values, (sigma, sigma, 0), mode=border, truncate=truncation)
    return {
        "height": height, "width": width, "channels": channels, "sigma": sigma,
        "truncation": truncation, "border": border,
        "input": values.ravel().tolist(), "output": output.ravel().tolist(),
    }


def box(height, width, new_height, new_width):
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    output = Image.fromarray(pixels).resize((new_width, new_height), Image.Resampling.BOX)
    return {
        "height": height, "width": width, "newHeight": new_height, "newWidth": new_width,
        "input": pixels.ravel().tolist(), "output": np.asarray(output).ravel().tolist(),
    }


def correlation(height, width, channels, radius, border):
    values = random.random((height, width, channels))
    kernel = random.random((2 * radius + 1, 2 * radius + 1))
    output = ndimage.correlate(values, kernel[:, :, None], mode=border)
    return {
        "height": height, "width": width, "channels": channels, "border": border,
        "kernel": kernel.tolist(), "input": values.ravel().tolist(),
        "output": output.ravel().tolist(),
    }


# Random colors, the corners of the cube and grays.
colors = random.random((40, 3)).tolist()
colors += [[r, g, b] for r in (0, 0.5, 1) for g in (0, 0.5, 1) for b in (0, 0.5, 1)]

fixtures = {
    "gaussian": [
        gaussian(5, 7, 3, 0.9, 4, "nearest"),
        gaussian(6, 4, 1, 2.5, 3, "nearest"),
        gaussian(5, 4, 2, 2.5, 3, "reflect"),
        gaussian(4, 6, 1, 0.1, 4, "reflect"),
    ],
    # No center on the edge of two boxes, where Pillow 5.0.0 and 13.0.0 differ.
    "box": [
        box(7, 9, 5, 5), box(5, 4, 7, 9), box(6, 6, 3, 2), box(2, 3, 3, 5), box(4, 5, 1, 1),
    ],
    "correlation": [
        correlation(5, 6, 3, 1, "mirror"), correlation(4, 5, 1, 3, "mirror"),
        correlation(4, 3, 2, 2, "nearest"),
    ],
    "hsv": [{"rgb": color, "hsv": colorsys.rgb_to_hsv(*color)} for color in colors],
}
# Centers on the edge of two boxes, as Pillow has them since 7.0.0.
fixtures["box"] += [box(6, 9, 4, 6), box(4, 4, 10, 10), box(16, 5, 40, 12), box(6, 10, 4, 4)]
Path(__file__).with_suffix(".json").write_text(json.dumps(fixtures) + "\n")
