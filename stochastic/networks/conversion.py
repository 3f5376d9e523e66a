"""Conversion of a PyTorch network to one that computes on streams."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
from torch import nn

from fixedpoint.circuit import check_integer

from ..generators.generator import Generator
from .convolutional_network import ConvolutionalStreamNetwork
from .counted_network import CountedNetwork, counted_network
from .integral_stream_network import pixel_codes
from .sequence import layers_of
from .stream_conv2d import StreamConv2d
from .stream_layer import WIDTH, StreamLayer, weight_codes
from .stream_linear import StreamLinear
from .stream_network import StreamNetwork
from .stream_product import StreamProduct
from .window_conversion import windowed_network

__all__ = ["convert"]

# Layers that make a network one of neurons.
NEURONS = (StreamLinear, StreamConv2d, nn.Sigmoid, nn.Tanh)
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
    range: int = 1,
    width: int | None = None,
    seed: int = 1,
    pixels: Generator | None = None,
    images: Any = None,
    encoding: str = "sign-magnitude",
    multiplier: str = "gate",
    generator: str = "lfsr",
    sets: int = 1,
    bias_correction: bool = False,
) -> StreamNetwork | ConvolutionalStreamNetwork | CountedNetwork:
    """Convert a network to one that computes on streams.

    There are two kinds. In a network of *neurons*, with `StreamLinear`, Sigmoid or Tanh, the
    bits of a layer go straight into the next: the result is a `StreamNetwork` of circuits
    `IntegralNeuron`. Every other network is *counted*: streams multiply, counters add all
    cycles, and numbers go to the next layer, which encodes them again. The result is a
    `CountedNetwork`, a module.

    Parameters
    ----------
    model : torch.nn.Module
        It is not changed. A network of neurons is a `torch.nn.Sequential` of Flatten,
        Identity, Dropout, and linear layers: `StreamLinear`, or Linear followed by Sigmoid or
        Tanh, except the last, which nothing follows. With `StreamConv2d` it has only these
        and `StreamLinear`, and becomes a `ConvolutionalStreamNetwork`. Its inputs are grey
        levels 0..1.
        A counted network is traceable by `torch.fx` and has convolutions, linear layers,
        batch normalization, ReLU, ReLU6, pooling, additions, flattening and dropout.
    length : int
        Cycles N, 1..65536. For a counted network ``length * range**2`` is a power of two, at
        most 32767.
    range : int
        Range m of the streams, 1..64: of the weights of neurons, that of every
        `StreamLinear`; of weights and activations of a counted network, up to 16.
    width : int, optional
        Bits of the generators. For neurons 3..16, by default 13: each layer needs (K + 1) m
        different seeds, of the 2^width - 1 that there are. For counted networks see
        `StreamProduct.of`.
    seed : int
        Seed of the generators: for neurons, layer i has the seed ``seed + i`` of
        `stream_seeds`.
    pixels : Generator, optional
        For neurons, as for `StreamNetwork`.
    images : array or tensor, optional
        Some images. Of a network of neurons, uint8 ``[n, ...]``, needed for Sigmoid and Tanh:
        a counter with K states has the slope K / v, and the variance v of its sums is
        measured on these images. With `StreamConv2d` they give the size of its input. Of a
        counted network, a float tensor
        ``[n, channels, height, width]``, always needed: the scale of every activation is
        chosen on them.
    encoding, multiplier : str
        For counted networks, as for `StreamProduct`. The encoding is ``"sign-magnitude"`` or
        ``"bipolar"``; the multiplier a ``"gate"``, or ``"conditional"`` for uMUL.
    generator, sets : {"lfsr", "sobol"}, int
        For counted networks, as for `StreamProduct.of`: kind of the generators, and how many
        sets of them the inputs of a sum take in turn.
    bias_correction : bool
        For counted networks: add to each bias what the sums on streams lack in the mean over
        the images (M. Nagel et al., ICCV 2019, section 4.2). It takes no hardware, and gains
        most where products share generators and therefore err alike.

    Returns
    -------
    StreamNetwork, ConvolutionalStreamNetwork or CountedNetwork

    Raises
    ------
    TypeError
        If the model is no module, or one of neurons and no `torch.nn.Sequential`.
    ValueError
        If a layer is unknown (the message names it), a weight is NaN or outside of the range,
        `length` or `range` is out of bounds, a layer needs more seeds than there are, or an
        argument is for the other kind of network.

    Notes
    -----
    Neurons: ``tanh(a) = 2 sigmoid(2 a) - 1``, so that a Tanh becomes a Sigmoid whose factor
    and offset move into the layers around it. The weights of a Linear before a Sigmoid are
    scaled so that the largest is m, and its counter's states follow from ``K = v / scale``. A
    `StreamLinear` keeps its weights and states.

    Counted: batch normalization is folded into the weights. Between the layers stand numbers
    of q + 1 bits, ``q = StreamProduct.digits``: counters' sums are rounded to them by a shift,
    as by a `Requantizer`; rectifiers, pooling and additions are those of
    `fixedpoint.layers`, and comparators encode the numbers again. `CountedLayer` states the
    circuits of a layer.

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
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
    ...     torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 2),
    ... )
    >>> images = torch.linspace(-1, 1, 72).reshape(2, 1, 6, 6)
    >>> network = convert(model, length=64, range=2, generator="sobol", images=images)
    >>> network(images).shape
    torch.Size([2, 2])
    >>> convert(torch.nn.Sequential(torch.nn.Softmax(dim=1)), length=64, images=images)
    Traceback (most recent call last):
    ValueError: a network on streams has layers Conv2d, Linear, BatchNorm1d, BatchNorm2d, \
