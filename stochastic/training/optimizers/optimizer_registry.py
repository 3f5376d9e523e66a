"""The optimizers that a training run can have, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.optim import Optimizer

from fixedpoint import Rounding

from ...generators.sobol import Sobol
from .bfloat16_momentum_sgd import Bfloat16MomentumSGD
from .fixed_momentum_sgd import FixedMomentumSGD
from .hybrid_momentum_sgd import HybridMomentumSGD
from .momentum_sgd import MomentumSGD

__all__ = ["OPTIMIZERS", "Choice"]


@dataclasses.dataclass(frozen=True)
class Choice:
    """An optimizer that a run can have.

    Attributes
    ----------
    make : callable
        Takes named parameters, `lr`, `momentum` and the options.
    lr : float
        A learning rate that suits it.
    options : tuple of str
        What else it can be told.
    circuit : bool
        Whether its updates are those of a circuit, and can be recorded and replayed.
    """

    make: Callable[..., Optimizer]
    lr: float
    options: tuple[str, ...] = ()
    circuit: bool = True


def _stochastic(params: Any, *, generator: str = "lfsr", **options: Any) -> MomentumSGD:
    bits = options.get("momentum_bits", 14)
    if generator == "sobol":
        options["gradient_generator"] = Sobol(width=13, dimension=1)
        options["momentum_generator"] = Sobol(width=bits, dimension=2)
    return MomentumSGD(params, **options)


def _hybrid(params: Any, *, generator: str = "lfsr", **options: Any) -> HybridMomentumSGD:
    bits = options.get("momentum_bits", 14)
    if generator == "sobol":
        options["generator"] = Sobol(width=bits, dimension=1)
    return HybridMomentumSGD(params, **options)


_COUNTERS = (
    *("cycles_per_step", "lanes", "momentum_bits", "weight_bits", "weight_fraction"),
    *("generator", "sharing", "scale"),
)

OPTIMIZERS: dict[str, Choice] = {
    "sgd": Choice(torch.optim.SGD, 0.01, ("weight_decay",), circuit=False),
    "dsc-momentum": Choice(_stochastic, 0.003, (*_COUNTERS, "weight_decay")),
    "hybrid": Choice(_hybrid, 0.003, _COUNTERS),
    "fixed-nearest": Choice(FixedMomentumSGD, 0.003, ("lanes",)),
    "fixed-stochastic": Choice(
        partial(FixedMomentumSGD, rounding=Rounding.STOCHASTIC), 0.003, ("lanes",)
    ),
    "bfloat16-nearest": Choice(
        partial(Bfloat16MomentumSGD, rounding=Rounding.NEAREST_EVEN), 0.1, ("lanes",)
    ),
    "bfloat16-stochastic": Choice(Bfloat16MomentumSGD, 0.1, ("lanes",)),
}
