"""A network of mixmo train as a program for mixmo evaluate --model, computed by PyTorch.

usage: peer_model.py CHECKPOINT DEPTH WIDTH MEMBERS CLASSES

Written with PyTorch 2.15.0. mixmo_client.py must be on the path.
"""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Fixtures" / "reference"))
from mixmo_client import serve  # noqa: E402
from peer_torch import Network  # noqa: E402

checkpoint = sys.argv[1]
network = Network("wrn", *map(int, sys.argv[2:6])).eval()
network.load_state_dict(torch.load(checkpoint, weights_only=False)["classifier_state_dict"])
mean, deviation = 0.305, 0.323  # those of the digits


@torch.inference_mode()
def predict(images):
    return network((torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / deviation)


serve(predict)
