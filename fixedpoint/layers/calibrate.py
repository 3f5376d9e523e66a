"""Choice of a network's formats from its activations on some images."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import check_choice, check_integer
from ..formats.format import Format
from ..formats.modes import Overflow
from ..formats.result_formats import accumulated_format, product_format
from .cast import Cast
from .choose_format import METHODS, choose_format
from .graph import INPUT, Graph, Operation, Sum, read_graph
from .layer_formats import LayerFormats

__all__ = ["calibrate", "formats_of_graph"]

# Operations that round; the others keep the format of their input.
_POOLS = (nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_WEIGHTED = (nn.Conv2d, nn.Linear)
_CLIPS = (nn.ReLU, nn.ReLU6)


def calibrate(
    model: nn.Module,
    images: torch.Tensor,
    *,
    bits: int = 8,
    method: str = "error",
) -> dict[str, LayerFormats | Cast]:
    """Choose a network's formats from its weights and its activations on some images.

    Parameters
    ----------
    model : torch.nn.Module
        As for `convert`.
    images : tensor ``[n, channels, height, width]``
        Inputs of the network; all are run at once.
    bits : int
        Of every weight and activation, 2..24.
    method : {"error", "maximum"}
        As for `choose_format`.

    Returns
    -------
    dict
        Keys are the names of layers in the model, or the names that `torch.fx` gives to
        additions. Values are a `LayerFormats` for each convolution and linear layer, with
        batch normalization folded into its weights, and a `Cast` for each addition, each
        average pooling, and the input, ``"input"``. To give a layer other formats, change
        its entry and pass the dictionary to `convert`.

    Notes
    -----
    All casts round to nearest even and saturate. If a ReLU follows, formats are chosen for
    its outputs, and so are unsigned. Accumulators are exact: wide enough for any input. The
    last layer has no output format; its sums are the network's output.
    """
    return formats_of_graph(read_graph(model), images, bits=bits, method=method)


def formats_of_graph(
    graph: Graph, images: torch.Tensor, *, bits: int, method: str
) -> dict[str, LayerFormats | Cast]:
    """Choose the formats of the operations of a graph from `read_graph`."""
    bits = check_integer("bits of weights and activations", bits, 2, 24)
    check_choice("method of choosing formats", method, METHODS)
    if len(images) == 0:
        raise ValueError("formats are chosen from one image or more, not none")

    def cast_of(values: torch.Tensor) -> Cast:
        return Cast(format=choose_format(values, bits, method=method))

    last_uses = graph.last_uses()
    # A layer that works in place must not change the caller's images.
    values: dict[str, torch.Tensor] = {INPUT: images.clone()}
    result: dict[str, LayerFormats | Cast] = {INPUT: cast_of(images)}
    formats: dict[str, Format] = {INPUT: result[INPUT].format}  # type: ignore[union-attr]
    for operation in graph.operations:
        layer = operation.layer
        with torch.no_grad():
            activations = layer(*(values[i] for i in operation.inputs))
        values[operation.name] = activations
        source = formats[operation.inputs[0]]
        if isinstance(layer, (*_WEIGHTED, *_POOLS, Sum)):
            output = cast_of(_clipped(graph, operation, activations))
            formats[operation.name] = output.format
            result[operation.name] = output
            if isinstance(layer, _WEIGHTED):
                last = operation.name == graph.output
                try:
                    chosen = _layer_formats(
                        layer, source, bits, method, None if last else output
                    )
                except ValueError as error:
                    raise ValueError(
                        f"layer {operation.name} cannot have {bits} bits: {error}"
                    ) from None
                result[operation.name] = chosen
                formats[operation.name] = chosen.output_format
        else:
            formats[operation.name] = source
        for name in operation.inputs:
            if last_uses.get(name) == operation.name:
                values.pop(name, None)
    return result


def _clipped(graph: Graph, operation: Operation, activations: torch.Tensor) -> torch.Tensor:
    """Return the activations after a clipping operation, if that is their only user."""
    users = graph.users(operation.name)
    if len(users) == 1 and isinstance(users[0].layer, _CLIPS):
        with torch.no_grad():
            return users[0].layer(activations.clone())
    return activations


def _layer_formats(
    layer: Any, source: Format, bits: int, method: str, output: Cast | None
) -> LayerFormats:
    weight = choose_format(layer.weight, bits, signed=True, method=method)
    depth = math.prod(layer.weight.shape[1:])
    exact = accumulated_format(product_format(weight, source), depth)
    int_bits = exact.int_bits
    if layer.bias is not None:
        largest = float(layer.bias.detach().abs().max())
        int_bits = max(int_bits, math.frexp(largest)[1] + 1) + 1
    return LayerFormats(
        input=source,
        weight=Cast(format=weight),
        accumulator=AccumulatorSpec(
            format=Format(int_bits=int_bits, frac_bits=exact.frac_bits),
            overflow=Overflow.SATURATE,
        ),
        output=output,
    )
