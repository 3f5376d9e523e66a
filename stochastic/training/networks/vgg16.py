"""VGG16 for small images."""

from __future__ import annotations

from torch import nn

from .sizes import check_sizes

__all__ = ["LARGEST_SIDE", "vgg16"]

# Channels of the thirteen 3 x 3 convolutions; "pool" halves height and width.
VGG16 = (
    *(64, 64, "pool"),
    *(128, 128, "pool"),
    *(256, 256, 256, "pool"),
    *(512, 512, 512, "pool"),
    *(512, 512, 512, "pool"),
)
# Height and width of the largest images that are reduced to the one pixel of the linear layer.
LARGEST_SIDE = 2 ** VGG16.count("pool")


def vgg16(*, channels: int = 1, classes: int = 10, width: float = 1.0) -> nn.Sequential:
    """Return VGG16 with batch normalization for small images.

    Thirteen convolutions in five stages, each followed by batch normalization and ReLU, and
    one linear layer: the usual form for CIFAR-10. Pooling rounds sizes up, so that images of
    28 x 28 and of 32 x 32 are both reduced to one pixel.

    Parameters
    ----------
    channels : int
        Number of channels of the images, at least 1.
    classes : int
        Number of outputs of the network.
    width : float
        Factor of the channels of every layer, above 0 and at most 1. A layer keeps at least
        one channel.

    Returns
    -------
    torch.nn.Sequential
        Network from float32 images ``[n, channels, height, width]``, up to 32 pixels high and
        wide, to logits ``[n, classes]``. Its parameters have torch's default random
        initialization.

    Notes
    -----
    K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition", ICLR 2015, configuration D; batch normalization and the single linear
    layer follow common use on small images.
    """
    channels, classes, scaled = check_sizes(channels, classes, width)
    layers: list[nn.Module] = []
    for size in VGG16:
        if isinstance(size, str):
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            continue
        outputs = scaled(size)
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
        channels = outputs
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels, classes))
