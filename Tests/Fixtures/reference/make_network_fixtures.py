#!/usr/bin/env python3
"""Records what PyTorch computes with the networks of MixMo: logits, one training step, ten steps.

Written with torch 2.13.0+cpu and numpy 2.4.6. README.md beside this file describes the format.

Use:  make_network_fixtures.py FOLDER [NAME ...]      default: all networks

Each quantity is computed three times: in float64, the recorded truth; in float32; and in float32
with Winograd's convolution. Only the largest differences of the latter two are recorded: they are
what float32 costs, and the reason for a test's tolerance.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import peer_torch
import seeded_tensors as seeded
import winograd

NETWORKS = [(f"wrn-{depth}-{widen}-m{members}", "wideresnet", depth, widen, members)
            for depth, widen in ((10, 1), (16, 2)) for members in (1, 2, 3)]
NETWORKS += [(f"preactresnet-18-1-m{members}", "resnet", 18, 1, members) for members in (1, 2)]
RATES = {"wideresnet": 0.05, "resnet": 0.002}  # the ResNet leaps away from 0.01 on
DECAYED = "wrn-16-2-m2"
KINK_DISTANCE = 2.0**-12
INFERENCE_COUNT = 4
DESCENT_STEPS = 10
EXAMPLES = ("layer1.0.bn1.weight", "layer1.0.conv1.weight")
ARITHMETICS = ("float64", "float32", "winograd")


class Fixture:
    """One network with its seed, images, targets and masks."""

    def __init__(self, seed, architecture, depth, widen_factor, members):
        wide = architecture == "wideresnet"
        self.seed, self.architecture, self.members = seed, architecture, members
        self.peer = "wrn" if wide else "resnet"
        self.depth, self.widen_factor, self.classes = depth, widen_factor, 10 if wide else 7
        self.image_size, self.training_count = (32, 6) if wide else (64, 3)
        self.mean, self.std = peer_torch.MEAN_STD[self.peer]
        self.inputs = self.make_inputs()
        self.state, self.kink_steps = self.make_state()

    def pixels(self, name, count):
        shape = (count, self.image_size, self.image_size, 3)
        return seeded.pixels(self.seed, name, shape, self.mean, self.std)

    def make_inputs(self):
        count, members = self.training_count, range(self.members)
        inputs = {"inference images": self.pixels("inference images", INFERENCE_COUNT)}
        inputs |= {n: self.pixels(n, count) for n in (f"training images {m}" for m in members)}
        inputs["targets"] = seeded.targets(self.seed, self.members, count, self.classes)
        if self.members > 1:
            inputs["masks"] = seeded.masks(self.seed, self.members, count, 32)
        return inputs

    def make_state(self):
        network = self.bare_network()
        state = {name: seeded.state_tensor(self.seed, name, tuple(tensor.shape))
                 for name, tensor in network.state_dict().items() if tensor.dim() > 0}
        network.load_state_dict({n: torch.from_numpy(t) for n, t in state.items()}, strict=False)
        kink_steps = clear_of_kinks(network.double(), self.batch(torch.float64))
        for name, steps in kink_steps.items():
            state[name] = (state[name] + KINK_DISTANCE * steps).astype(np.float32)
        return state, kink_steps

    def bare_network(self):
        return MaskedNetwork(self.peer, self.depth, self.widen_factor, self.members, self.classes)

    def network(self, arithmetic):
        network = self.bare_network()
        network.load_state_dict({n: torch.from_numpy(t) for n, t in self.state.items()}, strict=False)
        if arithmetic == "winograd":
            winograd.use_in(network)
        return network.to(number_type(arithmetic))

    def tensor(self, name, dtype):
        return torch.from_numpy(self.inputs[name]).to(dtype)

    def batch(self, dtype):
        """Pixels [N, 3M, H, W], targets [M, N, K], masks [M, N, h, w] or None."""
        images = [self.tensor(f"training images {m}", dtype) for m in range(self.members)]
        pixels = torch.cat(images, 3).permute(0, 3, 1, 2).contiguous()
        masks = self.tensor("masks", dtype) if self.members > 1 else None
        return pixels, self.tensor("targets", dtype), masks


class MaskedNetwork(peer_torch.Network):
    """The peer's network with one mask per member: mixed = M * sum of mask_m * encode_m(x_m)."""

    def forward(self, pixels, masks=None):
        if masks is None:
            return super().forward(pixels)
        hooks = [encoder.register_forward_hook(self.mixing(mask))
                 for encoder, mask in zip(self.list_conv1, masks)]
        logits = super().forward(pixels)  # sums what the encoders give
        for hook in hooks:
            hook.remove()
        return logits

    def mixing(self, mask):
        return lambda module, inputs, output: self.members * mask.unsqueeze(1) * output


