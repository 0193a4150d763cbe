"""AugMix's operations on two images. Python 3.11, Pillow 13.0.0.

Run in this folder: python augmix.py; writes augmix.u8, bytes [2, 10, 2, 24, 32, 3]: images, operations
in the order below, positive and negative direction.
"""
import numpy as np
from PIL import Image, ImageOps

row, column, channel = np.indices((24, 32, 3))
full = (row * 7 + column * 13 + channel * 29 + row * column) % 256
dull = 90 + full % (7 + 9 * channel)


def affine(image, *coefficients):
    return image.transform(image.size, Image.Transform.AFFINE, coefficients)


level = 3 / 30
operations = [
    lambda image, sign: image,
    lambda image, sign: ImageOps.equalize(image),
    lambda image, sign: ImageOps.posterize(image, int(level * (8 - 4) + 4)),
    lambda image, sign: image.rotate(sign * level * 30),
    lambda image, sign: ImageOps.solarize(image, level * 256),
    lambda image, sign: affine(image, 1, sign * level * 0.3, 0, 0, 1, 0),
    lambda image, sign: affine(image, 1, 0, 0, sign * level * 0.3, 1, 0),
    lambda image, sign: affine(image, 1, 0, sign * level * 0.45 * image.size[0], 0, 1, 0),
    lambda image, sign: affine(image, 1, 0, 0, 0, 1, sign * level * 0.45 * image.size[1]),
    lambda image, sign: ImageOps.invert(image),
]
images = [Image.fromarray(array.astype(np.uint8)) for array in (full, dull)]
results = [[[np.asarray(f(image, sign)) for sign in (1, -1)] for f in operations] for image in images]
np.array(results, dtype=np.uint8).tofile("augmix.u8")
