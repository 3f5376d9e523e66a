"""Optimizers of training runs by name."""

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

__all__ = ["OPTIMIZERS", "OptimizerEntry"]


@dataclasses.dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer of training runs.

    Attributes
    ----------
    make : callable
        Makes the optimizer from named parameters, `lr`, `momentum` and the options.
    lr : float
        Default learning rate.
    options : tuple of str
        Names of further keyword arguments.
    circuit : bool
        Whether its updates are those of a circuit, so that they can be recorded and replayed.
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


_COUNTER_OPTIONS = (
    *("cycles_per_step", "lanes", "momentum_bits", "weight_bits", "weight_fraction"),
    *("generator", "sharing", "scale"),
)

OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry(torch.optim.SGD, 0.01, ("weight_decay",), circuit=False),
    "dsc-momentum": OptimizerEntry(_stochastic, 0.003, (*_COUNTER_OPTIONS, "weight_decay")),
    "hybrid": OptimizerEntry(_hybrid, 0.003, _COUNTER_OPTIONS),
    "fixed-nearest": OptimizerEntry(FixedMomentumSGD, 0.003, ("lanes",)),
    "fixed-stochastic": OptimizerEntry(
        partial(FixedMomentumSGD, rounding=Rounding.STOCHASTIC), 0.003, ("lanes",)
    ),
    "bfloat16-nearest": OptimizerEntry(
        partial(Bfloat16MomentumSGD, rounding=Rounding.NEAREST_EVEN), 0.1, ("lanes",)
    ),
    "bfloat16-stochastic": OptimizerEntry(Bfloat16MomentumSGD, 0.1, ("lanes",)),
}
