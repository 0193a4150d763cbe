#!/usr/bin/env python3
"""Trains a configuration of the digits in PyTorch: the peer of `mixmo train`, written from the method's description.

Written with torch 2.15.0, numpy 2.4.6, scikit-learn 1.9.1, pyyaml 6.0.4. On one core an epoch of WideResNet-10-2 takes some 15 seconds.

Use:  train_digits.py config/digits/exp_digits_wrn102-2_*.yaml [--seeds 0 1 2] [--data demo/data] >> peer.jsonl

For every configuration and seed a line of JSON: after the last epoch, the accuracy of the ensemble (the mean of the members'
logits) and of each member on the test digits, the ensemble's negative log-likelihood, each epoch's mean training loss without
l2_reg, and the seconds spent. The digits are scikit-learn's; with --data they are first compared with those that `mixmo demo` wrote.
"""
import argparse
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
import yaml
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import peer_torch

SIDE, PADDING, TRAIN_COUNT, CLASSES = 32, 4, 1437, 10
MEAN, STD = 0.305, 0.323


def digits():
    """uint8 [1797, 3, 32, 32], labels [1797]."""
    small = torch.from_numpy(load_digits().images)[:, None]
    large = F.interpolate(small, scale_factor=4, mode="bilinear", align_corners=False)
    gray = (large * 255 / 16).round().to(torch.uint8)  # exact before rounding; half to even
    return gray.expand(-1, 3, -1, -1).numpy(), load_digits().target