def number_type(arithmetic):
    return torch.float64 if arithmetic == "float64" else torch.float32


def loss_of(logits, targets):
    return sum(-(t * F.log_softmax(logits[:, m], 1)).sum(1).mean() for m, t in enumerate(targets))


def clear_of_kinks(network, batch):
    """Moves batch-norm biases by whole steps until no ReLU input is within a step of zero.

    Closer inputs may change sign by rounding alone, and one changed sign moves whole gradients by
    a per cent. Every batch norm of these networks is followed by ReLU. Returns steps by bias name.
    """
    steps = {}

    def move(name, module, output):
        by_channel = output.transpose(0, 1).flatten(1)
        moves = torch.tensor([float(clear_step(values)) for values in by_channel])
        before = module.bias.clone()
        module.bias.copy_((before + KINK_DISTANCE * moves).float())
        steps[f"{name}.bias"] = moves.double().numpy()
        return output + (module.bias - before).view(1, -1, 1, 1)

    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(lambda m, inputs, output, name=name: move(name, m, output))
    with torch.no_grad():
        network.train()(batch[0], batch[2])
    return steps


def clear_step(values):
    for distance in range(1000):
        for step in (distance, -distance):
            if (values + KINK_DISTANCE * step).abs().min() >= KINK_DISTANCE:
                return step
    raise ValueError("no bias keeps this channel clear of zero")


