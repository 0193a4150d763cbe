"""Shows that PyTorch reads written.ckpt, the bytes that `WritingTests` expects of us.

Run with Python 3.11, PyTorch 2.13.0. A path as argument is checked in place of written.ckpt.
"""
import collections
import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).parent
FILE = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "written.ckpt"


def floats(shape, scale):
    count = torch.Size(shape).numel()
    scale = torch.tensor(scale, dtype=torch.float64).float()
    return ((torch.arange(count, dtype=torch.float32) - 2) * scale).reshape(shape)


def main():
    checkpoint = torch.load(FILE, weights_only=True)
    assert list(checkpoint) == [
        "epoch", "classifier_state_dict", "classifier_optimizer_state_dict", "mixmo",
    ]
    assert checkpoint["epoch"] == 3
    assert checkpoint["mixmo"] == {
        "run": "cifar100_naïve", "step": 2**40, "negative": -70000, "best": 0.8592,
        "finished": False, "seeds": [0, 255, 256, 65536],
    }
    weights = checkpoint["classifier_state_dict"]
    expected = {
        "conv1.weight": floats([4, 3, 1, 1], 0.1),
        "bn1.weight": floats([4], 1),
        "bn1.bias": floats([4], -1),
        "bn1.running_mean": floats([4], 0.5),
        "bn1.running_var": torch.tensor([1, 2, 2.0**-149, 4]),
        "bn1.num_batches_tracked": torch.tensor(782),
    }
    assert type(weights) is collections.OrderedDict and list(weights) == list(expected)
    for name, tensor in expected.items():
        assert weights[name].dtype == tensor.dtype and torch.equal(weights[name], tensor), name

    network = torch.nn.Sequential(
        collections.OrderedDict(
            conv1=torch.nn.Conv2d(3, 4, 1, bias=False), bn1=torch.nn.BatchNorm2d(4)
        )
    )
    network.load_state_dict(weights, strict=True)
    optimizer = torch.optim.SGD(network.parameters(), lr=1)
    optimizer.load_state_dict(checkpoint["classifier_optimizer_state_dict"])
    group = optimizer.param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"]) == (0.1, 0.9, True)
    for index, parameter in enumerate(network.parameters()):
        buffer = optimizer.state[parameter]["momentum_buffer"]
        scale = (torch.tensor(index + 1.0) / 3).item()
        assert torch.equal(buffer, floats(parameter.shape, scale)), index
    network(torch.ones(2, 3, 4, 4)).sum().backward()
    optimizer.step()

    mapped = torch.load(FILE, weights_only=True, mmap=True)["classifier_state_dict"]
    assert all(torch.equal(mapped[name], tensor) for name, tensor in expected.items())
    print("PyTorch reads", FILE.name)


main()
