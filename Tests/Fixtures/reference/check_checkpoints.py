#!/usr/bin/env python3
"""Holds mixmo's reading and writing of checkpoints and images against PyTorch and Pillow.

Written with torch 2.13.0+cpu, numpy 2.4.6, pillow 13.0.0, pyyaml and safetensors.

Use:  check_checkpoints.py FOLDER [--mixmo .build/release/mixmo] [--images 100] [--only wrn-10-1-m2] [--precision high]

For every network of the paper, random weights are saved by PyTorch in the zip and in the legacy form and scored by
`mixmo evaluate` on CIFAR's binary and Python files, or on a Tiny-ImageNet folder of PNG and of JPEG files. Then
`mixmo convert` writes them as .ckpt and as .safetensors, which PyTorch opens and runs. A line for each; the program ends
with 1 if a logit differs by more than 1e-3 or an argmax at all. Of Tiny-ImageNet's pictures there are 200 at least, one of each class.
"""
import argparse
import pathlib
import pickle
import shutil
import subprocess
import sys

import numpy as np
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file

import peer_torch

ROOT = pathlib.Path(__file__).resolve().parents[3]
NETWORKS = [("wrn", 10, 1, "cifar10", 10), ("wrn", 16, 4, "cifar100", 100), ("wrn", 28, 10, "cifar100", 100)]
NETWORKS += [("resnet", 18, width, "tinyimagenet200", 200) for width in (1, 2, 3)]


