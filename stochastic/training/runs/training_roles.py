"""Formats of the forward and backward pass of training runs, by name."""

from __future__ import annotations

from fixedpoint import Rounding
from fixedpoint.circuit.checks import shown
from fixedpoint.layers import Role, Roles

from ...generators.lfsr import Lfsr

__all__ = ["FORMATS", "training_roles", "words_of_seed"]

# Numbers of bits by name.
FORMATS = {f"{width}-bit": width for width in range(2, 17)}


def training_roles(formats: str) -> Roles:
    """Return the roles of a training run in fixed point.

    Weights and activations are rounded half to even. Errors and gradients are rounded
    stochastically, so that small values are preserved on average. Each tensor has its own
    scale.

    Parameters
    ----------
    formats : str
        Number of bits of weights, activations, errors and gradients, ``"2-bit"`` to
        ``"16-bit"``. Sums have twice as many bits, but at most 24.

    Raises
    ------
    ValueError
        If `formats` is not one of these names.

    Examples
    --------
    >>> roles = training_roles("8-bit")
    >>> roles.weight.width, roles.sum.width, roles.error.rounding.name
    (8, 16, 'STOCHASTIC')
    >>> training_roles("32-bit")
    Traceback (most recent call last):
    ValueError: formats must be 2-bit to 16-bit, not '32-bit'
    """
    if not isinstance(formats, str) or formats not in FORMATS:
        raise ValueError(f"formats must be 2-bit to 16-bit, not {shown(formats)}")
    width = FORMATS[formats]
    nearest = Role(width=width)
    stochastic = Role(width=width, rounding=Rounding.STOCHASTIC)
    return Roles(
        weight=nearest,
        activation=nearest,
        error=stochastic,
        gradient=stochastic,
        sum=Role(width=min(2 * width, 24)),
    )


def words_of_seed(seed: int) -> Lfsr:
    """Return the generator of a run's stochastic rounding.

    Its period, 2^17 - 1, is prime, so that steps of any number of words use all words over
    time.
    """
    return Lfsr(width=17, seed=1 + seed % (2**17 - 1))
