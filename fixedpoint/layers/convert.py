"""Conversion of a float network to a fixed-point network."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..circuit.checks import shown
from ..formats.format import Format
from ..rounding.word_reader import WordReader, as_reader
from .activation import ReLU, ReLU6
from .calibrate import formats_of_graph
from .cast import Cast
from .convolution import Conv2d, Linear
from .graph import INPUT, Operation, Sum, read_graph
from .layer_formats import LayerFormats
from .network import FixedPointNetwork
from .pooling import AvgPool2d, GlobalAvgPool2d, MaxPool2d
from .residual import Add
from .round_tensor import Quantize

__all__ = ["convert"]


def convert(
    model: nn.Module,
    images: torch.Tensor | None = None,
    *,
    bits: int = 8,
    method: str = "error",
    formats: dict[str, LayerFormats | Cast] | None = None,
    words: Any = None,
) -> FixedPointNetwork:
    """Convert a float network to a bit-accurate fixed-point network.

    Parameters
    ----------
    model : torch.nn.Module
        Built from convolutions, linear layers, batch normalization, ReLU, ReLU6, pooling,
        additions and flattening, and traceable by `torch.fx`. It is not changed.
    images : tensor ``[n, channels, height, width]``, optional
        For the choice of formats; required unless `formats` is given.
    bits, method
        As for `calibrate`.
    formats : dict, optional
        As returned by `calibrate`, possibly with changed entries.
    words : word source or WordReader, optional
        For STOCHASTIC; shared by all layers, which read from it in turn.

    Returns
    -------
    FixedPointNetwork
        With batch normalization folded into the preceding layers.

    Raises
    ------
    ValueError
        If an operation has no fixed-point counterpart (the message names it), a layer has no
        formats, or its input format differs from the output format of the layer before it.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from fixedpoint.layers import convert
    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    >>> images = torch.linspace(-1, 1, 32).reshape(2, 1, 4, 4)
    >>> network = convert(model, images, bits=8)
    >>> [trace.name for trace in network.traces(images)]
    ['0', '3']
    >>> convert(nn.Sequential(nn.Sigmoid()), images)
    Traceback (most recent call last):
    ValueError: a network in fixed point has layers Conv2d, Linear, BatchNorm1d, \
BatchNorm2d, ReLU, ReLU6, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, \
Flatten and additions, not Sigmoid at 0
    """
    graph = read_graph(model)
    if formats is None:
        if images is None:
            raise ValueError("convert needs images or formats, and has neither")
        formats = formats_of_graph(graph, images, bits=bits, method=method)
    reader = None if words is None else as_reader(words)
    entry = Quantize(_entry(formats, INPUT, Cast), bits=reader)
    outputs: dict[str, Format] = {INPUT: entry.output_format}
    steps = []
    for operation in graph.operations:
        sources = [outputs[i] for i in operation.inputs]
        layer = _layer(operation, sources, formats, reader)
        outputs[operation.name] = getattr(layer, "output_format", sources[0])
        steps.append((operation.name, layer, operation.inputs))
    return FixedPointNetwork(entry, steps, graph.output, outputs[graph.output])


def _layer(
    operation: Operation,
    sources: list[Format],
    formats: dict[str, LayerFormats | Cast],
    reader: WordReader | None,
) -> nn.Module:
    """Return the fixed-point layer of an operation whose inputs have the formats `sources`."""
    name, layer, source = operation.name, operation.layer, sources[0]
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        entry = _entry(formats, name, LayerFormats)
        if entry.input != source:
            raise ValueError(f"layer {name} takes {entry.input}, but what it reads is {source}")
        if isinstance(layer, nn.Conv2d):
            return Conv2d.of(layer, entry, bits=reader)
        return Linear.of(layer, entry, bits=reader)
    if isinstance(layer, Sum):
        return Add(sources[0], sources[1], _entry(formats, name, Cast), bits=reader)
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return GlobalAvgPool2d(input=source, output=_entry(formats, name, Cast), bits=reader)
    if isinstance(layer, nn.AvgPool2d):
        return AvgPool2d(
            layer.kernel_size,
            layer.stride,
            layer.padding,
            layer.ceil_mode,
            layer.count_include_pad,
            input=source,
            output=_entry(formats, name, Cast),
            bits=reader,
        )
    if isinstance(layer, nn.MaxPool2d):
        return MaxPool2d(
            layer.kernel_size, layer.stride, layer.padding, layer.dilation,
            ceil_mode=layer.ceil_mode,
        )  # fmt: skip
    if isinstance(layer, nn.ReLU6):
        return ReLU6(source)
    if isinstance(layer, nn.ReLU):
        return ReLU()
    return layer  # Flatten and AdaptiveMaxPool2d round nothing.


def _entry(formats: dict[str, LayerFormats | Cast], name: str, kind: type) -> Any:
    entry = formats.get(name)
    if not isinstance(entry, kind):
        raise ValueError(f"{name} needs formats of type {kind.__name__}, not {shown(entry)}")
    return entry
