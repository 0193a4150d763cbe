"""Cow masks of a fixed noise, and the deviation of 20,000 random masks' means. Python 3.11, PyTorch 2.15.0.

Run in this folder: python cow.py > cow.json
"""
import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def mask(height, width, first, second):
    share = 0.2 + 0.6 * first
    deviation = math.exp(math.log(4) + (math.log(16) - math.log(4)) * second)
    noise = torch.tensor([math.sin(0.7 * i + 0.3 * i * i) for i in range(height * width)])
    size = 2 * math.ceil(3 * 16) + 1
    x = torch.arange(size) - (size - 1) / 2
    kernel = torch.exp(-(x**2) / (2 * deviation**2)) / math.sqrt(2 * math.pi * deviation**2)
    kernel = (kernel[:, None] * kernel[None, :])[None, None]
    blurred = F.conv2d(noise.reshape(1, 1, height, width), kernel, padding=size // 2)
    threshold = blurred.mean() + math.sqrt(2) * torch.erfinv(torch.tensor(2 * share - 1)) * blurred.std()
    return "".join(str(int(v)) for v in (blurred <= threshold).flatten())


def mean_of_random_mask():
    share = 0.2 + 0.6 * torch.rand(())
    deviation = math.exp(math.log(4) + (math.log(16) - math.log(4)) * torch.rand(()))
    distance = torch.arange(32.0)[:, None] - torch.arange(32.0)[None, :]
    kernel = torch.exp(-(distance**2) / (2 * deviation**2))
    blurred = kernel @ torch.randn(32, 32) @ kernel
    threshold = blurred.mean() + math.sqrt(2) * torch.erfinv(2 * share - 1) * blurred.std()
    return (blurred <= threshold).double().mean()


cases = [(32, 32, 0.5, 0.5), (32, 32, 0.0, 0.0), (20, 12, 0.3, 0.9), (64, 64, 0.999, 0.2), (3, 5, 0.9, 0.1)]
torch.manual_seed(0)
print(json.dumps({
    "masks": [
        {"height": h, "width": w, "uniforms": [a, b], "mask": mask(h, w, a, b)} for h, w, a, b in cases
    ],
    "meanDeviation": torch.stack([mean_of_random_mask() for _ in range(20_000)]).std().item(),
}))
