"""Writes read/*, checkpoints as PyTorch saves them, and expected/*.npz, their tensors as NumPy arrays.

Made with Python 3.11, PyTorch 2.13.0, NumPy 2.4.6, safetensors 0.8.0.
"""
import collections
import io
import pathlib
import pickle
import struct
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent


def save(name, value, **options):
    torch.save(value, FOLDER / "read" / name, **options)


def arrays(tensors):
    return {
        name: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor)
        .detach().contiguous().numpy()
        for name, tensor in tensors.items()
    }


def expect(name, tensors):
    np.savez(FOLDER / "expected" / f"{name}.npz", **arrays(tensors))


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


def views():
    base = torch.arange(24, dtype=torch.float32) / 8
    matrix = base.reshape(2, 3, 4)
    return {
        "base": base,
        "matrix": matrix,
        "part": base[5:11],
        "transposed": matrix.transpose(0, 2),
        "strided": matrix[:, ::2, 1:3],
        "expanded": base[3:4].expand(2, 5),
        "row": matrix[1, 2],
    }


def mixmo():
    """MixMo's dictionary after one step of its optimizer."""
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        collections.OrderedDict(
            conv1=torch.nn.Conv2d(3, 4, 3, bias=False), bn1=torch.nn.BatchNorm2d(4),
            flat=torch.nn.Flatten(), fc=torch.nn.Linear(16, 5),
        )
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    network(torch.randn(2, 3, 4, 4)).square().mean().backward()
    optimizer.step()
    return network, {
        "epoch": 7,
        "classifier_state_dict": network.state_dict(),
        "classifier_optimizer_state_dict": optimizer.state_dict(),
    }


def repacked(name, change=lambda name, data: data, method=zipfile.ZIP_STORED, zip64=False):
    """The members of another checkpoint in a new archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(FOLDER / "read" / name) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            with new.open(entry, "w", force_zip64=zip64) as member:
                member.write(change(name, old.read(name)))
    return data.getvalue()


def big_endian(tensors, name):
    """The file that a big-endian machine would write."""
    sizes = {str(i): tensor.element_size() for i, tensor in enumerate(tensors.values())}

    def change(entry, data):
        folder, key = entry.rsplit("/", 1)
        if folder.endswith("/data"):
            return np.frombuffer(data, f"u{sizes[key]}").byteswap().tobytes()
        return b"big" if key == "byteorder" else data

    return repacked(name, change)


def legacy_with_storage_view():
    """The older format as PyTorch 0.3 wrote a storage that is a part of another."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, torch.FloatStorage):
                return "storage", torch.FloatStorage, "1", "cpu", 24, ("2", 4, 8)
            return None

    part = views()["base"][4:12]
    base = views()["base"].numpy()
    tensor = torch.tensor(part.numpy())[2:6]
    data = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(value, data, 2)
    Pickler(data, 2).dump({"part": tensor})
    pickle.dump(["1"], data, 2)
    return data.getvalue() + struct.pack("<q", base.size) + base.tobytes()


def main():
    for folder in ("read", "expected"):
        (FOLDER / folder).mkdir(exist_ok=True)
    save("types.pt", types())
    expect("types", types())
    save("views.pt", views())
    expect("views", views())

    network, checkpoint = mixmo()
    weights = network.state_dict()
    save("mixmo.ckpt", checkpoint)
    expect("mixmo", weights)
    buffers = {
        str(index): state["momentum_buffer"]
        for index, state in checkpoint["classifier_optimizer_state_dict"]["state"].items()
    }
    expect("momentum", buffers)
    save("bare.pt", weights)
    parallel = torch.nn.DataParallel(network).state_dict()
    save("parallel.pt", {"best": np.float64(0.5), "count": np.int64(3), "state_dict": parallel})
    save("model.pt", {"model": dict(network.named_parameters()), "none": None})
    save("without-weights.pt", {"epoch": 3, "names": ["a"], "momentum": buffers})

    changed = {
        "zip64.pt": repacked("bare.pt", zip64=True),
        "deflated.pt": repacked("bare.pt", method=zipfile.ZIP_DEFLATED),
        "big-endian.pt": big_endian(types(), "types.pt"),
        "legacy-storage-view.pt": legacy_with_storage_view(),
    }
    for name, data in changed.items():
        (FOLDER / "read" / name).write_bytes(data)
    with zipfile.ZipFile(FOLDER / "read" / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr(zipfile.ZipInfo("bomb/data.pkl"), bytes(17_000_000), zipfile.ZIP_DEFLATED)
    loaded = torch.load(FOLDER / "read" / "big-endian.pt")
    assert all(torch.equal(loaded[name], tensor) for name, tensor in types().items())
    loaded = torch.load(FOLDER / "read" / "legacy-storage-view.pt")
    assert torch.equal(loaded["part"], views()["base"][6:10])

    for name, tensors in [("types", types()), ("views", views())]:
        # The library refuses tensors that share a storage.
        own = {key: tensor.clone(memory_format=torch.contiguous_format) for key, tensor in tensors.items()}
        save_file(own, FOLDER / "read" / f"{name}.safetensors", metadata={"format": "pt"})

    legacy = {"_use_new_zipfile_serialization": False}
    save("legacy-types.pt", types(), **legacy)
    save("legacy-views.pt", views(), **legacy)
    save("legacy-mixmo.ckpt", checkpoint, **legacy)


main()
