"""3x3 convolution by Winograd's F(4x4, 3x3), to see what it costs in float32 inside a whole network.

Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", arXiv 1509.09308.
"""
import torch
from torch import nn
from torch.nn import functional as F

INPUT = [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
         [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]]
KERNEL = [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
          [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
OUTPUT = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]


def transform(left, tensor, right):
    """left · tensor · rightᵀ for tensor [..., i, j]."""
    return torch.einsum("ai,...ij,bj->...ab", left, tensor, right)


def input_tiles(x, b):
    """[N, C, H, W] to [36, N·tiles, C]."""
    tiles = F.pad(x, (1, 1, 1, 1)).unfold(2, 6, 4).unfold(3, 6, 4)
    return transform(b, tiles, b).permute(4, 5, 0, 2, 3, 1).reshape(36, -1, x.shape[1])


def correlate(x, weight):
    """[N, C, H, W] by [O, C, 3, 3], stride 1, pad 1; H and W multiples of 4."""
    b, g, a = (torch.tensor(rows, dtype=x.dtype) for rows in (INPUT, KERNEL, OUTPUT))
    samples, channels, height, width = x.shape
    kernels = transform(g, weight, g).permute(2, 3, 1, 0).reshape(36, channels, -1)
    products = (input_tiles(x, b) @ kernels).reshape(6, 6, samples, height // 4, width // 4, -1)
    y = torch.einsum("pa,abnhwo,qb->nohpwq", a, products, a)
    return y.reshape(samples, -1, height, width)


class Convolution(torch.autograd.Function):
    """The gradient of the input is a convolution by the turned weight, that of the weight
    Gᵀ (Σ (Bᵀ x B) ⊙ (A dy Aᵀ)) G."""

    @staticmethod
    def forward(context, x, weight):
        context.save_for_backward(x, weight)
        return correlate(x, weight)

    @staticmethod
    def backward(context, dy):
        x, weight = context.saved_tensors
        b, g, a = (torch.tensor(rows, dtype=x.dtype) for rows in (INPUT, KERNEL, OUTPUT))
        tiles = transform(a.T, dy.unfold(2, 4, 4).unfold(3, 4, 4), a.T)
        tiles = tiles.permute(4, 5, 0, 2, 3, 1).reshape(36, -1, dy.shape[1])
        products = (input_tiles(x, b).mT @ tiles).reshape(6, 6, x.shape[1], dy.shape[1])
        gradient = torch.einsum("ai,abco,bj->ocij", g, products, g)
        return correlate(dy, weight.flip(2, 3).transpose(0, 1)), gradient


def convolve(x, weight):
    """`correlate` with its gradients by the same algorithm."""
    return Convolution.apply(x, weight)


def use_in(network):
    """Lets every 3x3 stride-1 convolution of the core run by Winograd's algorithm."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) and module.stride == (1, 1):
            if module.in_channels > 3:
                module.forward = lambda x, module=module: convolve(x, module.weight)
