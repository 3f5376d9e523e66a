"""Forward pass by the bit-accurate simulation, with the transfer law as gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .conversion import convert
from .counted_network import CountedNetwork
from .sequence import layers_of
from .stream_conv2d import StreamConv2d
from .stream_linear import StreamLinear
from .transfer_law import transfer

__all__ = ["simulated_forward"]


def simulated_forward(model: nn.Sequential, images: torch.Tensor, seed: int) -> torch.Tensor:
    """Return the mean sums of the output layer, as the circuit computes them.

    Each layer takes the simulated means of the bits before it. The gradient is that of the
    transfer law at these means.

    Parameters
    ----------
    model : torch.nn.Sequential
        Its `StreamConv2d` and `StreamLinear` layers follow each other.
    images : float tensor ``[n, channels, height, width]``
        Grey levels 0..1.
    seed : int
        Seed of the weights' generators.
    """
    neurons = (StreamConv2d, StreamLinear)
    layers = [layer for _, layer in layers_of(model) if isinstance(layer, neurons)]
    x = images
    for layer, simulated in zip(layers, _simulated(model, layers, images, seed), strict=True):
        if isinstance(layer, StreamLinear):
            x = x.flatten(1)
        mean, variance = layer.moments(x)
        if layer.states is not None:
            mean, _ = transfer(mean, variance.clamp_min(1e-3), layer.states, layer.length)
        x = mean + (torch.from_numpy(simulated).reshape(mean.shape) - mean).detach()
    return x


def _simulated(
    model: nn.Sequential,
    layers: list[StreamConv2d | StreamLinear],
    images: torch.Tensor,
    seed: int,
) -> list[NDArray[np.float32]]:
    """Return the mean output bits of each layer, and the mean sums of the last."""
    length = layers[0].length
    codes = torch.round(images * 256).to(torch.int16).numpy()
    convolutional = isinstance(layers[0], StreamConv2d)
    network = convert(
        model,
        length=length,
        range=layers[0].range,
        seed=seed,
        # They state the size.
        images=codes[:1] if convolutional else None,
    )
    assert not isinstance(network, CountedNetwork)
    parts: list[list[NDArray[np.float32]]] = [[] for _ in layers]
    for begin in range(0, len(codes), network.block):
        ones: list[Any] = [0] * len(layers)

        def add(cycle: int, number: int, values: NDArray[Any], ones: list[Any] = ones) -> None:
            # The output layer shows its sum so far, and the others one bit of each cycle.
            if number < len(layers) - 1 or cycle == length - 1:
                ones[number] = ones[number] + values.astype(np.float32)

        part = codes[begin : begin + network.block]
        network.run(part, trace=add)
        for kept, counted in zip(parts, ones, strict=True):
            # Channels are last there, and first in the network.
            kept.append(counted.reshape(len(part), -1, counted.shape[1]).swapaxes(1, 2))
    return [np.concatenate(kept) / np.float32(length) for kept in parts]
