"""Writes pngs.json and jpegs.json: files of every kind, and the pixels that Pillow reads from them;
and written.json: images, and the JPEG files that Pillow writes of them.
Python 3.11, numpy 2.4.6, Pillow 13.0.0 (libjpeg-turbo 3.2.0, libpng 1.6.58)."""

import base64
import io
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

warnings.simplefilter("ignore")
random = np.random.default_rng(7)
files = []

# A PNG's colour types and their channels.
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
         (1, 0, 2, 1)]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(row, depth):
    samples = row.ravel()
    if depth == 16:
        return samples.astype(">u2").tobytes()
    bits = np.unpackbits(samples.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
    return np.packbits(bits.ravel()).tobytes()


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(samples, depth):
    """The rows of one pass, each with a random filter."""
    step = max(1, depth * samples.shape[2] // 8)
    above, output = None, b""
    for row in samples:
        bytes_ = packed(row, depth)
        above = above or bytes(len(bytes_))
        kind = int(random.integers(0, 5))
        output += bytes([kind])
        for i, x in enumerate(bytes_):
            a = bytes_[i - step] if i >= step else 0
            c = above[i - step] if i >= step else 0
            b = above[i]
            output += bytes([(x - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) % 256])
        above = bytes_
    return output


def png(samples, color, depth, interlaced=False, before=b"", pieces=1):
    height, width, _ = samples.shape
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    parts = [samples[y::dy, x::dx] for y, x, dy, dx in passes]
    data = zlib.compress(b"".join(filtered(p, depth) for p in parts if p.size))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    cuts = np.linspace(0, len(data), pieces + 1).astype(int)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
            + b"".join(chunk(b"IDAT", data[a:b]) for a, b in zip(cuts, cuts[1:]))
            + chunk(b"IEND", b""))


def encoded(data):
    return base64.b64encode(data).decode()


def add(name, file, pixels=None):
    """A file, and the pixels that Pillow reads from it or those given."""
    if pixels is None:
        pixels = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    files.append({
        "name": name, "width": pixels.shape[1], "height": pixels.shape[0],
        "file": encoded(file), "pixels": encoded(pixels.astype(np.uint8).tobytes())})


def add_png(color, depth, interlaced, height=7, width=9):
    samples = random.integers(0, 1 << depth, (height, width, CHANNELS[color]))
    name = f"PNG colour type {color}, {depth} bits" + (", interlaced" if interlaced else "")
    before, pixels = b"", None
    if color == PALETTE:
        before = chunk(b"PLTE", random.integers(0, 256, 3 << depth, dtype=np.uint8).tobytes())
    if (color, depth) == (GREY, 16):
        # Pillow clips at 255; the high byte, as it takes for every other kind of 16 bits.
        pixels = np.repeat(samples >> 8, 3, axis=2)
    add(name, png(samples, color, depth, interlaced, before), pixels)


def add_pngs():
    depths = {GREY: [1, 2, 4, 8, 16], PALETTE: [1, 2, 4, 8]}
    for color in CHANNELS:
        for depth in depths.get(color, [8, 16]):
            for interlaced in [False, True]:
                add_png(color, depth, interlaced)
    add_png(RGB, 8, True, 1, 1)
    add_png(GREY, 1, True, 3, 2)

    palette = chunk(b"PLTE", random.integers(0, 256, 12, dtype=np.uint8).tobytes())
    grey, indices = random.integers(0, 256, (5, 6, 1)), random.integers(0, 4, (5, 6, 1))
    color = random.integers(0, 256, (5, 6, 3))
    add("PNG palette, transparent colours",
        png(indices, PALETTE, 8, before=palette + chunk(b"tRNS", b"\x00\x80\xff")))
    add("PNG palette, transparent colour, 2 bits, interlaced",
        png(indices, PALETTE, 2, True, before=palette + chunk(b"tRNS", b"\xff\x00")))
    add("PNG grey, a transparent value",
        png(grey, GREY, 8, before=chunk(b"tRNS", struct.pack(">H", int(grey[0, 0, 0])))))
    add("PNG grey, a transparent value, 4 bits",
        png(grey >> 4, GREY, 4, before=chunk(b"tRNS", b"\x00\x07")))
    add("PNG colour, a transparent value",
        png(color, RGB, 8, before=chunk(b"tRNS", struct.pack(">3H", *color[2, 2].tolist()))))
    add("PNG colour, a transparent value, 16 bits",
        png(color * 257, RGB, 16, before=chunk(b"tRNS", b"\x00\x01\x00\x02\x00\x03")))
    add("PNG colour, a suggested palette", png(color, RGB, 8, before=palette))
    add("PNG gamma, significant bits, text and time",
        png(color, RGB, 8, before=chunk(b"gAMA", struct.pack(">I", 100000))
            + chunk(b"sBIT", b"\x05\x06\x05") + chunk(b"tEXt", b"Title\x00none")
            + chunk(b"tIME", b"\x07\xea\x01\x01\x00\x00\x00")))
    add("PNG in five pieces", png(color, RGB, 8, pieces=5))
    for mode in ["1", "L", "LA", "P", "RGB", "RGBA"]:
        add(f"PNG by Pillow, {mode}", saved(photograph(6, 11).convert(mode), "PNG"))


def photograph(height, width):
    """Smooth colours with some noise."""
    noise = Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
    smooth = np.asarray(noise.filter(ImageFilter.GaussianBlur(2))).astype(float)
    smooth = (smooth - 128) * 3 + 128 + random.normal(0, 8, smooth.shape)
    return Image.fromarray(smooth.clip(0, 255).astype(np.uint8))


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(image, **options):
    return saved(image, "JPEG", **options)


def patched(file, old, new):
    assert file.count(old) == 1
    return file.replace(old, new)


def as_440(file, height, width):
    """A 4:2:2 file read as 4:4:0: two blocks of luma side by side, or one above the other."""
    file = patched(file, struct.pack(">HHB", height, width, 3) + b"\x01\x21",
                   struct.pack(">HHB", width, height, 3) + b"\x01\x12")
    return file


def as_411(file, height, width):
    """A 4:2:0 file read as 4:1:1: four blocks of luma in a square, or in a row."""
    return patched(file, struct.pack(">HHB", height, width, 3) + b"\x01\x22",
                   struct.pack(">HHB", height // 2, width * 2, 3) + b"\x01\x41")


def inked(height, width):
    ink = np.concatenate([np.asarray(photograph(height, width)),
                          np.asarray(photograph(height, width))[:, :, :1]], axis=2)
    return Image.fromarray(ink, "CMYK")


def add_jpegs():
    grey = photograph(12, 19).convert("L")
    add("JPEG grey", jpeg(grey))
    add("JPEG grey, progressive", jpeg(grey, progressive=True))
    for subsampling, name in enumerate(["4:4:4", "4:2:2", "4:2:0"]):
        for height, width in [(16, 24), (13, 21), (1, 1), (9, 2)]:
            add(f"JPEG {name}, {height}×{width}",
                jpeg(photograph(height, width), subsampling=subsampling))
        add(f"JPEG {name}, progressive",
            jpeg(photograph(17, 15), subsampling=subsampling, progressive=True))
        add(f"JPEG {name}, restart markers",
            jpeg(photograph(18, 33), subsampling=subsampling, restart_marker_blocks=1))
    add("JPEG 4:4:0", as_440(jpeg(photograph(16, 32), subsampling=1), 16, 32))
    add("JPEG 4:1:1", as_411(jpeg(photograph(32, 16), subsampling=2), 32, 16))
    add("JPEG progressive, restart markers",
        jpeg(photograph(18, 20), progressive=True, restart_marker_rows=1))
    for quality in [1, 10, 95, 100]:
        add(f"JPEG quality {quality}", jpeg(photograph(20, 23), quality=quality))
    add("JPEG optimised", jpeg(photograph(20, 23), optimize=True))
    add("JPEG comment and EXIF orientation",
        jpeg(photograph(9, 20), comment=b"none", exif=orientation()))
    add("JPEG stored as RGB", jpeg(photograph(11, 17), keep_rgb=True))
    cmyk = jpeg(inked(10, 19), quality=90)
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
    add("JPEG CMYK, Adobe", cmyk)
    add("JPEG CMYK, progressive", jpeg(inked(9, 12), progressive=True))
    add("JPEG CMYK without Adobe's marker", patched(cmyk, adobe + b"\x00", b""))
    add("JPEG YCCK, Adobe", patched(cmyk, adobe + b"\x00", adobe + b"\x02"))


def orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def written():
    for height, width, quality, optimize in [
            (16, 32, 85, False), (13, 19, 85, False), (24, 24, 10, False), (15, 8, 100, False),
            (40, 56, 85, True), (13, 19, 85, True), (24, 24, 10, True), (15, 8, 100, True),
            (1, 1, 85, True)]:
        image = photograph(height, width)
        yield {"width": width, "height": height, "quality": quality, "optimize": optimize,
               "pixels": encoded(image.tobytes()),
               "file": encoded(jpeg(image, quality=quality, optimize=optimize))}


def write(name, values):
    Path(__file__).with_name(name).write_text(json.dumps(values, indent=0) + "\n")


add_pngs()
write("pngs.json", files)
files.clear()
add_jpegs()
write("jpegs.json", files)
write("written.json", list(written()))
