"""A network and a data set of one's own for `goldstream train`.

    cd examples
    goldstream train --model my_nets.py:Net --dataset my_nets.py:Shapes --out runs/my_nets
    goldstream replay runs/my_nets

trains a small network with dropout and a residual addition to tell four shapes in images of
12 x 12 pixels. The images are drawn from a seed, so that the example needs no files.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Net", "Shapes"]


class Net(nn.Module):
    """Two convolutions, the second one in a residual block, and a linear layer.

    Parameters
    ----------
    channels, classes : int
        Given by `goldstream train` from the data set.
    width : float
        ``--width``.
    """

    def __init__(self, channels: int, classes: int, width: float = 1.0) -> None:
        super().__init__()
        size = max(4, round(32 * width))
        self.first = nn.Conv2d(channels, size, 3, padding=1)
        self.second = nn.Conv2d(size, size, 3, padding=1)
        self.norm = nn.BatchNorm2d(size)
        self.dropout = nn.Dropout(0.2)
        self.last = nn.Linear(size, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits ``[n, classes]`` of images ``[n, channels, height, width]``."""
        x = functional.max_pool2d(functional.relu(self.first(images)), 2)
        x = functional.relu(self.norm(self.second(x)) + x)
        return self.last(self.dropout(functional.adaptive_max_pool2d(x, 1).flatten(1)))


class Shapes(torch.utils.data.Dataset):
    """Grey images of bars, crosses and squares in noise.

    Parameters
    ----------
    train : bool
        Whether to make the 1024 training images or the 256 test images.
    """

    classes = ("horizontal bar", "vertical bar", "cross", "square")
    # A mirrored shape is of the same class, so that --augment is allowed.
    mirrors = True

    def __init__(self, train: bool) -> None:
        random = torch.Generator().manual_seed(int(train))
        count = 1024 if train else 256
        self.labels = torch.randint(4, (count,), generator=random)
        self.images = 0.5 * torch.rand(count, 1, 12, 12, generator=random)
        places = torch.randint(3, 8, (count, 2), generator=random)
        for image, label, (y, x) in zip(self.images, self.labels, places, strict=True):
            if label in (0, 2):
                image[0, y, x - 2 : x + 3] = 1
            if label in (1, 2):
                image[0, y - 2 : y + 3, x] = 1
            if label == 3:
                image[0, y - 1 : y + 2, x - 1 : x + 2] = 1

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.images[index], int(self.labels[index])