def random_images(count, side):
    """Smooth noise, which JPEG keeps and networks tell apart."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (count, side // 8, side // 8, 3), dtype=np.uint8)
    fine = np.stack([np.asarray(Image.fromarray(c).resize((side, side), Image.Resampling.BICUBIC)) for c in coarse])
    noise = rng.integers(-20, 21, fine.shape)
    return np.clip(fine.astype(int) + noise, 0, 255).astype(np.uint8)


def write_cifar(folder, kind, images):
    """Both forms, each below a data folder of its own; returns those folders with what they hold."""
    labels = [i % 10 for i in range(len(images))]
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    hundred = kind == "cifar100"
    binary = folder / "binary" / ("cifar-100-binary" if hundred else "cifar-10-batches-bin")
    python = folder / "python" / ("cifar-100-python" if hundred else "cifar-10-batches-py")
    for place in (binary, python):
        place.mkdir(parents=True, exist_ok=True)
    prefix = [[0, label] if hundred else [label] for label in labels]
    (binary / ("test.bin" if hundred else "test_batch.bin")).write_bytes(
        b"".join(bytes(p) + row.tobytes() for p, row in zip(prefix, planes)))
    entries = {b"fine_labels" if hundred else b"labels": labels, b"data": planes}
    (python / ("test" if hundred else "test_batch")).write_bytes(pickle.dumps(entries, protocol=2))
    return [("binary", folder / "binary", images), ("python", folder / "python", images)]


def write_tiny(folder, images):
    """Folders of PNG and of JPEG files, whose pixels are what Pillow reads back."""
    wnids = [f"n{i:08d}" for i in range(200)]
    forms = []
    for form, options in (("png", {}), ("jpeg", {"quality": 85})):
        root = folder / form / "tinyimagenet200-data"
        place = root / "val" / "images"
        place.mkdir(parents=True, exist_ok=True)
        (root / "wnids.txt").write_text("\n".join(wnids))
        lines, pixels = [], []
        for i, image in enumerate(images):
            name = f"val_{i}.{'JPEG' if form == 'jpeg' else 'png'}"
            picture = Image.fromarray(image).convert("L") if i % 10 == 3 else Image.fromarray(image)
            picture.save(place / name, form, **options)
            pixels.append(np.asarray(Image.open(place / name).convert("RGB")))
            lines.append(f"{name}\t{wnids[i % 200]}\t0\t0\t62\t62")
        (root / "val" / "val_annotations.txt").write_text("\n".join(lines) + "\n")
        forms.append((form, folder / form, np.stack(pixels)))
    return forms


def configuration(arch, depth, width, members, dataset, classes):
    kind = "1net_standard_bar1" if members == 1 else "cutmixmo-p5_standard_bar4"
    name = f"exp_cifar100_wrn2810{'_' if members == 1 else '-2_'}{kind}.yaml"
    text = yaml.safe_load((ROOT / "config/cifar100" / name).read_text())
    text["num_members"] = members
    text["data"] = {"dataset": dataset, "num_classes": classes}
    network = ("wideresnet" if arch == "wrn" else "resnet") + ("" if members == 1 else "mixmo")
    text["model_wrapper"]["network"] = {"name": network, "depth": depth, "widen_factor": width}
    return yaml.safe_dump(text)


def logits(network, arch, images):
    network.eval()
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in peer_torch.MEAN_STD[arch])
    with torch.inference_mode():
        batches = [torch.from_numpy(images[i:i + 50]).permute(0, 3, 1, 2).float() / 255 for i in range(0, len(images), 50)]
        return np.concatenate([network((b - mean) / std).numpy() for b in batches])


def compare(name, ours, theirs):
    """One line; whether all is well. Differences are scaled to logits of size 10, which trained networks have."""
    scale = 10 / max(10, np.abs(theirs).max())
    difference = np.abs(ours - theirs).max() * scale
    same = (ours.argmax(-1) == theirs.argmax(-1)).all() and (ours.mean(1).argmax(-1) == theirs.mean(1).argmax(-1)).all()
    good = difference <= 1e-3 and bool(same)
    print(f"{'ok ' if good else 'BAD'} {name}: max |difference| {difference:.2e}, argmax {'same' if same else 'differs'}",
          flush=True)
    return good


def run(mixmo, *arguments):
    subprocess.run([mixmo, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def check(folder, mixmo, precision, forms, arch, depth, width, members, dataset, classes):
    name = f"{arch}-{depth}-{width}-m{members}"
    network = peer_torch.build(argparse.Namespace(
        seed=members, arch=arch, depth=depth, width=width, members=members, classes=classes))
    # The heads are scaled so that logits have the size of a trained network's.
    expected = logits(network, arch, forms[0][2])
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.data *= 10 / np.abs(expected).max()
    (folder / "c.yaml").write_text(configuration(arch, depth, width, members, dataset, classes))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    state = {"epoch": 1, "classifier_state_dict": network.state_dict(),
             "classifier_optimizer_state_dict": optimizer.state_dict()}
    good = True
    for saved in ("zip", "legacy"):
        torch.save(state, folder / f"{saved}.ckpt", _use_new_zipfile_serialization=saved == "zip")
        for form, data, images in forms:
            output = folder / "out"
            shutil.rmtree(output, ignore_errors=True)
            run(mixmo, "evaluate", "--config", folder / "c.yaml", "--data", data, "--checkpoint",
                folder / f"{saved}.ckpt", "--output", output, "--precision", precision, "--quiet")
            ours = np.load(output / "predictions/clean-0.npy")
            good &= compare(f"{name} {saved} {form}", ours, logits(network, arch, images))
    for written in ("again.ckpt", "again.safetensors"):
        run(mixmo, "convert", folder / "legacy.ckpt", folder / written, "--quiet")
        loaded = load_file(folder / written) if written.endswith("safetensors") else torch.load(
            folder / written, weights_only=True)["classifier_state_dict"]
        copy = peer_torch.Network(arch, depth, width, members, classes)
        copy.load_state_dict(loaded)
        images = forms[0][2]
        good &= compare(f"{name} {written} in PyTorch", logits(copy, arch, images), logits(network, arch, images))
        (folder / written).unlink()
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--mixmo", default=ROOT / ".build/release/mixmo")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--precision", default="highest")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    good = True
    for arch, depth, width, dataset, classes in NETWORKS:
        for members in (1, 2, 3):
            if arguments.only not in f"{arch}-{depth}-{width}-m{members}":
                continue
            folder = arguments.folder / dataset
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            forms = (write_tiny(folder, random_images(max(arguments.images, 200), 64)) if arch == "resnet"
                     else write_cifar(folder, dataset, random_images(arguments.images, 32)))
            good &= check(folder, arguments.mixmo, arguments.precision, forms, arch, depth, width, members, dataset, classes)
            shutil.rmtree(folder)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
