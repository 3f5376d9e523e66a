"""A network whose products are streams, with numbers between its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fixedpoint.formats.format import Format
from fixedpoint.layers.activation import ReLU, ReLU6
from fixedpoint.layers.cast import Cast
from fixedpoint.layers.choose_format import choose_format
from fixedpoint.layers.graph import INPUT, Graph, Operation, Sum, read_graph
from fixedpoint.layers.network import FixedPointNetwork
from fixedpoint.layers.pooling import AvgPool2d, GlobalAvgPool2d, MaxPool2d
from fixedpoint.layers.residual import Add
from fixedpoint.layers.round_tensor import Quantize

from .bias_correction import correct_biases
from .counted_layer import CountedLayer, format_of
from .stream_product import StreamProduct

__all__ = ["CountedNetwork", "counted_network"]

WEIGHTED = (nn.Conv2d, nn.Linear)
POOLS = (nn.AvgPool2d, nn.AdaptiveAvgPool2d)
CLIPS = (nn.ReLU, nn.ReLU6)
# Numbers of a layer from which its format is chosen.
SAMPLES = 1 << 16


class CountedNetwork(FixedPointNetwork):
    """A network in which streams multiply, counters add, and numbers go from layer to layer.

    `convert` creates it. It is a module: its gradients pass straight through streams and
    rounding to the float weights, so that it can be trained.

    Attributes
    ----------
    product : StreamProduct
        The multiplier of all layers.
    """

    product: StreamProduct

    def classify(
        self,
        images: torch.Tensor,
        *,
        batch: int = 100,
        progress: Callable[[int], None] = lambda done: None,
    ) -> NDArray[np.int64]:
        """Return the label of each image: the first of the largest outputs.

        Parameters
        ----------
        images : float tensor ``[n, channels, height, width]``
        batch : int
            Images at a time.
        progress : callable
            Called with the number of finished images.
        """
        labels = np.empty(len(images), np.int64)
        with torch.no_grad():
            for begin in range(0, len(images), batch):
                part = images[begin : begin + batch]
                labels[begin : begin + len(part)] = self(part).argmax(dim=1).numpy()
                progress(begin + len(part))
        return labels


def counted_network(
    model: nn.Module, product: StreamProduct, images: torch.Tensor, corrected: bool = False
) -> CountedNetwork:
    """Return the network on streams of a float network; see `convert`."""
    product.check_counted()
    graph = _graph(model)
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or not len(images):
        given = (
            tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
        )
        raise ValueError(
            f"convert needs a tensor of images [n, channels, height, width], not {given}"
        )
    kind = next(iter(model.parameters())).dtype
    if images.dtype != kind:
        raise ValueError(f"images must be of {kind}, as the weights, not {images.dtype}")
    exponents = _exponents(graph, product, images)
    formats = {name: format_of(product, exponent) for name, exponent in exponents.items()}
    entry = Quantize(Cast(format=formats[INPUT]))
    steps = [
        (operation.name, _layer(operation, graph, product, formats), operation.inputs)
        for operation in graph.operations
    ]
    network = CountedNetwork(entry, steps, graph.output, formats[graph.output])
    network.product = product
    if corrected:
        correct_biases(network, images)
    return network


def _graph(model: nn.Module) -> Graph:
    try:
        graph = read_graph(model)
    except ValueError as error:
        message = str(error).replace("fixed-point layers", "layers on streams")
        raise ValueError(message.replace("in fixed point", "on streams")) from None
    if not any(isinstance(o.layer, WEIGHTED) for o in graph.operations):
        raise ValueError("a network on streams must have a convolution or a linear layer")
    for operation in graph.operations:
        for name, values in operation.layer.named_parameters():
            if not torch.isfinite(values).all():
                kind = "NaN" if torch.isnan(values).any() else "infinity"
                plural = "weights" if name == "weight" else "biases"
                raise ValueError(
                    f"{plural} of layer {operation.name} must be numbers, not {kind}"
                )
    return graph


def _exponents(graph: Graph, product: StreamProduct, images: torch.Tensor) -> dict[str, int]:
    """Choose the scale 2^e of every operation's output from its values on some images."""
    width = product.digits + 1

    def exponent(values: torch.Tensor) -> int:
        flat = values.detach().reshape(-1)
        # An odd distance meets all pixels and channels.
        sample = flat[:: max(1, flat.numel() // SAMPLES) | 1]
        return choose_format(sample, width, signed=True).int_bits - 1

    values: dict[str, torch.Tensor] = {INPUT: images}
    chosen = {INPUT: exponent(images)}
    for operation in graph.operations:
        layer = operation.layer
        with torch.no_grad():
            try:
                output = layer(*(values[i] for i in operation.inputs))
            except RuntimeError:
                shape = tuple(values[operation.inputs[0]].shape)
                raise ValueError(
                    f"layer {operation.name} cannot take an input of shape {shape}"
                ) from None
            values[operation.name] = output
            if not isinstance(layer, (*WEIGHTED, *POOLS, Sum)):
                chosen[operation.name] = chosen[operation.inputs[0]]
                continue
            users = graph.users(operation.name)
            if len(users) == 1 and isinstance(users[0].layer, CLIPS):
                output = users[0].layer(output.clone())
            chosen[operation.name] = exponent(output)
    return chosen


def _layer(
    operation: Operation, graph: Graph, product: StreamProduct, formats: dict[str, Format]
) -> nn.Module:
    """Return the layer on streams, or in fixed point, of a float layer."""
    layer, output = operation.layer, formats[operation.name]
    sources = [formats[name] for name in operation.inputs]
    if isinstance(layer, WEIGHTED):
        last = operation.name == graph.output
        return CountedLayer(layer, product, sources[0], None if last else output)
    if isinstance(layer, Sum):
        return Add(sources[0], sources[1], Cast(format=output))
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return GlobalAvgPool2d(input=sources[0], output=Cast(format=output))
    if isinstance(layer, nn.AvgPool2d):
        options: dict[str, Any] = {"input": sources[0], "output": Cast(format=output)}
        return AvgPool2d(
            layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode,
            layer.count_include_pad, **options,
        )  # fmt: skip
    if isinstance(layer, nn.MaxPool2d):
        return MaxPool2d(
            layer.kernel_size, layer.stride, layer.padding, layer.dilation,
            ceil_mode=layer.ceil_mode,
        )  # fmt: skip
    if isinstance(layer, nn.ReLU6):
        return ReLU6(output)
    return ReLU() if isinstance(layer, nn.ReLU) else layer
