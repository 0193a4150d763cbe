"""Writes safetensors/*.safetensors as the reference library does.

Made with Python 3.11, safetensors 0.8.0, NumPy 2.4.6, PyTorch 2.13.0; other-types.safetensors with
PyTorch 2.15.0.
"""
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "safetensors"


def types():
    floats = [0.0, -1.5, 3.140625, 65504.0, float("inf"), 2.0**-14]
    tensors = {
        str(kind)[6:]: torch.tensor(floats, dtype=kind).reshape(2, 3)
        for kind in (torch.float32, torch.float64, torch.float16, torch.bfloat16)
    }
    for kind in (torch.int64, torch.int32, torch.int16, torch.int8):
        limits = torch.iinfo(kind)
        tensors[str(kind)[6:]] = torch.tensor([limits.min, limits.max, -1, 2], dtype=kind)
    tensors["uint8"] = torch.tensor([0, 255, 3], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False])
    tensors["single"] = torch.tensor(782, dtype=torch.int64)
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


def other_types():
    """Weights beside tensors of types that are seldom or never weights."""
    names = (
        "uint16 uint32 uint64 complex64 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz "
        "float8_e8m0fnu"
    ).split()
    tensors = {name: torch.full((3,), 200.0).to(getattr(torch, name)) for name in names}
    tensors["float4_e2m1fn_x2"] = torch.zeros(3, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)
    tensors["weight"] = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensors["bias"] = torch.tensor([5, 6], dtype=torch.uint8)
    return tensors


def main():
    FOLDER.mkdir(exist_ok=True)
    save_file(types(), FOLDER / "types.safetensors", metadata={"format": "pt"})
    names = {'a "quoted" \\ name': torch.ones(1), "naïve ∑\n\x01": torch.zeros(2)}
    save_file(names, FOLDER / "names.safetensors")
    save_file({}, FOLDER / "nothing.safetensors")
    save_file(other_types(), FOLDER / "other-types.safetensors")
    save_file({"float8": torch.zeros(2, dtype=torch.float8_e4m3fn)}, FOLDER / "float8.safetensors")


main()
