"""Makes the checkpoints of the examples in the article AnyModel, and checks what the programs answered.

usage: example_models.py make NAME          writes the files that the example NAME reads
       example_models.py record             a program that keeps the images it is sent in images.npy
       example_models.py check NAME ARRAY   compares the predictions in ARRAY with the model's own

Written with PyTorch 2.15.0, torchvision 0.29.2, ONNX 1.20 and ONNX Runtime 1.32.0.
"""

import sys
import zlib

import numpy as np

MEAN, DEVIATION = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])


def network(seed):
    import torch
    import torchvision
    torch.manual_seed(seed)
    return torchvision.models.resnet18(num_classes=10).eval()


def dropout():
    import torch
    torch.manual_seed(5)
    layers = [torch.nn.Flatten(), torch.nn.Linear(3072, 32), torch.nn.Dropout(0.5), torch.nn.Linear(32, 10)]
    return torch.nn.Sequential(*layers)


def weights():
    return np.random.default_rng(6).normal(size=(3072, 10)).astype(np.float32) / 20


def make(name):
    import torch
    if name == "torch_model":
        torch.save(network(0).state_dict(), "model.pt")
    if name == "deep_ensemble":
        for member in range(3):
            torch.save(network(member).state_dict(), f"model-{member}.pt")
    if name == "mc_dropout":
        torch.jit.script(dropout()).save("model.pt")
    if name == "onnx_model":
        from onnx import TensorProto, helper, numpy_helper, save
        nodes = [
            helper.make_node("Flatten", ["images"], ["rows"]),
            helper.make_node("MatMul", ["rows", "weights"], ["logits"]),
        ]
        shape = lambda name, extents: helper.make_tensor_value_info(name, TensorProto.FLOAT, extents)
        graph = helper.make_graph(
            nodes, "linear", [shape("images", ["B", 3, 32, 32])], [shape("logits", ["B", 10])],
            [numpy_helper.from_array(weights(), "weights")])
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "model.onnx")


def record():
    from mixmo_client import serve
    batches = []
    serve(lambda images: batches.append(images) or np.zeros((len(images), 10), np.float32))
    np.save("images.npy", np.concatenate(batches))


def expected(name, images, batch):
    inputs = np.ascontiguousarray(((images.astype(np.float32) / 255 - MEAN) / DEVIATION).transpose(0, 3, 1, 2))
    if name == "onnx_model":
        return (inputs.reshape(len(images), -1) @ weights())[:, None]
    import torch
    with torch.inference_mode():
        if name == "mc_dropout":
            model = dropout().train()
            parts = []
            for start in range(0, len(images), batch):
                part = images[start:start + batch]
                torch.manual_seed(zlib.crc32(part.tobytes()))
                x = torch.from_numpy(part).permute(0, 3, 1, 2) / 255
                parts.append(torch.stack([model(x) for _ in range(8)], dim=1).numpy())
            return np.concatenate(parts)
        count = 3 if name == "deep_ensemble" else 1
        return np.stack([network(member)(torch.from_numpy(inputs)).numpy() for member in range(count)], axis=1)


def check(name, array):
    found, wanted = np.load(array), expected(name, np.load("images.npy"), 8)
    # Other batches and normalizations in other orders of operations: float32's rounding in 18 layers.
    if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=1e-4, atol=1e-3):
        sys.exit(f"{name}: expected {wanted.shape}, found {found.shape}; off by {np.abs(found - wanted).max()}")
    if not found.std() > 1e-3:
        sys.exit(f"{name}: all predictions are alike")


{"make": make, "record": record, "check": check}[sys.argv[1]](*sys.argv[2:])
