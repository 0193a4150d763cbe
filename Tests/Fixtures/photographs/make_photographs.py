"""Writes the photographs: pieces of scikit-image's sample photographs, shrunk to a quarter.

Usage: make_photographs.py Tests/Fixtures/photographs. Made with Python 3.7, scikit-image 0.14.0,
Pillow 9.5.0.
"""
import pathlib
import sys

import skimage.data
from PIL import Image

# The file of scikit-image and the piece of it: left, top, right, bottom.
PIECES = {
    "astronaut": ("astronaut.png", (0, 0, 512, 512)),
    "chelsea": ("chelsea.png", (0, 0, 448, 300)),
    "coffee": ("coffee.png", (0, 0, 600, 400)),
    "hubble": ("hubble_deep_field.jpg", (0, 0, 512, 512)),
    "rocket": ("rocket.jpg", (160, 103, 484, 427)),
}


def main():
    for name, (file, (left, top, right, bottom)) in PIECES.items():
        path = pathlib.Path(skimage.data.data_dir) / file
        piece = Image.open(path).convert("RGB").crop((left, top, right, bottom))
        small = piece.resize(((right - left) // 4, (bottom - top) // 4), Image.LANCZOS)
        small.save(pathlib.Path(sys.argv[1]) / (name + ".png"), optimize=True)


main()