def infer(fixture, arithmetic):
    pixels = fixture.tensor("inference images", number_type(arithmetic)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return fixture.network(arithmetic).eval()(pixels.contiguous())


def train_once(fixture, arithmetic):
    """Logits, loss, gradients and running statistics of one step."""
    network = fixture.network(arithmetic).train()
    pixels, targets, masks = fixture.batch(number_type(arithmetic))
    logits = network(pixels, masks)
    loss = loss_of(logits, targets)
    loss.backward()
    gradients = {name: p.grad.numpy() for name, p in network.named_parameters()}
    statistics = {name: b.numpy() for name, b in network.named_buffers() if b.dim() > 0}
    return logits.detach(), loss.item(), gradients, statistics


def descend(fixture, arithmetic, rate, weight_decay, l2):
    """The loss without its l2 term before each of ten steps."""
    network = fixture.network(arithmetic).train()
    pixels, targets, masks = fixture.batch(number_type(arithmetic))
    optimizer = torch.optim.SGD(
        network.parameters(), rate, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    losses = []
    for _ in range(DESCENT_STEPS):
        optimizer.zero_grad()
        loss = loss_of(network(pixels, masks), targets)
        losses.append(loss.item())
        (loss + l2 * sum(p.square().sum() for p in network.parameters())).backward()
        optimizer.step()
    return losses


def projections(name, values):
    """Sums of the elements under random signs, bit 63 of a word meaning minus."""
    flat = values.reshape(-1).astype(np.float64)
    words = (seeded.words(seeded.hash_name(f"{name}#projection {j}"), flat.size) for j in range(8))
    return [float(np.where(w >> np.uint64(63), -flat, flat).sum()) for w in words]


def samples(name, values):
    """Up to 64 elements: all; more: 32 of them."""
    flat = values.reshape(-1).astype(np.float64)
    if flat.size > 64:
        flat = flat[seeded.words(seeded.hash_name(f"{name}#samples"), 32) % np.uint64(flat.size)]
    return flat.tolist()


def difference(name, truth, other):
    error = other.astype(np.float64) - truth
    measures = {"largest": np.abs(error).max(), "norm": np.linalg.norm(error),
                "projection": np.abs(projections(name, error)).max()}
    return {key: short(value) for key, value in measures.items()}


def short(value):
    """Three digits: enough for a difference."""
    return float(f"{value:.2e}")


def truth_digits(values):
    """Nine digits: what float32 needs, and coarser than what differs between machines in float64."""
    return [float(f"{value:.8e}") for value in values]


def sketch(name, values):
    norm, largest = truth_digits([np.linalg.norm(values), np.abs(values).max()])
    return {"norm": norm, "largest": largest,
            "projections": truth_digits(projections(name, values)),
            "samples": truth_digits(samples(name, values))}


def compare(name, truth, *others):
    differences = (difference(name, truth, other) for other in others)
    return {"name": name, "sketch": sketch(name, truth)} | dict(zip(ARITHMETICS[1:], differences))


def record_logits(runs):
    truth, *others = (run.double() for run in runs)
    largest = (short((other - truth).abs().max().item()) for other in others)
    values = truth_digits(truth.flatten().tolist())
    return {"shape": truth.shape, "values": values} | dict(zip(ARITHMETICS[1:], largest))


def record_training(fixture):
    logits, losses, gradients, statistics = zip(*(train_once(fixture, a) for a in ARITHMETICS))
    from_logits = loss_of(logits[1].double(), fixture.tensor("targets", torch.float64)).item()
    return {
        "count": fixture.training_count, "logits": record_logits(logits),
        "loss": dict(zip(ARITHMETICS, losses)) | {"fromFloat32Logits": from_logits},
        "gradients": [compare(n, *(run[n] for run in gradients)) for n in gradients[0]],
        "statistics": [compare(n, *(run[n] for run in statistics)) for n in statistics[0]],
    }


def record_descent(fixture, rate, weight_decay, l2):
    losses = {a: descend(fixture, a, rate, weight_decay, l2) for a in ARITHMETICS}
    return {"learningRate": rate, "momentum": 0.9, "weightDecay": weight_decay, "l2": l2,
            "losses": losses}


def record_state(fixture):
    for name, tensor in fixture.state.items():
        record = {"name": name, "shape": tensor.shape, "checksum": seeded.checksum(tensor)}
        if fixture.kink_steps.get(name, np.zeros(1)).any():
            record["steps"] = fixture.kink_steps[name].astype(int).tolist()
        yield record


def record(fixture, descents):
    inputs = [{"name": name, "shape": tensor.shape, "checksum": seeded.checksum(tensor)}
              for name, tensor in fixture.inputs.items()]
    examples = [{"name": name, "sketch": sketch(name, fixture.state[name].astype(np.float64))}
                for name in EXAMPLES]
    return {
        "software": {"torch": torch.__version__, "numpy": np.__version__},
        "network": {"architecture": fixture.architecture, "depth": fixture.depth,
                    "widenFactor": fixture.widen_factor, "members": fixture.members,
                    "classes": fixture.classes},
        "seed": fixture.seed, "mean": fixture.mean, "std": fixture.std,
        "state": list(record_state(fixture)), "inputs": inputs, "examples": examples,
        "inference": {"count": INFERENCE_COUNT,
                      "logits": record_logits([infer(fixture, a) for a in ARITHMETICS])},
        "training": record_training(fixture),
        "descents": [record_descent(fixture, *descent) for descent in descents],
    }


def summary(name, result):
    """Rows of the README's table: what float32 costs in this network."""
    training = result["training"]
    for a in ARITHMETICS[1:]:
        def worst(tensors, measure, scale):
            return max(t[a][measure] / t["sketch"][scale] for t in training[tensors])

        logits = (x["logits"][a] / np.abs(x["logits"]["values"]).max()
                  for x in (result["inference"], training))
        loss = abs(training["loss"][a] - training["loss"]["float64"])
        drift = max(abs(x - y) for descent in result["descents"]
                    for x, y in zip(descent["losses"][a], descent["losses"]["float64"]))
        errors = (*logits, loss, worst("gradients", "norm", "norm"),
                   worst("gradients", "largest", "largest"),
                   worst("gradients", "projection", "norm"),
                   worst("statistics", "largest", "largest"), drift)
        print(f"| {name} | {a} | " + " | ".join(f"{x:.1e}" for x in errors) + " |", flush=True)


def descents(name, architecture, *_):
    """Learning rate, weight decay, l2 of each recorded descent."""
    rate = RATES[architecture]
    return [(rate, 0, 3e-4)] + ([(rate, 1e-4, 0)] if name == DECAYED else [])


def main(folder, names):
    torch.set_num_threads(1)  # the same sums in the same order on every machine of one kind
    for seed, (name, *network) in enumerate(NETWORKS, 1):
        if names and name not in names:
            continue
        result = record(Fixture(seed, *network), descents(name, *network))
        text = json.dumps(result, separators=(",", ":")).replace('{"name"', '\n{"name"')
        (pathlib.Path(folder) / f"{name}.json").write_text(text + "\n")
        summary(name, result)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
