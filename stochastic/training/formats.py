"""The formats in which a training run can go forward and backward, by name."""

from __future__ import annotations

from fixedpoint import Rounding
from fixedpoint.layers import Role, Roles

from ..lfsr import Lfsr

__all__ = ["FORMATS", "words_of_seed"]


def _of_width(width: int, sums: int) -> Roles:
    """Return roles of one width, whose errors and gradients are rounded stochastically."""
    nearest = Role(width=width)
    stochastic = Role(width=width, rounding=Rounding.STOCHASTIC)
    return Roles(
        weight=nearest,
        activation=nearest,
        error=stochastic,
        gradient=stochastic,
        sum=Role(width=sums),
    )


# Weights and activations go to the nearest even code, errors and gradients are rounded
# stochastically, so that small ones count in the mean. Each tensor has a scale of its own.
FORMATS: dict[str, Roles] = {"8-bit": _of_width(8, 16), "16-bit": _of_width(16, 24)}


def words_of_seed(seed: int) -> Lfsr:
    """Return the generator of a run's stochastic roundings.

    Its period, 2^17 - 1, is prime, so that a step, whatever number of words it takes,
    meets all of them in turn.
    """
    return Lfsr(width=17, seed=1 + seed % (2**17 - 1))