def compare_with_files(data, pixels, labels):
    folder = pathlib.Path(data) / "digits-data" / "cifar-10-batches-bin"
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    rows = np.frombuffer(b"".join((folder / n).read_bytes() for n in names), np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    if not (np.array_equal(rows[:, 0], labels) and np.array_equal(rows[:, 1:], pixels.reshape(len(pixels), -1))):
        sys.exit(f"{folder}: other digits than scikit-learn's")


# Mixing. A mask is that of the first of two inputs, [SIDE, SIDE]; the second has one minus it.

def box(share, rng):
    side = math.floor(SIDE * math.sqrt(share))
    mask = np.zeros((SIDE, SIDE))
    (top, left) = (int(rng.integers(SIDE)) - side // 2 for _ in range(2))
    (bottom, right) = (top + 2 * (side // 2), left + 2 * (side // 2))
    mask[max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)] = 1
    return mask


def draw_mask(method, share, rng):
    if method == "mixup":
        return np.full((SIDE, SIDE), share)
    if method == "cutmix":
        return box(share, rng)
    raise SystemExit(f"{method}: expected mixup or cutmix")


def draw_share(alpha, rng):
    """The first component of a symmetric Dirichlet draw of two."""
    return rng.dirichlet([alpha, alpha])[0] if alpha > 0 else 0.5


def feature_masks(settings, epoch, epochs, count, rng):
    """The members' masks [2, N, SIDE, SIDE] of one batch."""
    method = settings["mix_method"]
    probability, ratio = method["prob"], epoch / epochs
    if ratio >= 11 / 12:
        probability *= (1 - ratio) / (1 - 11 / 12)
    name = method["method_name"] if rng.random() < probability else method["replacement_method_name"]
    first = np.stack([draw_mask(name, draw_share(settings["alpha"], rng), rng) for _ in range(count)])
    masks = np.stack([first, 1 - first])
    return masks[rng.permutation(2)]


class Inputs:
    """Augmented images with their soft labels."""

    def __init__(self, pixels, labels, msda, rng):
        self.padded = np.pad(pixels, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
        self.labels, self.msda, self.rng = labels, msda, rng

    def crop(self, index):
        row, column = self.rng.integers(2 * PADDING + 1, size=2)
        return (self.padded[index, :, row:row + SIDE, column:column + SIDE] / 255 - MEAN) / STD

    def draw(self, index, feature_mask):
        pixels, target = self.crop(index), np.zeros(CLASSES)
        if self.msda["mix_method"] is None or self.rng.random() >= self.msda["prob"]:
            target[self.labels[index]] = 1
            return pixels, target
        other = int(self.rng.integers(len(self.labels)))
        share = self.rng.beta(self.msda["beta"], self.msda["beta"])
        mask = draw_mask(self.msda["mix_method"], share, self.rng)
        # What of each image the member's mask lets through, and the sampled image stays the major one.
        shares = [(m * feature_mask).mean() / (feature_mask.mean() + 1e-8) for m in (mask, 1 - mask)]
        if shares[0] < 0.5:
            mask, shares = 1 - mask, shares[::-1]
        target[self.labels[index]] += shares[0]
        target[self.labels[other]] += shares[1]
        return mask * pixels + (1 - mask) * self.crop(other), target


def epoch_indices(count, batch_size, sampler, rng):
    """For each batch of an epoch, the images of the two members [2, N]."""
    repetitions = sampler["batch_repetitions"]
    distinct = math.ceil(batch_size / repetitions)
    order = rng.permutation(count)
    for start in range(0, count - distinct + 1, distinct):
        batch = np.repeat(order[start:start + distinct], repetitions)
        shared = math.floor(sampler["proba_input_repetition"] * len(batch))
        yield np.stack([np.concatenate([batch[:shared], rng.permutation(batch[shared:])]) for _ in range(2)])


def initialize(network):
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            deviation = math.sqrt(2 / module.weight[0].numel()) / 0.87962566103423978
            nn.init.trunc_normal_(module.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def learning_rate(base, epoch, step, warmup, milestones):
    if step <= warmup:
        return base * step / warmup
    return base * math.prod(gamma for milestone, gamma in milestones.items() if milestone <= epoch)


def train(configuration, pixels, labels, seed):
    """The trained network and the mean loss of each epoch."""
    training, model = configuration["training"], configuration["model_wrapper"]
    wrapper, epochs = training["dataset_wrapper"], training["nb_epochs"]
    mixmo, parameters = wrapper["mixmo"], model["optimizer"]["params"]
    if configuration["num_members"] != 2 or model["optimizer"]["name"] != "sgd" or wrapper["da_method"] is not None:
        sys.exit("expected two members, sgd and no da_method")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = peer_torch.Network("wrn", model["network"]["depth"], model["network"]["widen_factor"], 2, CLASSES)
    initialize(network)
    network.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), **parameters)
    inputs = Inputs(pixels, labels, wrapper["msda"], rng)
    step, losses = 0, []
    for epoch in range(1, epochs + 1):
        batch_losses = []
        for indices in epoch_indices(len(labels), training["batch_size"], training["batch_sampler"], rng):
            step += 1
            masks = feature_masks(mixmo, epoch, epochs, indices.shape[1], rng)
            draws = [[inputs.draw(i, m) for i, m in zip(*member)] for member in zip(indices, masks)]
            images = np.concatenate([np.stack([d[0] for d in member]) for member in draws], 1)
            targets = np.stack([np.stack([d[1] for d in member]) for member in draws])
            roots = masks.mean((2, 3)) ** (1 / mixmo["weight_root"])  # [2, N]
            targets *= (2 * roots / roots.sum(0))[:, :, None]

            images = torch.from_numpy(images).float().contiguous(memory_format=torch.channels_last)
            outputs = network(images, torch.from_numpy(masks[0][:, None]).float())
            logs = F.log_softmax(outputs, 2)
            loss = sum(-(torch.from_numpy(targets[m]).float() * logs[:, m]).sum(1).mean() for m in range(2))
            batch_losses.append(loss.item())
            loss = loss + model["loss"]["l2_reg"] * sum(p.square().sum() for p in network.parameters())
            rate = learning_rate(parameters["lr"], epoch, step, model["warmup_period"],
                                 model["lr_schedule"]["params"]["dict_milestone_to_gamma"])
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(sum(batch_losses) / len(batch_losses))
        print(f"seed {seed} epoch {epoch}/{epochs} loss {losses[-1]:.4f} rate {rate:g}", file=sys.stderr)
    return network.eval(), losses


def score(network, pixels, labels):
    images = torch.from_numpy((pixels / 255 - MEAN) / STD).float()
    with torch.inference_mode():
        logits = network(images).double()
    labels = torch.from_numpy(labels)
    mean = logits.mean(1)
    accuracy = [(one.argmax(1) == labels).double().mean().item() for one in (mean, *logits.unbind(1))]
    return {"accuracy": accuracy[0], "nll": F.cross_entropy(mean, labels).item(), "members": accuracy[1:]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configurations", nargs="+", type=pathlib.Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--data", help="the folder with digits-data, to compare with")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pixels, labels = digits()
    if arguments.data:
        compare_with_files(arguments.data, pixels, labels)
    for seed in arguments.seeds:
        for path in arguments.configurations:
            start = time.process_time()
            network, losses = train(yaml.safe_load(path.read_text()), pixels[:TRAIN_COUNT], labels[:TRAIN_COUNT], seed)
            scores = score(network, pixels[TRAIN_COUNT:], labels[TRAIN_COUNT:])
            seconds = round(time.process_time() - start)
            print(json.dumps({"recipe": path.stem, "seed": seed, **scores, "losses": losses, "cpu_seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
