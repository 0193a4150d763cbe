"""Writes published.npz: what the published corruptions make of crops of the photographs.

Usage: published_corruptions.py SOURCES Tests/Fixtures/photographs Tests/CorruptionsTests/Fixtures

SOURCES is a folder with your own copies of make_cifar_c.py and make_tinyimagenet_c.py from
ImageNet-C/create_c of hendrycks/robustness, whose functions are run as they are. Made with
Python 3.7.16, NumPy 1.14.6, SciPy 1.1.0, scikit-image 0.14.0, opencv-python 3.4.2.17,
Pillow 9.5.0, Wand 0.4.4 and ImageMagick 6.9.11-60.
"""
import ast
import os
import pathlib
import sys
import tempfile
import zlib

import cv2
import numpy as np
from PIL import Image

SOURCES = {32: "make_cifar_c.py", 64: "make_tinyimagenet_c.py"}
DETERMINISTIC = [
    "defocus_blur", "gaussian_blur", "zoom_blur", "brightness", "contrast", "pixelate",
    "jpeg_compression", "saturate",
]
RANDOM = [
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "glass_blur", "motion_blur",
    "snow", "frost", "fog", "elastic_transform", "spatter",
]
CROPS = 200
# How many of them are compared byte for byte.
COMPARED = 50


def published_functions(path):
    """The functions of a published file and what they need, without its work on data sets."""
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if is_needed(node)]
    names = {}
    exec(compile(tree, str(path), "exec"), names)
    names["MotionImage"].make_blob = rounded_blob
    return names


def is_needed(node):
    if isinstance(node, ast.Import):
        return node.names[0].name.split(".")[0] not in ("torch", "torchvision")
    if isinstance(node, ast.ClassDef):
        return node.name == "MotionImage"
    # The one assignment to an attribute is the signature of a C function.
    is_signature = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)
    return is_signature or isinstance(node, (ast.ImportFrom, ast.FunctionDef))


def rounded_blob(image):
    """A PNG file in 8 bits, rounded from 16 as ImageMagick did until October 2019.

    Later versions cut off, which is half a level darker. The PNG encoder itself turns to 8 bits
    where these lose nothing.
    """
    image.depth = 16
    file = super(type(image), image).make_blob()
    levels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    if levels.dtype == np.uint16:
        levels = ((levels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return cv2.imencode(".png", levels)[1].tobytes()


def write_frost_textures(folder):
    """The specification's test texture in place of each of the five pictures that are read."""
    y, x, channel = np.mgrid[0:350, 0:527, 0:3]
    texture = ((3 * y + 2 * x * (channel + 1) + 5 * (x * y % 17)) % 256).astype(np.uint8)
    file = cv2.imencode(".png", texture[..., ::-1])[1].tobytes()
    for name in ["frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg"]:
        pathlib.Path(folder, name).write_bytes(file)


def crops(photographs, side):
    """Squares of the photographs in turn; `Tests/CorruptionsTests/Photographs.swift` cuts the same."""
    for index in range(CROPS):
        photograph = photographs[index % len(photographs)]
        rows, columns = photograph.height - side + 1, photograph.width - side + 1
        top, left = divmod(7919 * (index // len(photographs)) % (rows * columns), columns)
        yield photograph.crop((left, top, left + side, top + side))


def statistics(image, clean):
    """Mean and standard deviation of the bytes and PSNR in dB, in 256ths."""
    levels = image.astype(np.float64)
    # An unchanged image counts as one with a single byte off by one.
    error = max(((levels - clean) ** 2).mean(), 1 / levels.size)
    values = [levels.mean(), levels.std(), 10 * np.log10(255 ** 2 / error)]
    return np.rint(256 * np.array(values)).astype(np.uint16)


def main():
    sources, photographs, fixtures = map(pathlib.Path, map(os.path.abspath, sys.argv[1:]))
    pictures = [Image.open(path).convert("RGB") for path in sorted(photographs.glob("*.png"))]
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        write_frost_textures(folder)
        os.chdir(folder)
        for side, file in SOURCES.items():
            functions = published_functions(sources / file)
            images = list(crops(pictures, side))
            for name in DETERMINISTIC:
                result[f"{name}_{side}"] = checksums(functions[name], images[:COMPARED])
            for number, name in enumerate(RANDOM):
                result[f"{name}_{side}"] = samples(number, functions[name], images, side)
    np.savez_compressed(fixtures / "published.npz", **result)


def checksums(function, images):
    """The CRC-32 of the bytes of every corrupted crop, [severity, crop]."""
    rows = []
    for severity in range(1, 6):
        rows.append([zlib.crc32(np.uint8(function(image, severity)).tobytes()) for image in images])
    return np.array(rows, np.uint32)


def samples(number, function, images, side):
    """The three statistics of every crop, [severity, statistic, crop]."""
    result = np.zeros((5, 3, len(images)), np.uint16)
    for severity in range(1, 6):
        for index, image in enumerate(images):
            np.random.seed([side, number, severity, index])
            corrupted = np.uint8(function(image, severity))
            result[severity - 1, :, index] = statistics(corrupted, np.array(image))
    return result


main()
