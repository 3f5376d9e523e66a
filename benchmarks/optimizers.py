"""One step of every circuit's optimizer on 15 million parameters on one core.

The peer is `torch.optim.SGD` with momentum, with and without ``fused=True``. The tensors have
the sizes of VGG16. The optimizers take turns, and the shortest time of each counts. Rates count
the L cycles of every parameter, so that equal rates mean a cost proportional to L. The goal of
`MomentumSGD` is a step that takes `STEP_COST` times as long as torch's. One tensor is compared
with the circuit before the measurement. The last rows are the bytes of state per parameter,
with those of torch as the peer.

    python -m benchmarks.optimizers [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.measurement import Measurement, best_times, main
from benchmarks.vgg16_parameters import check_bits, vgg16_parameters
from stochastic.training import (
    Bfloat16MomentumSGD,
    FixedMomentumSGD,
    HybridMomentumSGD,
    MomentumSGD,
)

TURNS = 12

# Time of a step of MomentumSGD with L cycles, in steps of torch's SGD.
STEP_COST = {1: 0.63, 4: 0.93, 16: 2.0, 64: 6.8}

OPTIMIZERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    **{
        f"{cls.__name__}, L = {cycles}": (cls, {"cycles_per_step": cycles})
        for cls in (MomentumSGD, HybridMomentumSGD)
        for cycles in (1, 4, 16)
    },
    # Weights have 24 bits at most, of which 6 are for the cycles.
    "MomentumSGD, L = 64": (
        MomentumSGD,
        {"cycles_per_step": 64, "weight_bits": 18, "weight_fraction": 15},
    ),
    "MomentumSGD, L = 4, weight decay": (
        MomentumSGD,
        {"cycles_per_step": 4, "weight_decay": 2.0**-11},
    ),
    "MomentumSGD, weight decay": (MomentumSGD, {"weight_decay": 2.0**-11}),
    "FixedMomentumSGD, nearest": (FixedMomentumSGD, {}),
    "FixedMomentumSGD, stochastic": (FixedMomentumSGD, {"rounding": "stochastic"}),
    "Bfloat16MomentumSGD, nearest": (Bfloat16MomentumSGD, {"rounding": "nearest_even"}),
    "Bfloat16MomentumSGD, stochastic": (Bfloat16MomentumSGD, {"rounding": "stochastic"}),
}


def state_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Return the size in bytes of all tensors in an optimizer's state."""
    return sum(
        value.numel() * value.element_size()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value)
    )


def _goal(optimizer: Any, peer: float) -> float:
    """Return the rate that is wanted, from that of torch's SGD."""
    cycles = optimizer.circuit.cycles_per_step
    if not isinstance(optimizer, MomentumSGD):
        return peer
    return peer * cycles / STEP_COST[cycles]


def measure() -> list[Measurement]:
    """Measure all optimizers in turns."""
    torch.set_num_threads(1)
    parameters = vgg16_parameters()
    size = sum(parameter.numel() for parameter in parameters)
    peers = {
        name: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, **options)
        for name, options in (("torch SGD", {}), ("torch SGD, fused", {"fused": True}))
    }
    for peer in peers.values():
        peer.step()
    optimizers = {}
    for name, (cls, options) in OPTIMIZERS.items():
        # All update the same tensors, since the time does not depend on the values.
        optimizers[name] = cls(parameters, lr=1e-3, **options)
        check_bits(optimizers[name], parameters)
    steps = {name: o.step for name, o in {**peers, **optimizers}.items()}
    times = best_times(steps, turns=TURNS)
    speeds = [
        Measurement(
            name=f"{name}, against {peer}",
            unit="parameter cycles/s",
            rate=size * optimizer.circuit.cycles_per_step / times[name],
            peer=size / times[peer],
            goal=_goal(optimizer, size / times[peer]) if peer == "torch SGD" else 0.0,
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
