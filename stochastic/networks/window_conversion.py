"""Conversion of convolutions of neurons to a network on integral streams."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from ..generators.generator import Generator
from .convolutional_network import ConvolutionalStreamNetwork, Window, WindowedLayer
from .sequence import layers_of
from .stream_conv2d import StreamConv2d
from .stream_layer import StreamLayer, weight_codes
from .stream_linear import StreamLinear

__all__ = ["windowed_network"]

PASSED = (nn.Flatten, nn.Identity, nn.Dropout)
KNOWN = "StreamConv2d, StreamLinear, Flatten, Identity and Dropout"


def windowed_network(
    model: nn.Module,
    *,
    length: int,
    range_: int,
    width: int,
    seed: int,
    pixels: Generator | None,
    images: Any,
) -> ConvolutionalStreamNetwork:
    """Return the network on streams of a trained sequence of layers; see `convert`.

    Parameters
    ----------
    images : uint8 array ``[n, height, width]`` or ``[n, channels, height, width]``
        Only its shape is used.
    """
    shape = np.shape(images)
    if len(shape) not in (3, 4):
        raise ValueError("convert needs images, for the size of a convolution's inputs")
    channels, height, width_ = (1, *shape[1:]) if len(shape) == 3 else shape[1:]
    layers: list[WindowedLayer] = []
    for name, module in layers_of(model):
        if isinstance(module, (StreamConv2d, StreamLinear)):
            if module.range != range_:
                raise ValueError(
                    f"layer {name} was made for range {module.range}, not {range_}"
                )
            weight = module.weight.detach().double().numpy()
            if isinstance(module, StreamConv2d):
                window = Window(
                    channels, height, width_,
                    module.kernel_size[0], module.margin, module.pool,
                )  # fmt: skip
            else:
                window = Window(channels, height, width_, height)
            if weight[0].size != window.inputs:
                raise ValueError(
                    f"layer {name} takes {weight[0].size} inputs, not {window.inputs}"
                )
            # Rows, columns, channels, as all windows have them.
            kernels = weight.reshape(len(weight), channels, window.kernel, window.kernel)
            rows = kernels.transpose(2, 3, 1, 0).reshape(window.inputs, len(weight))
            assert module.bias is not None
            values = np.vstack([rows, module.bias.detach().double().numpy()])
            codes = weight_codes(values, range_, width, f"weights of layer {name}")
            layer = StreamLayer(codes, range_, module.states, width, seed + len(layers))
            layers.append(WindowedLayer(layer, window))
            channels, (height, width_) = len(weight), window.size
        elif not isinstance(module, PASSED):
            kind = type(module).__name__
            raise ValueError(
                f"a convolutional network of neurons has layers {KNOWN}, not {kind} at {name}"
            )
    return ConvolutionalStreamNetwork(layers, length=length, pixels=pixels)
