"""Conversion of a PyTorch network to one that computes on integral streams."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from torch import nn

from fixedpoint.circuit import check_integer

from ..generators.generator import Generator
from .stream_layer import StreamLayer, weight_codes
from .stream_linear import StreamLinear
from .stream_network import StreamNetwork, pixel_codes

__all__ = ["convert"]

# Layers that change nothing in inference.
PASSED = (nn.Flatten, nn.Identity, nn.Dropout)
KNOWN = "Flatten, Identity, Dropout, Linear, StreamLinear, Sigmoid and Tanh"


@dataclasses.dataclass
class _Neurons:
    """A layer on the way: weights, bias, and what follows the sum."""

    name: str
    weight: np.ndarray
    bias: np.ndarray
    activation: str | None = None
    states: int | None = None


def convert(
    model: nn.Module,
    *,
    length: int,
    range: int,
    width: int = 13,
    seed: int = 1,
    pixels: Generator | None = None,
    images: np.ndarray | None = None,
) -> StreamNetwork:
    """Convert a network to one that computes on integral streams.

    Parameters
    ----------
    model : torch.nn.Sequential
        Flatten, Identity, Dropout, and linear layers: `StreamLinear`, or Linear followed by
        Sigmoid or Tanh, except the last, which nothing follows. Its inputs are grey levels
        0..1. It is not changed.
    length : int
        Cycles N, 1..65536.
    range : int
        Range m of the weights' streams, 1..64. That of every `StreamLinear`.
    width : int
        Bits of the weights' generators, 3..16. Each layer needs (K + 1) m different seeds.
    seed : int
        Seed of the generators: layer i has the seed ``seed + i`` of `stream_seeds`.
    pixels : Generator, optional
        As for `StreamNetwork`.
    images : uint8 array ``[n, ...]``, optional
        Needed for Sigmoid and Tanh: a counter with K states has the slope K / v, and the
        variance v of its sums is measured on these images.

    Returns
    -------
    StreamNetwork

    Raises
    ------
    TypeError
        If the model is no `torch.nn.Sequential`.
    ValueError
        If a layer is unknown (the message names it), a weight is NaN or outside of the range,
        or `length` or `range` is out of bounds.

    Notes
    -----
    ``tanh(a) = 2 sigmoid(2 a) - 1``, so that a Tanh becomes a Sigmoid whose factor and offset
    move into the layers around it. The weights of a Linear before a Sigmoid are scaled so that
    the largest is m, and its counter's states follow from ``K = v / scale``. A
    `StreamLinear` keeps its weights and states.

    Examples
    --------
    >>> import torch
    >>> from stochastic.networks import StreamLinear, convert
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Flatten(),
    ...     StreamLinear(4, 3, range=2, states=16),
    ...     StreamLinear(3, 2, range=2),
    ... )
    >>> network = convert(model, length=64, range=2)
    >>> network.classify(torch.zeros(5, 2, 2, dtype=torch.uint8).numpy()).shape
    (5,)
    >>> convert(torch.nn.Sequential(torch.nn.Softmax(dim=1)), length=64, range=2)
    Traceback (most recent call last):
    ValueError: a network on streams has layers Flatten, Identity, Dropout, Linear, \
