"""Writes the photographs of 224 pixels: scikit-image's, prepared as ImageNet-C's clean images are, by
Resize(256) and CenterCrop(224).

Usage: make_photographs_224.py Tests/Fixtures/photographs. Made with Python 3.11.7, scikit-image 0.26.0,
Pillow 13.0.0.
"""
import pathlib
import sys

import skimage.data
from PIL import Image

FILES = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "rocket": "rocket.jpg",
}


def main():
    for name, file in FILES.items():
        photograph = Image.open(pathlib.Path(skimage.data.data_dir) / file).convert("RGB")
        short = min(photograph.size)
        resized = photograph.resize(tuple(256 * side // short for side in photograph.size), Image.BILINEAR)
        left, top = (round((side - 224) / 2) for side in resized.size)
        square = resized.crop((left, top, left + 224, top + 224))
        # A file of JPEG is a fifth of one of PNG; ImageNet's pictures are such files too.
        square.save(pathlib.Path(sys.argv[1]) / (name + "-224.jpg"), quality=90)


main()
