"""Networks that compute on integral streams; PyTorch is needed for training and conversion."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .convolutional_network import ConvolutionalStreamNetwork, Window, WindowedLayer
from .hardware import circuit_of
from .inference import Inference
from .integral_stream_network import pixel_codes
from .stream_layer import StreamLayer, weight_codes
from .stream_network import StreamNetwork
from .stream_product import StreamProduct

if TYPE_CHECKING:
    from .conversion import convert
    from .counted_layer import CountedLayer
    from .counted_network import CountedNetwork
    from .stream_conv2d import StreamConv2d
    from .stream_convolution import StreamConvolution
    from .stream_linear import StreamLinear
    from .stream_run import StreamRun, load_trained
    from .stream_training import StreamTraining

__all__ = [
    "ConvolutionalStreamNetwork",
    "CountedLayer",
    "CountedNetwork",
    "Inference",
    "StreamConv2d",
    "StreamConvolution",
    "StreamLayer",
    "StreamLinear",
    "StreamNetwork",
    "StreamProduct",
    "StreamRun",
    "StreamTraining",
    "Window",
    "WindowedLayer",
    "circuit_of",
    "convert",
    "load_trained",
    "pixel_codes",
    "weight_codes",
]

# What needs PyTorch is imported when it is first used.
_LATE = {
    "CountedLayer": "counted_layer",
    "CountedNetwork": "counted_network",
    "StreamConv2d": "stream_conv2d",
    "StreamConvolution": "stream_convolution",
    "StreamLinear": "stream_linear",
    "StreamRun": "stream_run",
    "load_trained": "stream_run",
    "StreamTraining": "stream_training",
    "convert": "conversion",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_LATE[name]}", __name__), name)
    # The import has set the name to the module, where they are alike.
    globals()[name] = value
    return value
