#!/usr/bin/env python3
"""Records ten steps of PyTorch's optimizers: optimizers.json.

Written with torch 2.15.0 and numpy 2.4.6.

Use:  make_optimizer_fixtures.py Tests/OptimizationTests/Fixtures

The gradients are drawn, the same for all settings, and do not depend on the parameters: what differs
from PyTorch is the optimizer. Their scale changes from step to step, and the rate rises as in a
warm-up. `l2` adds 2 · l2 · w to a gradient, the derivative of l2 · Σ w². Numbers are float32 in the
fewest digits that read back the same.
"""
import json
import pathlib
import sys

import numpy as np
import torch

SHAPES = ([5], [3, 4], [3, 2, 3, 3])
GRADIENT_SCALES = (1, 3, 0.5, 0.1, 2, 0.2, 0.05, 1, 0.3, 0.02)
WARMUP_STEPS = 4
OPTIMIZERS = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
}
CASES = [
    ("sgd", {"lr": 0.1}, 0),
    ("sgd", {"lr": 0.1, "weight_decay": 0.01}, 0.003),
    ("sgd", {"lr": 0.1, "momentum": 0.9}, 0),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}, 0),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, 0.003),
    ("adam", {}, 0),
    ("adam", {"lr": 0.02, "weight_decay": 0.1}, 0.003),
    ("adam", {"lr": 0.02, "betas": [0.4, 0.9], "eps": 0.001}, 0),
    ("adam", {"lr": 0.02, "amsgrad": True, "betas": [0.8, 0.9], "weight_decay": 0.01}, 0),
    ("adadelta", {}, 0),
    ("adadelta", {"lr": 3.0, "rho": 0.7, "eps": 0.0001, "weight_decay": 0.1}, 0.003),
    ("rmsprop", {}, 0),
    ("rmsprop", {"lr": 0.005, "alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}, 0.003),
    ("rmsprop", {"centered": True, "eps": 0.0001}, 0),
    ("rmsprop", {"lr": 0.002, "centered": True, "momentum": 0.5, "weight_decay": 0.01}, 0),
]


def numbers(tensor):
    return [float(str(x)) for x in tensor.detach().numpy().ravel()]


def text(value):
    """The value as JSON, a single number with a fraction."""
    return json.dumps(float(value) if type(value) is int else value)


def run(name, settings, l2, start, gradients):
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in start]
    optimizer = OPTIMIZERS[name](parameters, **settings)
    base = optimizer.param_groups[0]["lr"]
    for step, step_gradients in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = base * min(1, (step + 1) / WARMUP_STEPS)
        for parameter, gradient in zip(parameters, step_gradients):
            parameter.grad = gradient + 2 * l2 * parameter.detach()
        optimizer.step()
    saved = optimizer.state_dict()
    group = saved["param_groups"][0]
    return {
        "optimizer": {"name": name, "params": settings},
        "l2": l2,
        "learning_rate": base,
        "parameters": [numbers(parameter) for parameter in parameters],
        "state": [
            [{"name": key, "shape": list(value.shape), "values": numbers(value)} for key, value in entry.items()]
            for entry in saved["state"].values()],
        "group": [{"name": key, "text": text(value)} for key, value in group.items()],
    }


def main():
    random = np.random.default_rng(5)

    def draw(shape, scale):
        return torch.tensor((random.standard_normal(shape) * scale).astype(np.float32))

    start = [draw(shape, 0.5) for shape in SHAPES]
    gradients = [[draw(shape, scale) for shape in SHAPES] for scale in GRADIENT_SCALES]
    result = {
        "torch": torch.__version__,
        "warmup_steps": WARMUP_STEPS,
        "shapes": SHAPES,
        "start": [numbers(tensor) for tensor in start],
        "gradients": [[numbers(tensor) for tensor in tensors] for tensors in gradients],
        "cases": [run(*case, start, gradients) for case in CASES],
    }
    path = pathlib.Path(sys.argv[1]) / "optimizers.json"
    path.write_text(json.dumps(result) + "\n")


main()
