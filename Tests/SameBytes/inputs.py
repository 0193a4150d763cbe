"""Small inputs for the commands, the same bytes each time: images, data sets, predictions, recipes."""
import random
import re
import struct
import zipfile
import zlib
from pathlib import Path

CONFIGURATIONS = Path(__file__).resolve().parents[2] / "config"
DEMO_RECIPE = CONFIGURATIONS / "digits/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1.yaml"


# Data sets

def cifar_records(folder, label_bytes=1):
    """The records of CIFAR's binary files in `folder`: those for training, those for testing."""
    def read(names):
        content = b"".join((folder / name).read_bytes() for name in names)
        size = label_bytes + 3072
        return [content[start:start + size] for start in range(0, len(content), size)]
    return read([f"data_batch_{n}.bin" for n in range(1, 6)]), read(["test_batch.bin"])


def write_cifar10(folder, train, test):
    """CIFAR-10's binary form; the records are spread evenly over the five files."""
    folder.mkdir(parents=True)
    for n in range(5):
        part = train[len(train) * n // 5:len(train) * (n + 1) // 5]
        (folder / f"data_batch_{n + 1}.bin").write_bytes(b"".join(part))
    (folder / "test_batch.bin").write_bytes(b"".join(test))
    (folder / "batches.meta.txt").write_text("".join(f"{n}\n" for n in range(10)))


def write_cifar100(folder, train, test):
    """CIFAR-100's binary form: a coarse label, then a fine one; here the digit, and one of its ten classes."""
    folder.mkdir(parents=True)
    for name, records in [("train.bin", train), ("test.bin", test)]:
        (folder / name).write_bytes(b"".join(
            bytes([record[0], 10 * record[0] + n % 10]) + record[1:] for n, record in enumerate(records)))


def write_tiny_imagenet(folder):
    """Tiny-ImageNet-200 as published, with one image of each class for training and for validation, in PNG files."""
    names = [f"n{n:08}" for n in range(200)]
    (folder / "val/images").mkdir(parents=True)
    (folder / "wnids.txt").write_text("\n".join(names))
    for n, name in enumerate(names):
        images = folder / f"train/{name}/images"
        images.mkdir(parents=True)
        (images / f"{name}_0.png").write_bytes(png(64, 64, seed=n))
    lines = []
    for n in range(200):
        (folder / f"val/images/val_{n}.png").write_bytes(png(64, 64, seed=1000 + n))
        lines.append(f"val_{n}.png\t{names[7 * n % 200]}\t0\t0\t62\t62\n")
    (folder / "val/val_annotations.txt").write_text("".join(lines))


# Images

def png(height, width, seed):
    """A picture of smooth colors with noise, as a PNG file without compression."""
    draw = random.Random(seed)
    slopes = [(draw.random() * 3, draw.random() * 3, draw.random() * 200) for _ in range(3)]
    noise = draw.getrandbits(8 * height * width).to_bytes(height * width, "little")
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            grain = noise[y * width + x] % 16
            rows.extend(int(a * y + b * x + c + grain) % 256 for a, b, c in slopes)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored(bytes(rows))) + chunk(b"IEND", b"")


def stored(content):
    """A zlib stream of stored blocks: the same bytes with every version of zlib."""
    blocks = [content[start:start + 65535] for start in range(0, len(content), 65535)]
    stream = b"\x78\x01"
    for n, block in enumerate(blocks):
        stream += struct.pack("<BHH", n == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
    return stream + struct.pack(">I", zlib.adler32(content))


# Predictions

def labels(count, class_count, seed):
    draw = random.Random(seed)
    return [int(draw.random() * class_count) for _ in range(count)]


def logits(of_labels, class_count, seed, strength=2.0):
    """Rows of logits in [-1, 1), with `strength` times a random number in [0, 1) added for the label."""
    draw = random.Random(seed)
    rows = [[2 * draw.random() - 1 for _ in range(class_count)] for _ in of_labels]
    for row, label in zip(rows, of_labels):
        row[label] += strength * draw.random()
    return rows


def probabilities(rows):
    """Positive rows that sum to 1, by +, * and / alone, so that no version of a library matters."""
    squares = [[(1.5 + value) ** 2 + 0.01 for value in row] for row in rows]
    return [[value / sum(row) for value in row] for row in squares]


def npy(values, shape, type_code, letter):
    """A NumPy file of format 1.0; `letter` is the type for `struct`, such as `<f4` and `f`."""
    text = f"{{'descr': '{type_code}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
            + struct.pack(f"<{len(values)}{letter}", *values))


def npy_of_rows(rows, type_code="<f4", letter="f"):
    return npy([value for row in rows for value in row], [len(rows), len(rows[0])], type_code, letter)


def npy_of_members(members):
    """[N, M, K] from M lists of rows."""
    values = [value for rows in zip(*members) for row in rows for value in row]
    return npy(values, [len(members[0]), len(members), len(members[0][0])], "<f4", "f")


def npy_of_labels(values):
    return npy(values, [len(values)], "<i8", "q")


def csv(rows):
    return "".join(",".join(repr(value) for value in row) + "\n" for row in rows).encode()


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content)


# Recipes

def write_recipe(path, source=DEMO_RECIPE, changes=None, replacements=()):
    """`source` cut down to a network and a training of seconds.

    `changes` are values by their keys, wherever these stand; `replacements` are pairs of texts.
    """
    small = {"nb_epochs": 1, "widen_factor": 1, "batch_size": 16, "warmup_period": 4}
    text = Path(source).read_text()
    for key, value in {**small, **(changes or {})}.items():
        text, count = re.subn(rf"(?m)^( *(?:- )?{re.escape(key)}:).*$", rf"\g<1> {value}", text)
        assert count, f"{source}: no {key}"
    for old, new in replacements:
        assert old in text, f"{source}: no {old!r}"
        text = text.replace(old, new)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def between(path, start, end):
    """The text of a file from `start` on, up to `end`."""
    text = Path(path).read_text()
    return text[text.index(start):text.index(end)]


def copy_suite(path, replacements):
    """The corruptions of CIFAR with some texts replaced."""
    text = (CONFIGURATIONS.parent / "corruptions/cifar.yaml").read_text()
    for old, new in replacements:
        assert old in text, f"no {old!r} in the suite"
        text = text.replace(old, new)
    path.write_text(text)

