"""Writes neighbors.zip: checkpoints with one object of each kind beside the weights, in PyTorch's zip
format and in its older one, one after another in one member, and neighbors.json: their sizes in bytes,
and which of them torch.load opens with weights_only=True.

Made with Python 3.11, PyTorch 2.15.0, NumPy 2.4.6.
"""
import argparse
import collections
import copyreg
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import json
import operator
import pathlib
import random
import re
import sys
import types
import uuid
import warnings
import zipfile

import numpy as np
import torch

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent


def class_in(module, name, **attributes):
    """A class of a module that is not installed."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:count]), types.ModuleType(parts[count - 1]))
    home = sys.modules[module]
    made = type(name, (), {"__module__": module, **attributes})
    setattr(home, name, made)
    return made


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 2


@dataclasses.dataclass
class Settings:
    rate: float = 0.1
    names: list = dataclasses.field(default_factory=lambda: ["a"])


Point = collections.namedtuple("Point", "x y")


class Slots:
    __slots__ = ("a",)


class Outer:
    class Inner:
        pass


class Words(dict):
    pass


class Numbers(list):
    pass


class Name(str):
    pass


class Registered:
    pass


class Marked(torch.Tensor):
    pass


class Halving:
    def __call__(self, epoch):
        return 0.5**epoch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 1)
        self.bn = torch.nn.BatchNorm2d(2)
        self.parent = [self]


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def with_attribute(value, **attributes):
    for name, attribute in attributes.items():
        setattr(value, name, attribute)
    return value


def self_containing(container):
    container.append(container) if isinstance(container, list) else container.update(own=container)
    return container


def optimizer(kind=torch.optim.SGD, **options):
    layer = torch.nn.Linear(2, 1)
    made = kind(layer.parameters(), lr=0.1, **options)
    layer(torch.ones(1, 2)).sum().backward()
    made.step()
    return made


def scheduler(kind, *arguments, **options):
    return kind(optimizer(momentum=0.9), *arguments, **options)


def averaged():
    model = torch.optim.swa_utils.AveragedModel(torch.nn.Linear(2, 1))
    model.update_parameters(torch.nn.Linear(2, 1))
    return model


def imaginary():
    return torch.imag(torch.tensor([1 + 2j]).conj())


def plain():
    yield "none", None
    yield "bool", True
    yield "int", -5
    yield "int-64", -(2**63)
    yield "int-seed", 2**64 - 5
    yield "int-128", 2**127 + 1
    yield "int-negative", -(2**100)
    yield "int-1000", 1 << 1000
    yield "int-4000", 1 << 4000
    yield "float", [0.5, float("nan"), float("inf")]
    yield "complex", 1j
    yield "str", ["naïve", "x" * 300]
    yield "bytes", b"\x00\xff"
    yield "bytes-empty", b""
    yield "bytearray", bytearray(b"ab")
    yield "bytearray-empty", bytearray()
    yield "tuple", (1, (2, (3,)), 4, 5)
    yield "list-cycle", self_containing([1])
    yield "dict-cycle", self_containing({"a": 1})
    yield "set", {1, "a"}
    yield "set-empty", set()
    yield "frozenset", frozenset({1, 2})
    yield "range", range(3)
    yield "slice", slice(1, 2)
    yield "ellipsis", ...
    yield "not-implemented", NotImplemented
    yield "class", int
    yield "function", len
    yield "method", [1, 2].append
    yield "keys", {None: 1, True: 2, 1.5: 3, (1, 2): 4, b"b": 5, "s": 6, 7: 8}
    yield "key-large", {2**70: 1, "a": 2}


def library():
    yield "counter", collections.Counter("ab")
    yield "defaultdict", collections.defaultdict(list, a=[1])
    yield "deque", collections.deque([1, 2], 3)
    yield "ordered", collections.OrderedDict(a=1)
    yield "chain-map", collections.ChainMap({"a": 1})
    yield "namedtuple", Point(1, 2)
    yield "namespace", argparse.Namespace(lr=0.1, layers=[1, 2])
    yield "simple-namespace", types.SimpleNamespace(a=1)
    yield "mapping-in-namespace", argparse.Namespace(model={"weight": torch.ones(1)})
    yield "path", pathlib.Path("/a/b")
    yield "pure-path", pathlib.PurePosixPath("x")
    yield "windows-path", pathlib.PureWindowsPath("c:/x")
    yield "enum", Color.RED
    yield "int-enum", Level.HIGH
    yield "flag", re.RegexFlag.I
    yield "datetime", datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone.utc)
    yield "date", datetime.date(2020, 1, 2)
    yield "timedelta", datetime.timedelta(seconds=1)
    yield "decimal", decimal.Decimal("1.5")
    yield "fraction", fractions.Fraction(1, 3)
    yield "uuid", uuid.UUID(int=5)
    yield "pattern", re.compile("a+")
    yield "dataclass", Settings()
    yield "slots", with_attribute(Slots(), a=1)
    yield "nested-class", with_attribute(Outer.Inner(), a=1)
    yield "dict-subclass", Words(a=1)
    yield "list-subclass", Numbers([1])
    yield "str-subclass", Name("a")
    yield "partial", functools.partial(int, base=2)
    yield "item-getter", operator.itemgetter(1)
    yield "exception", ValueError("a")
    yield "random-state", random.getstate()
    yield "random", random.Random(1)
    yield "extension", Registered()
    config = class_in("omegaconf.dictconfig", "DictConfig")
    node = class_in("omegaconf.nodes", "AnyNode")
    content = {"lr": with_attribute(node(), _val=0.1, _parent=None)}
    made = with_attribute(config(), _content=content, _metadata=Settings())
    content["lr"]._parent = made
    yield "omegaconf", made
    compose = class_in("torchvision.transforms.transforms", "Compose")
    yield "transforms", with_attribute(compose(), transforms=[compose(), compose()])


def numpy_objects():
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    yield "array", array
    yield "array-fortran", np.asfortranarray(array)
    yield "array-transposed", np.zeros((2, 3, 4)).transpose(2, 0, 1)
    yield "array-objects", np.array([None, "a"], dtype=object)
    yield "array-structured", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i2")])
    yield "array-text", np.array(["a", "bc"])
    yield "array-dates", np.array(["2020-01-01"], dtype="datetime64[D]")
    yield "scalar", np.float64(0.5)
    yield "scalar-complex", np.complex64(1j)
    yield "scalar-bool", np.bool_(True)
    yield "scalar-text", np.str_("a")
    yield "dtype", np.dtype("float32")
    yield "numpy-type", np.float32
    yield "legacy-rng", np.random.RandomState(1).get_state()
    yield "random-state-object", np.random.RandomState(1)
    yield "generator", np.random.default_rng(0)
    yield "generator-state", np.random.default_rng(0).bit_generator.state
    yield "masked", np.ma.masked_array([1, 2], [True, False])


def tensors():
    yield "torch-dtype", torch.float32
    yield "torch-device", torch.device("cpu")
    yield "torch-size", torch.Size([1, 2])
    yield "torch-layout", torch.strided
    yield "rng", torch.get_rng_state()[:64].clone()
    yield "parameter", torch.nn.Parameter(torch.ones(2))
    yield "parameter-tagged", with_attribute(torch.nn.Parameter(torch.ones(2)), tag=1)
    yield "buffer", torch.nn.Buffer(torch.ones(2))
    yield "tensor-tagged", with_attribute(torch.ones(2), tag="a")
    yield "tensor-gradient", torch.ones(2, requires_grad=True)
    yield "tensor-expanded", torch.ones(1).expand(3, 3)
    yield "tensor-scalar", torch.tensor(1)
    yield "tensor-empty", torch.zeros(0, 3)
    for name in (
        "bfloat16 float16 float64 int8 int16 bool complex32 complex64 complex128 uint16 uint32 uint64 "
        "float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz"
    ).split():
        yield f"tensor-{name}", torch.ones(2).to(getattr(torch, name))
    yield "tensor-sparse", torch.eye(3).to_sparse()
    yield "tensor-csr", torch.eye(3).to_sparse_csr()
    yield "tensor-quantized", torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    yield "tensor-quantized-wide", torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint32)
    scales = torch.tensor([0.1, 0.2])
    yield "tensor-quantized-channels", torch.quantize_per_channel(
        torch.ones(2, 2), scales, torch.zeros(2, dtype=torch.long), 0, torch.quint8
    )
    yield "tensor-meta", torch.ones(2, device="meta")
    yield "tensor-subclass", torch.ones(2).as_subclass(Marked)
    yield "tensor-nested", torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])
    yield "tensor-conjugate", torch.tensor([1j]).conj()
    yield "tensor-negated", imaginary()
    yield "storage", torch.ones(2).storage()
    yield "storage-untyped", torch.ones(2).untyped_storage()


def training():
    yield "module", torch.nn.Linear(2, 1)
    yield "module-sequential", torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1))
    yield "module-own", Net()
    yield "module-list", torch.nn.ModuleList([torch.nn.Linear(1, 1)])
    yield "criterion", torch.nn.CrossEntropyLoss(weight=torch.ones(2))
    yield "criterion-state", torch.nn.CrossEntropyLoss(weight=torch.ones(2)).state_dict()
    yield "sgd", optimizer(momentum=0.9).state_dict()
    yield "adam", optimizer(torch.optim.Adam).state_dict()
    yield "optimizer", optimizer()
    schedulers = torch.optim.lr_scheduler
    yield "multi-step", scheduler(schedulers.MultiStepLR, [60, 120, 160], 0.2).state_dict()
    yield "one-cycle", scheduler(schedulers.OneCycleLR, 0.1, total_steps=10).state_dict()
    yield "cosine", scheduler(schedulers.CosineAnnealingLR, 10).state_dict()
    yield "plateau", scheduler(schedulers.ReduceLROnPlateau).state_dict()
    yield "lambda", scheduler(schedulers.LambdaLR, Halving()).state_dict()
    yield "scheduler", scheduler(schedulers.CosineAnnealingLR, 10)
    yield "averaged", averaged().state_dict()
    yield "averaged-module", averaged()
    yield "scaler", torch.amp.GradScaler("cpu").state_dict()


def hostile():
    yield "call-system", Call(sys.modules["os"].system, "true")
    yield "call-eval", Call(eval, "1")
    yield "call-import", Call(__import__, "this")
    yield "call-getattr", Call(getattr, sys.modules["os"].path.join, "__globals__")
    yield "call-nested", {"a": [Call(Call, Call(eval, "1"))]}


def save(value, **options):
    data = io.BytesIO()
    torch.save(value, data, **options)
    return data.getvalue()


def opens(data):
    try:
        torch.load(io.BytesIO(data), weights_only=True)
        return True
    except Exception:
        return False


def main():
    torch.manual_seed(0)
    copyreg.add_extension("__main__", "Registered", 5)
    weights = collections.OrderedDict(
        weight=torch.tensor([[1.0, 2.0], [3.0, 4.0]]), bias=torch.tensor([5.0, 6.0])
    )
    table, files = [], b""
    for objects in (plain, library, numpy_objects, tensors, training, hostile):
        for kind, value in objects():
            for form in ("zip", "legacy"):
                content = {"epoch": 3, "beside": value, "state_dict": weights, "after": [value]}
                try:
                    data = save(content, _use_new_zipfile_serialization=form == "zip")
                except Exception as error:
                    print(f"{kind} in {form} form: {type(error).__name__}: {error}"[:160])
                    continue
                files += data
                row = {"kind": kind, "form": form, "size": len(data), "weights_only": opens(data)}
                table.append(row)
    with zipfile.ZipFile(FOLDER / "neighbors.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("files"), files, zipfile.ZIP_DEFLATED, 9)
    rows = ",\n".join("  " + json.dumps(row) for row in table)
    (FOLDER / "neighbors.json").write_text(f"[\n{rows}\n]\n")
    kinds = {row["kind"] for row in table}
    print(len(kinds), "kinds,", len(table), "files,", sum(row["weights_only"] for row in table), "open")


if __name__ == "__main__":
    main()
