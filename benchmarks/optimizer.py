"""One optimizer step on 15 million parameters and one core, beside torch's momentum SGD.

The tensors have the sizes of VGG16. The optimizers take turns, so that all meet the same
caches and the same neighbours; the best of many turns counts. One tensor's bits are compared
with those of the circuit before anything is timed.

    python -m benchmarks.optimizer [--json FILE]
"""

from __future__ import annotations

import time

import numpy as np
import torch

from benchmarks.common import Measurement, main
from stochastic.training import MomentumSGD, vgg16

TURNS = 25


def tensors() -> list[torch.nn.Parameter]:
    """Return parameters with gradients, the same values each time."""
    torch.manual_seed(0)
    network = vgg16(channels=3)
    for parameter in network.parameters():
        parameter.grad = 1e-3 * torch.randn_like(parameter)
    return list(network.parameters())


def check(optimizer: MomentumSGD, parameters: list[torch.nn.Parameter]) -> None:
    """Make a step and raise an error if its first tensor is not what the circuit makes."""
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
        raise AssertionError("the optimizer's bits are not the circuit's")


def measure() -> list[Measurement]:
    """Measure all optimizers in turns."""
    torch.set_num_threads(1)
    steps = {}
    for name, options in (
        ("torch SGD", {}),
        ("torch SGD, fused", {"fused": True}),
    ):
        steps[name] = torch.optim.SGD(tensors(), lr=1e-3, momentum=0.9, **options).step
    for cycles in (1, 4):
        parameters = tensors()
        optimizer = MomentumSGD(parameters, lr=1e-3, cycles_per_step=cycles)
        check(optimizer, parameters)
        steps[f"MomentumSGD, L = {cycles}"] = optimizer.step
    size = sum(parameter.numel() for parameter in parameters)
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(TURNS):
        for name, step in steps.items():
            begin = time.process_time_ns()
            step()
            best[name] = min(best[name], (time.process_time_ns() - begin) / 1e9)
    rates = {name: size / seconds for name, seconds in best.items()}
    return [
        Measurement(
            name=f"{name}, against {peer}",
            unit="parameters/s",
            rate=rates[name],
            peer=rates[peer],
            goal=rates[peer] if name.endswith("L = 1") else 0.0,
        )
        for name in ("MomentumSGD, L = 1", "MomentumSGD, L = 4")
        for peer in ("torch SGD", "torch SGD, fused")
    ]


if __name__ == "__main__":
    main("Optimizer step", measure)
