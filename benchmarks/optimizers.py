"""A step of every optimizer whose bits are a circuit's, beside torch's momentum SGD.

On 15 million parameters and one core, the tensors those of VGG16. The optimizers take turns,
so that all meet the same caches and the same neighbours; the best of many turns counts. Rates
of L cycles are in parameter cycles, so that an equal rate is a cost linear in L. One tensor's
bits are compared with those of the circuit before anything is timed. The last rows are bytes
of state a parameter, torch's as their peer.

    python -m benchmarks.optimizers [--json FILE]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.common import Measurement, main
from benchmarks.optimizer import check, tensors
from stochastic.training import (
    Bfloat16MomentumSGD,
    FixedMomentumSGD,
    HybridMomentumSGD,
    MomentumSGD,
)

TURNS = 12

OPTIMIZERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    **{
        f"{cls.__name__}, L = {cycles}": (cls, {"cycles_per_step": cycles})
        for cls in (MomentumSGD, HybridMomentumSGD)
        for cycles in (1, 4, 16)
    },
    "MomentumSGD, weight decay": (MomentumSGD, {"weight_decay": 2.0**-11}),
    "FixedMomentumSGD, nearest": (FixedMomentumSGD, {}),
    "FixedMomentumSGD, stochastic": (FixedMomentumSGD, {"rounding": "stochastic"}),
    "Bfloat16MomentumSGD, nearest": (Bfloat16MomentumSGD, {"rounding": "nearest_even"}),
    "Bfloat16MomentumSGD, stochastic": (Bfloat16MomentumSGD, {"rounding": "stochastic"}),
}


def state_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Return how many bytes the tensors of an optimizer's state take."""
    return sum(
        value.numel() * value.element_size()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value)
    )


def measure() -> list[Measurement]:
    """Measure all optimizers in turns."""
    torch.set_num_threads(1)
    parameters = tensors()
    size = sum(parameter.numel() for parameter in parameters)
    peers = {
        name: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, **options)
        for name, options in (("torch SGD", {}), ("torch SGD, fused", {"fused": True}))
    }
    for peer in peers.values():
        peer.step()
    optimizers = {}
    for name, (cls, options) in OPTIMIZERS.items():
        # All update the same tensors: what they hold does not matter to the time.
        optimizers[name] = cls(parameters, lr=1e-3, **options)
        check(optimizers[name], parameters)
    steps = {name: o.step for name, o in {**peers, **optimizers}.items()}
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(TURNS):
        for name, step in steps.items():
            begin = time.process_time_ns()
            step()
            best[name] = min(best[name], (time.process_time_ns() - begin) / 1e9)
    speeds = [
        Measurement(
            name=f"{name}, against {peer}",
            unit="parameter cycles/s",
            rate=size * optimizer.circuit.cycles_per_step / best[name],
            peer=size / best[peer],
            goal=size / best[peer] if peer == "torch SGD" else 0.0,
        )
        for name, optimizer in optimizers.items()
        for peer in peers
    ]
    sizes = [
        Measurement(
            name=f"{name}, state",
            unit="bytes/parameter",
            rate=state_bytes(optimizer) / size,
            peer=state_bytes(peer) / size,
        )
        for name, optimizer in optimizers.items()
    ]
    return speeds + sizes


if __name__ == "__main__":
    main("Step of every optimizer, 15 million parameters", measure)
