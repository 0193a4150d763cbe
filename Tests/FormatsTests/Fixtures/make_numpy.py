"""Writes numpy/*.npy, arrays as NumPy saves them. Made with Python 3.11, NumPy 2.4.6."""
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "numpy"
INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
FLOATS = ["f2", "f4", "f8"]


def save(name, array, version=None):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)


def main():
    FOLDER.mkdir(exist_ok=True)
    for kind in INTEGERS:
        limits = np.iinfo(kind)
        values = [limits.min, limits.max, 0, 1, 2, 3]
        for order, name in [("<", "little"), (">", "big")]:
            save(f"{kind}-{name}", np.array(values, order + kind).reshape(3, 2))
    for kind in FLOATS:
        limits = np.finfo(kind)
        values = [-1.5, limits.max, np.inf, -0.0, np.nan, limits.smallest_subnormal]
        for order, name in [("<", "little"), (">", "big")]:
            save(f"{kind}-{name}", np.array(values, order + kind).reshape(3, 2))
    save("b1", np.array([[True, False], [False, True], [True, True]]))
    small = np.arange(6, dtype="<f4").reshape(3, 2)
    save("version-2", small, (2, 0))
    save("version-3", small, (3, 0))
    save("single", np.array(7, "<i8"))
    save("empty", np.zeros((0, 4), "<f4"))
    save("vector", np.array([1, 2, 3], "u1"))
    save("cube", np.arange(24, dtype="<f8").reshape(2, 3, 4))
    save("fortran", np.asfortranarray(small))
    save("fortran-cube", np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4)))
    save("fortran-empty", np.zeros((2, 0, 3), "<f4", order="F"))
    save("fortran-images", np.asfortranarray(np.arange(24, dtype="u1").reshape(2, 2, 2, 3)))
    save("object", np.array([None, 1], dtype=object))
    save("structure", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    save("text", np.array(["abc"]))
    save("complex", np.array([1j], "<c8"))
    np.savez(FOLDER / "stored.npz", logits=small, labels=np.array([1, 2, 3]))
    np.savez_compressed(FOLDER / "deflated.npz", logits=np.zeros((100, 10), "<f4"))
    np.savez(FOLDER / "mixed.npz", single=np.array(7, "<i8"), fortran=np.asfortranarray(small))


main()
