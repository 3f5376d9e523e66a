"""Networks to train, at full width or narrower."""

from collections.abc import Callable

from torch import nn

from .mobilenet_v2 import mobilenet_v2
from .resnet18 import resnet18
from .vgg16 import vgg16

__all__ = ["NETWORKS", "mobilenet_v2", "resnet18", "vgg16"]

# Every network by its name on the command line.
NETWORKS: dict[str, Callable[..., nn.Sequential]] = {
    "vgg16": vgg16,
    "resnet18": resnet18,
    "mobilenetv2": mobilenet_v2,
}
