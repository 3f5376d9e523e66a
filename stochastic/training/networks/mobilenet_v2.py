"""MobileNetV2 for small images."""

from __future__ import annotations

import torch
from torch import nn

from .sizes import check_sizes

__all__ = ["mobilenet_v2"]

# Expansion, channels, blocks, and stride of the first block.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
FIRST_CHANNELS = 32
LAST_CHANNELS = 1280


class InvertedResidual(nn.Module):
    """A 1 x 1 expansion, a depthwise 3 x 3 convolution and a 1 x 1 projection.

    If height and width do not change, the input is added to the output, through a 1 x 1
    convolution if the channels change.
    """

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = expansion * inputs
        self.body = nn.Sequential(
            nn.Conv2d(inputs, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, inner, 3, stride=stride, padding=1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.residual = stride == 1
        self.shortcut = nn.Sequential()
        if self.residual and inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the activations after the block."""
        if not self.residual:
            return self.body(images)
        return self.body(images) + self.shortcut(images)


def mobilenet_v2(*, channels: int = 1, classes: int = 10, width: float = 1.0) -> nn.Sequential:
    """Return MobileNetV2 for small images.

    One 3 x 3 convolution, seventeen inverted residual blocks, a 1 x 1 convolution, the mean
    over all pixels, and one linear layer: the usual form for CIFAR-10, which halves height
    and width three times instead of five, and has a projection shortcut in every block that
    does not halve them.

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
    M. Sandler, A. Howard, M. Zhu, A. Zhmoginov and L.-C. Chen, "MobileNetV2: Inverted
    Residuals and Linear Bottlenecks", CVPR 2018, table 2.
    """
    channels, classes, scaled = check_sizes(channels, classes, width)
    size = scaled(FIRST_CHANNELS)
    layers: list[nn.Module] = [
        nn.Conv2d(channels, size, 3, padding=1, bias=False),
        nn.BatchNorm2d(size),
        nn.ReLU6(),
    ]
    for expansion, outputs, blocks, stride in STAGES:
        for block in range(blocks):
            layers.append(
                InvertedResidual(size, scaled(outputs), expansion, 1 if block else stride)
            )
            size = scaled(outputs)
    return nn.Sequential(
        *layers,
        nn.Conv2d(size, scaled(LAST_CHANNELS), 1, bias=False),
        nn.BatchNorm2d(scaled(LAST_CHANNELS)),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(scaled(LAST_CHANNELS), classes),
    )
