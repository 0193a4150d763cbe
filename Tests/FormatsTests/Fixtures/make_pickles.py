"""Writes pickle/*.pkl. Made with Python 3.11, NumPy 2.4.6."""
import argparse
import collections
import copyreg
import os
import pathlib
import pickle
import struct
import subprocess

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "pickle"


class Registered:
    pass


class Keywords:
    """Pickles with keyword arguments."""

    def __getnewargs_ex__(self):
        return (1,), {"b": 2}


class Outer:
    class Inner:
        pass


def objects():
    copyreg.add_extension("__main__", "Registered", 5)
    return {
        "namespace": argparse.Namespace(a=[1]), "counter": collections.Counter("aab"),
        "default": collections.defaultdict(list, a=1), "set": {1}, "frozen": frozenset([2]),
        "complex": 1j, "array": bytearray(b"ab"), "empty": b"", "large": -(2**100),
        "huge": 1 << 4000, "path": pathlib.PurePosixPath("x"), "registered": Registered(),
        "keywords": Keywords(), "inner": Outer.Inner(), "labels": [np.int64(3), np.uint8(4)],
        "generator": np.random.default_rng(0),
    }


def old_objects():
    """Objects of Python 2's old classes: the opcodes OBJ and INST."""
    text = b"X\x01\0\0\0a"
    return b"\x80\x02]((c__main__\nOld\n" + text + b"o}" + text + b"K\x01sb(" + text + b"i__main__\nOld\ne."


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def save(name, data):
    (FOLDER / f"{name}.pkl").write_bytes(data)


def python2_string(text):
    return b"U" + bytes([len(text)]) + text


def python2_cifar():
    """A dictionary of CIFAR's Python files: texts and data are the byte strings of Python 2."""
    images = bytes(range(12))
    dtype = (
        b"cnumpy\ndtype\n(" + python2_string(b"u1") + b"K\x00K\x01tR(K\x03"
        + python2_string(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t"
        + python2_string(b"b") + b"tR(K\x01(K\x02K\x06t" + dtype + b"\x89"
        + b"T" + struct.pack("<i", len(images)) + images + b"tb"
    )
    data = (
        b"\x80\x02}(" + python2_string(b"data") + array + python2_string(b"labels")
        + b"](K\x06K\x09e" + python2_string(b"batch_label") + python2_string(b"testing") + b"u."
    )
    expected = pickle.loads(data, encoding="bytes")
    assert expected[b"labels"] == [6, 9] and expected[b"data"].shape == (2, 6)
    return data


def main():
    FOLDER.mkdir(exist_ok=True)
    shared = ["a", 1.5]
    values = {
        "none": None,
        "truth": [True, False],
        "integers": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63)],
        "floats": [0.1, float("inf"), -0.0],
        "texts": ["", "naïve ∑", "x" * 300],
        "bytes": [b"\x00\xff", b"y" * 300],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "nested": {"list": [[], [[1]]], 7: {}},
        "shared": [shared, shared],
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "long": list(range(2500)),
    }
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    for protocol in range(6):
        save(f"values-{protocol}", pickle.dumps(values, protocol))
    for protocol in range(2, 6):
        save(f"objects-{protocol}", pickle.dumps(objects(), protocol))
    save("old-objects", old_objects())
    for protocol in range(6):
        data = {"array": array, "big": array.astype(">i2"), "number": np.float64(0.1)}
        save(f"numpy-{protocol}", pickle.dumps(data, protocol))
        columns = {"columns": np.asfortranarray(array), "reversed": array.T}
        save(f"fortran-{protocol}", pickle.dumps(columns, protocol))
    save("python2-cifar", python2_cifar())
    hostile = {
        "os-system": Call(os.system, "true"),
        "eval": [Call(eval, "1")],
        "popen": {"a": Call(subprocess.Popen, ["true"])},
        "nested": Call(collections.OrderedDict, Call(collections.OrderedDict, Call(os.system, "true"))),
    }
    for name, value in hostile.items():
        for protocol in (2, 4):
            save(f"{name}-{protocol}", pickle.dumps(value, protocol, fix_imports=False))
    save("big-integer", pickle.dumps(2**64, 2))
    save("set", pickle.dumps({1, 2}, 4))
    cycle = []
    cycle.append(cycle)
    save("cycle", pickle.dumps(cycle, 2))


main()
