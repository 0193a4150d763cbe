"""Writes random-neighbors.zip: checkpoints with random objects beside the weights, or around them, one
after another in one member, and random-neighbors.json: for each its form, its size in bytes, and whether
torch.load opens it with weights_only=True.

Made with Python 3.11, PyTorch 2.15.0. With a folder as argument it writes other files there, one by one,
from the seed that follows it: `make_random_neighbors.py FOLDER SEED COUNT`.
"""
import collections
import io
import json
import pathlib
import random
import sys
import warnings
import zipfile

import torch
from make_neighbors import opens

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent

DTYPES = (
    "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool uint16 uint32 uint64 complex32 "
    "complex64 complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu"
).split()
QUANTIZED = [torch.qint8, torch.quint8, torch.qint32]
FORMS = ["zip", "legacy", "deflated", "followed", "legacy-followed", "without-checksums", "protocol-3"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        torch.manual_seed(seed)
        self.made = []

    def pick(self, *choices):
        return self.random.choice(choices)

    def count(self, most=4):
        return self.random.randrange(most)

    # Values

    def text(self):
        return self.pick(
            "", "a", "naïve", "x" * 300, "a.b", "new\nline", "\udc80", "a\ud800b", "\U0001f600", "\0",
            "state_dict", "k" * 1500,
        )

    def number(self):
        exponent = self.random.randrange(1, 200)
        return self.pick(
            0, -1, 255, 256, 65536, 2**31, -(2**31) - 1, 2**63, -(2**63), 2**exponent, -(2**exponent) - 1,
            0.5, float("nan"), float("-inf"), True, False, None, 1j,
        )

    def atom(self):
        kind = self.random.randrange(7)
        if kind == 0:
            return self.text()
        if kind == 1:
            return self.pick(b"", b"ab", b"\xff\0", b"z" * 1000, bytearray(b"q"), bytearray())
        if kind == 2:
            return self.pick(
                torch.float32, torch.bfloat16, torch.uint16, torch.device("cpu"), torch.Size([2, 3]),
                torch.device("cuda:1"), torch.per_tensor_affine, torch.device("meta"),
            )
        return self.number()

    def tensor(self):
        kind = self.random.randrange(14)
        dtype = getattr(torch, self.random.choice(DTYPES))
        shape = [self.random.randrange(4) for _ in range(self.count())]
        plain = torch.ones(shape).to(dtype)
        if kind == 0:
            return torch.ones(1).to(dtype).expand(self.pick(3, 2000, 2**20 + 1), self.pick(2, 1000))
        if kind == 1:
            return torch.eye(3).to_sparse()
        if kind == 2:
            return torch.eye(3).to_sparse_csr()
        if kind == 3:
            kinds = self.random.choice(QUANTIZED)
            return torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, kinds)
        if kind == 4:
            return torch.ones(shape, device="meta")
        if kind == 5:
            return torch.nn.Parameter(torch.ones(shape), requires_grad=self.pick(True, False))
        if kind == 6:
            return torch.arange(24.0).reshape(2, 3, 4).transpose(0, self.pick(1, 2))
        if kind == 7:
            return torch.arange(24)[self.count(5) :: 2]
        if kind == 8:
            tagged = torch.ones(2)
            tagged.tag = self.atom()
            return tagged
        if kind == 9:
            base = torch.zeros(0)
            return [base, base.view(torch.int32), base.view(torch.float16)]
        if kind == 10:
            return self.pick(torch.tensor([1 + 2j]).conj(), torch.tensor([1 + 2j]).conj().imag)
        if kind == 11:
            return torch.arange(6.0).as_strided((3, 3), (1, 1))
        return plain

    def key(self):
        return self.pick(
            "a", "b", "a.b", "", 0, 1, -3, 2**70, 1.5, True, None, (1, "a"), (), ((0,),), b"a", b"\xff",
            "\udc80", "k" * 1500, "loss", "optimizer", "0", torch.float32, torch.Size([1]), 1j,
        )

    def deep(self, levels):
        value = self.atom()
        for _ in range(levels):
            value = self.pick([value], (value,), {"a": value}, [value, 1])
        return value

    def large(self):
        return self.pick(
            [True] * 600_000, [0.5] * 300_000, [300] * 270_000, [[]] * 280_000, ["ab"] * 280_000,
            (7,) * 500_000, [(1, None)] * 280_000,
        )

    def shared(self):
        base = self.value(3)
        return self.pick([base] * 40, {"a": base, "b": [base, (base,)]}, [[base] * 20] * 20)

    def value(self, depth=0):
        kind = self.random.randrange(16 if depth < 3 else 6)
        if kind < 3:
            return self.atom()
        if kind < 6:
            return self.tensor()
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.count())]
        if kind == 8:
            return tuple(self.value(depth + 1) for _ in range(self.count(6)))
        if kind < 12:
            items = {self.key(): self.value(depth + 1) for _ in range(self.count())}
            return self.pick(dict, collections.OrderedDict)(items)
        if kind == 12:
            return collections.Counter(self.pick("a", "bb", "") + "ab")
        if kind == 13:
            return {1, "a", None}
        if kind == 14:
            return self.deep(self.pick(5, 99, 101, 120, 249, 251, 300))
        return self.shared()

    # Files

    def weights(self):
        prefix = self.pick("", "", "", "module.", "_orig_mod.", "net.module.", "model.")
        items = [
            ("weight", torch.tensor([[1.0, 2.0], [3.0, 4.0]])), ("bias", torch.tensor([5.0, 6.0])),
        ]
        self.random.shuffle(items)
        return self.pick(dict, collections.OrderedDict)((prefix + name, value) for name, value in items)

    def content(self):
        value = self.weights()
        for _ in range(self.random.randrange(1, 4)):
            neighbors = [self.value() for _ in range(self.count(3))]
            if self.random.random() < 0.05:
                neighbors.append(self.large())
            if self.random.random() < 0.25:
                value = neighbors + [value] if self.random.random() < 0.5 else (value, *neighbors)
                continue
            items = [(self.key(), neighbor) for neighbor in neighbors]
            own = self.pick("state_dict", "model", "net", "ema.net", 0, None, ("best", 1), "loss", 2.5)
            items = [item for item in items if item[0] != own] + [(own, value)]
            self.random.shuffle(items)
            value = dict(items)
        return value

    def file(self):
        form = self.random.choice(FORMS)
        data = io.BytesIO()
        options = {"_use_new_zipfile_serialization": not form.startswith("legacy")}
        if form == "protocol-3":
            options["pickle_protocol"] = 3
        torch.serialization.set_crc32_options(form != "without-checksums")
        torch.save(self.content(), data, **options)
        torch.serialization.set_crc32_options(True)
        content = data.getvalue()
        if form.endswith("followed"):
            content += self.pick(b"\0", b"x") * self.random.randrange(1, 5000)
        if form == "deflated":
            content = deflated(content)
        return form, content