StreamLinear, Sigmoid and Tanh, not Softmax at 0
    """
    length = check_integer("convert length", length, 1, 1 << 16)
    range = check_integer("convert range", range, 1, 64)
    width = check_integer("convert width", width, 3, 16)
    layers = _read(model, range)
    if images is None and any(layer.activation for layer in layers):
        raise ValueError("convert needs images for layers with Sigmoid or Tanh")
    _without_tanh(layers)
    if images is not None:
        _choose_states(layers, range, pixel_codes(images) / 256)
    return StreamNetwork(
        [
            StreamLayer(
                weight_codes(
                    np.vstack([layer.weight.T, layer.bias]),
                    range,
                    width,
                    f"weights of layer {layer.name}",
                ),
                range,
                layer.states,
                width,
                check_integer("convert seed", seed, 1, 1 << 31) + number,
            )
            for number, layer in enumerate(layers)
        ],
        length=length,
        pixels=pixels,
    )


def _read(model: nn.Module, range_: int) -> list[_Neurons]:
    """Return the linear layers of a model with their activations."""
    if not isinstance(model, nn.Sequential):
        raise TypeError(f"convert takes a torch.nn.Sequential, not {type(model).__name__}")
    layers: list[_Neurons] = []
    for name, module in _leaves(model):
        if isinstance(module, nn.Linear):
            if layers and layers[-1].activation is None and layers[-1].states is None:
                raise ValueError(f"layer {layers[-1].name} needs an activation before {name}")
            weight = module.weight.detach().double().numpy()
            bias = np.zeros(len(weight))
            if module.bias is not None:
                bias = module.bias.detach().double().numpy()
            layer = _Neurons(name, weight, bias)
            if isinstance(module, StreamLinear):
                if module.range != range_:
                    raise ValueError(
                        f"layer {name} was made for range {module.range}, not {range_}"
                    )
                layer.states = module.states
            layers.append(layer)
        elif isinstance(module, (nn.Sigmoid, nn.Tanh)):
            kind = type(module).__name__
            if not layers or layers[-1].activation or layers[-1].states is not None:
                raise ValueError(f"{kind} at {name} must follow a Linear")
            layers[-1].activation = kind
        elif not isinstance(module, PASSED):
            kind = type(module).__name__
            raise ValueError(f"a network on streams has layers {KNOWN}, not {kind} at {name}")
    if not layers:
        raise ValueError("a network on streams must have a linear layer")
    last = layers[-1]
    if last.activation or last.states is not None:
        raise ValueError(f"nothing may follow the sums of the last layer {last.name}")
    return layers


def _leaves(model: nn.Sequential, path: str = ""):
    """Yield name and module of everything inside, in order."""
    for name, module in model.named_children():
        if isinstance(module, nn.Sequential):
            yield from _leaves(module, f"{path}{name}.")
        else:
            yield path + name, module


def _without_tanh(layers: list[_Neurons]) -> None:
    """Write every Tanh as a Sigmoid between scaled layers."""
    for layer, after in itertools.pairwise(layers):
        if layer.activation == "Tanh":
            layer.weight, layer.bias = 2 * layer.weight, 2 * layer.bias
            after.bias = after.bias - after.weight.sum(axis=1)
            after.weight = 2 * after.weight


def _choose_states(layers: list[_Neurons], range_: int, x: np.ndarray) -> None:
    """Scale the layers of a Sigmoid to the range and give their counters the right slope."""
    for layer in layers:
        parameters = np.concatenate([layer.weight.ravel(), layer.bias])
        largest = np.abs(parameters).max(initial=0.0)
        if np.isnan(largest):
            raise ValueError(f"weights of layer {layer.name} must be numbers, not NaN")
        if layer.states is None and largest:
            # Labels do not depend on the scale of the last layer.
            scale = range_ / largest
            layer.weight, layer.bias = scale * layer.weight, scale * layer.bias
        if layer.activation is None:
            if layer.states is None:
                return
            raise ValueError(f"layer {layer.name} keeps its states: give no images")
        sums = x @ layer.weight.T + layer.bias
        squares = layer.weight.T**2
        variance = x @ (range_ + (1 - 1 / range_) * squares) - x**2 @ squares
        variance = variance + range_ - layer.bias**2 / range_
        slope = float(variance.mean()) / (scale if largest else 1.0)
        # K_e = K - 1 + 1.166 sqrt(v), see `transfer`.
        states = slope + 1 - 1.166 * float(np.sqrt(variance.mean()))
        layer.states = max(2, 2 * round(states / 2))
        x = 1 / (1 + np.exp(-slope * sums / variance))
