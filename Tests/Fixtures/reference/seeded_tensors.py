"""Numbers that Python and Swift make alike from a name and a seed, so that no fixture carries weights.

Tensor `name` of a fixture with seed z starts SplitMix64 at FNV-1a(name) xor z. Element i, in
row-major order, is u = (next() >> 40) * 2^-24 in [0, 1), stretched to [lower, upper) in float64
and rounded to float32. The Swift twin is Tests/NetworksTests/SeededTensor.swift.
"""
import math

import numpy as np


def hash_name(name):
    """The 64-bit FNV-1a hash of the UTF-8 bytes."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def words(state, count):
    """The first `count` numbers of SplitMix64 (Steele, Lea, Flood 2014) from `state`."""
    z = np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64) + np.uint64(state)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed, name, shape):
    """Multiples of 2^-24 in [0, 1), float64."""
    bits = words(hash_name(name) ^ seed, math.prod(shape)) >> np.uint64(40)
    return (bits.astype(np.float64) * 2.0**-24).reshape(shape)


def bounds(name, shape):
    """The range of a network's tensor: its name and shape say what it is."""
    if len(shape) == 4:  # convolution [out, in, kh, kw]: Kaiming uniform
        upper = math.sqrt(6 / math.prod(shape[1:]))
        return -upper, upper
    if len(shape) == 2:  # linear [out, in]
        upper = 1 / math.sqrt(shape[1])
        return -upper, upper
    if name.endswith((".bias", ".running_mean")):
        return -0.1, 0.1
    return 0.5, 1.5  # batch norm's weight and running_var


def state_tensor(seed, name, shape):
    """A parameter or running statistic, float32 in PyTorch's order."""
    lower, upper = bounds(name, shape)
    return (lower + (upper - lower) * uniform(seed, name, shape)).astype(np.float32)


def pixels(seed, name, shape, mean, std):
    """Random 8-bit images [N, H, W, 3], scaled to [0, 1] and normalized per channel."""
    images = np.floor(256 * uniform(seed, name, shape))
    return ((images / 255 - np.array(mean)) / np.array(std)).astype(np.float32)


def targets(seed, members, samples, classes):
    """Soft targets [M, N, K]; those of one member and sample sum to a weight in [0.5, 1.5)."""
    shares = uniform(seed, "targets", (members, samples, classes))
    weights = 0.5 + uniform(seed, "target weights", (members, samples, 1))
    return (shares / shares.sum(-1, keepdims=True) * weights).astype(np.float32)


def masks(seed, members, samples, size):
    """Masks [M, N, size, size] that sum to 1 over the members."""
    shares = uniform(seed, "masks", (members, samples, size, size))
    return (shares / shares.sum(0)).astype(np.float32)


def checksum(values):
    """Sum of (i + 1) * bits of element i, modulo 2^64: equal bits in equal places."""
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64).reshape(-1)
    return int((bits * np.arange(1, bits.size + 1, dtype=np.uint64)).sum())