ReLU, ReLU6, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, Flatten and \
additions, not Softmax at 0
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"convert takes a torch.nn.Module, not {type(model).__name__}")
    if any(isinstance(layer, NEURONS) for layer in model.modules()):
        counted = {
            "encoding": encoding, "multiplier": multiplier, "generator": generator,
            "sets": sets, "bias_correction": bias_correction,
        }  # fmt: skip
        for name, value in counted.items():
            if value != (convert.__kwdefaults__ or {})[name]:
                raise ValueError(f"{name} is for counted networks, not for one of neurons")
        width = check_integer("convert width", WIDTH if width is None else width, 3, 16)
        seed = check_integer("convert seed", seed, 1, 1 << 31)
        if any(isinstance(layer, StreamConv2d) for layer in model.modules()):
            return windowed_network(
                model,
                length=length,
                range_=range,
                width=width,
                seed=seed,
                pixels=pixels,
                images=images,
            )
        return _neurons(model, length, range, width, seed, pixels, images)
    if pixels is not None:
        raise ValueError("pixels is for networks of neurons, not for a counted one")
    product = StreamProduct.of(
        length=length,
        range=range,
        encoding=encoding,
        multiplier=multiplier,
        kind=generator,
        width=width,
        seed=seed,
        sets=sets,
    )
    return counted_network(model, product, images, bias_correction)


def _neurons(
    model: nn.Module,
    length: int,
    range_: int,
    width: int,
    seed: int,
    pixels: Generator | None,
    images: np.ndarray | None,
) -> StreamNetwork:
    """Convert a network of neurons."""
    length = check_integer("convert length", length, 1, 1 << 16)
    range_ = check_integer("convert range", range_, 1, 64)
    layers = _read(model, range_)
    if images is None and any(layer.activation for layer in layers):
        raise ValueError("convert needs images for layers with Sigmoid or Tanh")
    _without_tanh(layers)
    if images is not None:
        codes, wanted = pixel_codes(images), layers[0].weight.shape[1]
        if codes.shape[1] != wanted:
            raise ValueError(f"images must have {wanted} pixels, not {codes.shape[1]}")
        _choose_states(layers, range_, codes / 256)
    return StreamNetwork(
        [
            StreamLayer(
                weight_codes(
                    np.vstack([layer.weight.T, layer.bias]),
                    range_,
                    width,
                    f"weights of layer {layer.name}",
                ),
                range_,
                layer.states,
                width,
                seed + number,
            )
            for number, layer in enumerate(layers)
        ],
        length=length,
        pixels=pixels,
    )


def _read(model: nn.Module, range_: int) -> list[_Neurons]:
    """Return the linear layers of a model with their activations."""
    layers: list[_Neurons] = []
    for name, module in layers_of(model):
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
