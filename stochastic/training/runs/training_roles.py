"""The formats in which a training run can go forward and backward, by name."""

from __future__ import annotations

from fixedpoint import Rounding
from fixedpoint.layers import Role, Roles

from ...generators.lfsr import Lfsr

__all__ = ["training_roles", "words_of_seed"]


def training_roles(formats: str) -> Roles:
    """Return the roles of a training run in fixed point.

    Weights and activations go to the nearest even code; errors and gradients are rounded
    stochastically, so that small ones count in the mean. Each tensor has a scale of its own.

    Parameters
    ----------
    formats : str
        The bits of weights, activations, errors and gradients, ``"2-bit"`` to ``"16-bit"``.
        Sums have twice as many, but at most 24.

    Raises
    ------
    ValueError
        If it is something else.

    Examples
    --------
    >>> roles = training_roles("8-bit")
    >>> roles.weight.width, roles.sum.width, roles.error.rounding.name
    (8, 16, 'STOCHASTIC')
    >>> training_roles("32-bit")
    Traceback (most recent call last):
    ValueError: formats must be 2-bit to 16-bit, not '32-bit'
    """
    if not isinstance(formats, str) or formats not in _NAMES:
        raise ValueError(f"formats must be 2-bit to 16-bit, not {formats!r}")
    width = _NAMES[formats]
    nearest = Role(width=width)
    stochastic = Role(width=width, rounding=Rounding.STOCHASTIC)
    return Roles(
        weight=nearest,
        activation=nearest,
        error=stochastic,
        gradient=stochastic,
        sum=Role(width=min(2 * width, 24)),
    )


_NAMES = {f"{width}-bit": width for width in range(2, 17)}


def words_of_seed(seed: int) -> Lfsr:
    """Return the generator of a run's stochastic roundings.

    Its period, 2^17 - 1, is prime, so that a step, whatever number of words it takes,
    meets all of them in turn.
    """
    return Lfsr(width=17, seed=1 + seed % (2**17 - 1))
