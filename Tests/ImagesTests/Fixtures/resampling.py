"""Writes resampling.json: what torchvision's Resize and CenterCrop make of random images with Pillow.
Python 3.11, numpy 2.4.6, Pillow 13.0.0, torchvision 0.29.2+cu132."""

import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import transforms

random = np.random.default_rng(3)


def noise(height, width, seed):
    """The image of `noise` in FileFixtures.swift: the low bytes of SplitMix64's words."""
    count = height * width * 3
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    words = state ^ (state >> np.uint64(31))
    return (words & np.uint64(255)).astype(np.uint8).reshape(height, width, 3)


def resized(image, side):
    """Resize(side) in two passes, columns first, as Pillow did it before version 13, which takes the rows
    of pictures that are more than twice as high as wide first."""
    width, height = image.size
    new = (side, side * height // width) if width < height else (side * width // height, side)
    result = image.resize((new[0], height), Image.BILINEAR).resize(new, Image.BILINEAR)
    assert height > 2 * width or result == transforms.Resize(side)(image)
    return result


def case(height, width, resize, crop):
    seed = int(random.integers(0, 1 << 32))
    image = Image.fromarray(noise(height, width, seed))
    if resize:
        image = resized(image, resize)
    if crop:
        image = transforms.CenterCrop(crop)(image)
    result = np.asarray(image)
    return {
        "seed": seed, "height": height, "width": width, "resize": resize, "crop": crop,
        "newHeight": result.shape[0], "newWidth": result.shape[1],
        "sum": int(result.sum(dtype=np.int64)), "crc": zlib.crc32(result.tobytes()),
    }


def size(limit):
    """A length up to the limit, small ones as likely as large ones."""
    return int(np.exp(random.uniform(0, np.log(limit + 1))))


cases = []
while len(cases) < 150:
    height, width, resize = size(700), size(700), size(400)
    crop = int(random.integers(1, resize + 1))
    kind = len(cases) % 5
    if kind == 0:
        crop = None
    elif kind == 1:
        resize, crop = None, int(random.integers(1, min(height, width) + 1))
    # A long strip, enlarged, would be of no use to anybody.
    if resize and resize * max(height, width) > 3000 * min(height, width):
        continue
    cases.append(case(height, width, resize, crop))
# The sizes of common photographs and their common preparations.
for height, width in [(375, 500), (500, 333), (768, 1024), (480, 640), (256, 256), (224, 300)]:
    cases += [case(height, width, resize, crop) for resize, crop in [(256, 224), (232, 224), (72, 64), (32, 32)]]
Path(__file__).with_suffix(".json").write_text(
    "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
