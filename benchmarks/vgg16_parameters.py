"""Parameters of VGG16 for the benchmarks of optimizers, and a check of the bits."""

from __future__ import annotations

import numpy as np
import torch

from stochastic.training import CircuitOptimizer, vgg16

__all__ = ["check_bits", "vgg16_parameters"]


def vgg16_parameters() -> list[torch.nn.Parameter]:
    """Return 15 million parameters with gradients, the same values in each call."""
    torch.manual_seed(0)
    network = vgg16(channels=3)
    for parameter in network.parameters():
        parameter.grad = 1e-3 * torch.randn_like(parameter)
    return list(network.parameters())


def check_bits(optimizer: CircuitOptimizer, parameters: list[torch.nn.Parameter]) -> None:
    """Make a step, and compare the first tensor with the circuit.

    Raises
    ------
    AssertionError
        If the momenta or weights differ.
    """
    tensor = parameters[0]
    before = optimizer.momentum_codes(tensor), optimizer.weight_codes(tensor)
    position = optimizer.position
    optimizer.step()
    momentum, weight, _ = optimizer.circuit.step_tensor(
        optimizer.gradient_codes(tensor),
        *before,
        rate=optimizer.rate(optimizer.param_groups[0]),
        position=position,
    )
    if not (
        np.array_equal(momentum, optimizer.momentum_codes(tensor))
        and np.array_equal(weight, optimizer.weight_codes(tensor))
    ):
        raise AssertionError("the optimizer's bits differ from the circuit's")
