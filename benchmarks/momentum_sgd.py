"""One step of `MomentumSGD` on 15 million parameters on one core.

The peer is `torch.optim.SGD` with momentum, with and without ``fused=True``. The tensors have
the sizes of VGG16. The optimizers take turns, and the shortest time of each counts. One tensor
is compared with the circuit before the measurement.

    python -m benchmarks.momentum_sgd [--json FILE]
"""

from __future__ import annotations

import torch

from benchmarks.measurement import Measurement, best_times, main
from benchmarks.vgg16_parameters import check_bits, vgg16_parameters
from stochastic.training import MomentumSGD

TURNS = 25


def measure() -> list[Measurement]:
    """Measure all optimizers in turns."""
    torch.set_num_threads(1)
    steps = {}
    for name, options in (
        ("torch SGD", {}),
        ("torch SGD, fused", {"fused": True}),
    ):
        parameters = vgg16_parameters()
        steps[name] = torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, **options).step
    for cycles in (1, 4):
        parameters = vgg16_parameters()
        optimizer = MomentumSGD(parameters, lr=1e-3, cycles_per_step=cycles)
        check_bits(optimizer, parameters)
        steps[f"MomentumSGD, L = {cycles}"] = optimizer.step
    size = sum(parameter.numel() for parameter in parameters)
    times = best_times(steps, turns=TURNS)
    return [
        Measurement(
            name=f"{name}, against {peer}",
            unit="parameters/s",
            rate=size / times[name],
            peer=size / times[peer],
            goal=size / times[peer] if name.endswith("L = 1") else 0.0,
        )
        for name in ("MomentumSGD, L = 1", "MomentumSGD, L = 4")
        for peer in ("torch SGD", "torch SGD, fused")
    ]


if __name__ == "__main__":
    main("Step of MomentumSGD, 15 million parameters", measure)
