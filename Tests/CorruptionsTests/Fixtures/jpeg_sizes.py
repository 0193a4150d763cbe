"""Writes jpeg_sizes.json: checksums of the test image after a JPEG round trip at sizes of no whole blocks.

Usage: jpeg_sizes.py Tests/CorruptionsTests/Fixtures/jpeg_sizes.json. Made with Python 3.11, numpy 2.4.6,
Pillow 13.0.0 with libjpeg-turbo 3.2.0.
"""
import io
import json
import sys
import zlib

import numpy as np
from PIL import Image, features

# Height and width; a color plane of up to two columns is doubled without interpolation.
SIZES = [
    (1, 1), (2, 2), (2, 5), (3, 4), (4, 3), (5, 2), (7, 6), (8, 8), (9, 17), (16, 15), (17, 16), (31, 33),
    (37, 53), (40, 40), (111, 98), (161, 251), (203, 217),
]
QUALITIES = [85, 25, 7]


def picture(height, width):
    y, x, c = np.meshgrid(*map(np.arange, (height, width, 3)), indexing="ij")
    return ((5 * y + 3 * x * (c + 1) + 37 * c + 60 * ((x // 4 + y // 4) % 2)) % 256).astype(np.uint8)


def round_trip(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def main():
    assert features.check("libjpeg_turbo")
    cases = [
        {
            "height": height, "width": width, "quality": quality,
            "crc": zlib.crc32(round_trip(picture(height, width), quality).tobytes()),
        }
        for height, width in SIZES for quality in QUALITIES
    ]
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file)
        file.write("\n")


main()