def deflated(content):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        with zipfile.ZipFile(io.BytesIO(content)) as original:
            for member in original.infolist():
                archive.writestr(zipfile.ZipInfo(member.filename), original.read(member), 8)
    return data.getvalue()


def files(seeds):
    for seed in seeds:
        try:
            form, data = Maker(seed).file()
        except Exception as error:
            print(f"seed {seed}: {type(error).__name__}: {error}"[:160])
            continue
        yield {"seed": seed, "form": form, "size": len(data), "weights_only": opens(data)}, data


def main():
    if len(sys.argv) > 1:
        folder, first, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        folder.mkdir(parents=True, exist_ok=True)
        for row, data in files(range(first, first + count)):
            kind = "open" if row["weights_only"] else "shut"
            (folder / f"{row['seed']}-{row['form']}-{kind}.pt").write_bytes(data)
        return
    made = list(files(range(340)))
    with zipfile.ZipFile(FOLDER / "random-neighbors.zip", "w") as archive:
        content = b"".join(data for _, data in made)
        archive.writestr(zipfile.ZipInfo("files"), content, zipfile.ZIP_DEFLATED, 9)
    rows = ",\n".join("  " + json.dumps(row) for row, _ in made)
    (FOLDER / "random-neighbors.json").write_text(f"[\n{rows}\n]\n")
    print(len(made), "files,", sum(row["weights_only"] for row, _ in made), "open,", len(content), "bytes")


main()
