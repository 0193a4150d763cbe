"""Each byte normalized as torchvision's ToTensor and Normalize do. Python 3.11, PyTorch 2.13.0.

Run in this folder: python normalization.py; writes normalization.f32, float32 [3, 256, 3] of CIFAR,
Tiny-ImageNet and digits.
"""
import torch

constants = [
    ((0.4913725490196078, 0.4823529411764706, 0.4466666666666667), (0.2023, 0.1994, 0.2010)),
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ((0.305, 0.305, 0.305), (0.323, 0.323, 0.323)),
]
tables = []
for mean, std in constants:
    image = torch.arange(256, dtype=torch.uint8).repeat(3, 1).reshape(3, 16, 16)
    tensor = image.to(torch.float32).div(255)
    tensor.sub_(torch.tensor(mean).view(-1, 1, 1)).div_(torch.tensor(std).view(-1, 1, 1))
    tables.append(tensor.reshape(3, 256).T)
torch.stack(tables).contiguous().numpy().astype("<f4").tofile("normalization.f32")
