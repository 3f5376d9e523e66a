"""Forward pass by the bit-accurate simulation, with the transfer law as gradient."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from .stream_layer import StreamLayer, weight_codes
from .stream_linear import StreamLinear
from .stream_network import StreamNetwork
from .transfer_law import sum_moments, transfer

__all__ = ["WIDTH", "network_of", "simulated_forward"]

# Bits of the weights' generators. 8191 registers have different seeds.
WIDTH = 13


def network_of(
    layers: list[StreamLinear], length: int, seed: int, width: int = WIDTH
) -> StreamNetwork:
    """Return the network on streams that has the weights of trained layers."""
    return StreamNetwork(
        [
            StreamLayer(
                weight_codes(
                    np.vstack([layer.weight.detach().t().numpy(), layer.bias.detach().numpy()]),
                    layer.range,
                    width,
                ),
                layer.range,
                layer.states,
                width,
                seed + number,
            )
            for number, layer in enumerate(layers)
        ],
        length=length,
    )


def simulated_forward(model: nn.Module, images: torch.Tensor, seed: int) -> torch.Tensor:
    """Return the mean sums of the output layer, as the circuit computes them.

    Each layer takes the simulated means of the bits before it. The gradient is that of the
    transfer law at these means.

    Parameters
    ----------
    model : torch.nn.Module
        Its `StreamLinear` layers follow each other.
    images : float tensor ``[n, 1, height, width]``
        Grey levels 0..1.
    seed : int
        Seed of the weights' generators.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, StreamLinear)]
    length = layers[0].length
    network = network_of(layers, length, seed)
    ones = [np.zeros((len(images), layer.out_features), np.float32) for layer in layers]

    def add(cycle: int, number: int, values: np.ndarray) -> None:
        # The output layer shows its sum so far, and the others one bit of each cycle.
        if number < len(layers) - 1 or cycle == length - 1:
            ones[number] += values

    codes = torch.round(images.flatten(1) * 256).to(torch.int16).numpy()
    network.run(codes, trace=add)
    x = images.flatten(1)
    for layer, counted in zip(layers, ones, strict=True):
        mean, variance = sum_moments(x, layer.weight, layer.bias, layer.range)
        if layer.states is not None:
            variance = variance.clamp_min(1e-3)
            mean, _ = transfer(mean, variance, layer.states, length)
        simulated = torch.from_numpy(counted / np.float32(length))
        x = mean + (simulated - mean).detach()
    return x
