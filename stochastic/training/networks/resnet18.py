"""ResNet18 for small images."""

from __future__ import annotations

import torch
from torch import nn

from .sizes import check_sizes

__all__ = ["resnet18"]

# Channels and stride of the four stages, of two blocks each.
STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, whose input is added to their output.

    If height, width or channels change, a 1 x 1 convolution gives the input the new shape.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False),
                nn.BatchNorm2d(outputs),
            )
        self.activation = nn.ReLU()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the activations after the block."""
        return self.activation(self.body(images) + self.shortcut(images))


def resnet18(*, channels: int = 1, classes: int = 10, width: float = 1.0) -> nn.Sequential:
    """Return ResNet18 with batch normalization for small images.

    One 3 x 3 convolution, eight residual blocks of two in four stages, the mean over all
    pixels, and one linear layer: the usual form for CIFAR-10, which starts at full resolution,
    unlike the form for large images.

    Parameters
    ----------
    channels, classes, width
        See `vgg16`.

    Returns
    -------
    torch.nn.Sequential
        As returned by `vgg16`, but for images of any size.

    Notes
    -----
    K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image Recognition",
    CVPR 2016, table 1, with projection shortcuts (option B).
    """
    channels, classes, scaled = check_sizes(channels, classes, width)
    size = scaled(STAGES[0][0])
    layers: list[nn.Module] = [
        nn.Conv2d(channels, size, 3, padding=1, bias=False),
        nn.BatchNorm2d(size),
        nn.ReLU(),
    ]
    for outputs, stride in STAGES:
        layers += [
            ResidualBlock(size, scaled(outputs), stride),
            ResidualBlock(scaled(outputs), scaled(outputs), 1),
        ]
        size = scaled(outputs)
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(size, classes)
    )
