"""Writes gray_snow.json: snow of gray pictures, where the order in which the gray value is summed is seen.

Usage: gray_snow.py Tests/CorruptionsTests/Fixtures/gray_snow.json. Made with Python 3.11, numpy 2.4.6.

It follows the published rule in numpy with the test generator of the reference vectors, blue first, and
makes sure that it gives the published results for the test image of 64 pixels and the ramp of 224 before it
writes those of 32 and 64.
"""
import json
import math
import sys
import zlib

import numpy as np

# Mean, deviation, zoom, threshold, blur radius, blur deviation and kept weight at each severity.
SUITES = {
    32: [(0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
         (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8)],
    64: [(0.1, 0.2, 1, 0.6, 8, 3, 0.8), (0.1, 0.2, 1, 0.5, 10, 4, 0.8), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.7),
         (0.25, 0.3, 2.25, 0.6, 12, 6, 0.65), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.6)],
    224: [(0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
          (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55)],
}
PUBLISHED_TEST_IMAGE_64 = "6d332587 6a1ee764 a251bd85 f9c4da68 80f331e9"
PUBLISHED_RAMP_224 = "c891f0ec 3ff1d608 81bd6a59 674d2c6f 94214581"


def uniforms():
    state = 12345
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield (state >> 8) / 2**24


def zoomed(layer, factor):
    side = len(layer)
    crop = math.ceil(side / factor)
    start, enlarged = (side - crop) // 2, round(crop * factor)
    trim = (enlarged - side) // 2
    position = np.arange(trim, trim + side) * ((crop - 1) / (enlarged - 1))
    position = np.minimum(position, crop - 1)
    lower = position.astype(int)
    upper, fraction = start + np.minimum(lower + 1, crop - 1), position - lower
    lower = start + lower
    (fy, fx) = (fraction[:, None], fraction[None, :])
    return (
        layer[np.ix_(lower, lower)] * (1 - fy) * (1 - fx) + layer[np.ix_(lower, upper)] * (1 - fy) * fx
        + layer[np.ix_(upper, lower)] * fy * (1 - fx) + layer[np.ix_(upper, upper)] * fy * fx)


def blurred(layer, radius, sigma, degrees):
    side, angle = len(layer), degrees * math.pi / 180
    taps = np.arange(2 * math.ceil(radius) + 1)
    weights = np.exp(-(taps**2) / (2 * sigma**2))
    weights /= weights.sum()
    result = np.zeros((side, side))
    for tap, weight in zip(taps, weights):
        rows = np.clip(np.arange(side) + math.ceil(tap * math.sin(angle) - 0.5), 0, side - 1)
        columns = np.clip(np.arange(side) + math.ceil(tap * math.cos(angle) - 0.5), 0, side - 1)
        result += weight * layer[np.ix_(rows, columns)]
    return np.floor((np.floor(257 * result + 0.5) + 128) / 257)


def snow(image, parameters, blue_first=True):
    mean, deviation, zoom, threshold, radius, sigma, keep = parameters
    random, side = uniforms(), len(image)

    def normal():
        total = 0.0
        for _ in range(12):
            total += next(random)
        return total - 6

    layer = zoomed(np.array([mean + deviation * normal() for _ in range(side * side)]).reshape(side, side), zoom)
    layer[layer < threshold] = 0
    layer = (np.clip(layer, 0, 1) * 255).astype(np.uint8).astype(float)
    layer = blurred(layer, radius, sigma, -135 + 90 * next(random)) / 255
    unit = (image / 255).astype(np.float32)
    red, green, blue = (unit[:, :, channel] for channel in range(3))
    red, green, blue = np.float32(0.299) * red, np.float32(0.587) * green, np.float32(0.114) * blue
    gray = (blue + green) + red if blue_first else (red + green) + blue
    white = np.maximum(unit, (gray * np.float32(1.5) + np.float32(0.5))[:, :, None])
    mixed = np.float32(keep) * unit + np.float32(1 - keep) * white
    assert mixed.dtype == np.float32
    result = mixed.astype(float) + layer[:, :, None] + layer[::-1, ::-1, None]
    return (np.clip(result, 0, 1) * 255).astype(np.uint8)


def test_image(side):
    y, x, c = np.meshgrid(*map(np.arange, (side, side, 3)), indexing="ij")
    return ((5 * y + 3 * x * (c + 1) + 37 * c + 60 * ((x // 4 + y // 4) % 2)) % 256).astype(np.uint8)


def gray(levels):
    return np.repeat(levels.astype(np.uint8)[:, :, None], 3, axis=2)


def checksums(image, side, **order):
    return [f"{zlib.crc32(snow(image, row, **order).tobytes()):08x}" for row in SUITES[side]]


def main():
    assert " ".join(checksums(test_image(64), 64)) == PUBLISHED_TEST_IMAGE_64
    assert " ".join(checksums(gray(np.tile(np.arange(224), (224, 1))), 224)) == PUBLISHED_RAMP_224
    cases = []
    for side in (32, 64):
        y, x = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        for name, levels in (("column", x), ("every level", (side * y + x) % 256)):
            image = gray(levels)
            crcs = checksums(image, side)
            others = checksums(image, side, blue_first=False)
            print(side, name, [a != b for a, b in zip(crcs, others)])
            cases.append({"side": side, "levels": name, "crcs": [int(crc, 16) for crc in crcs]})
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")


main()
