"""Formats of training: one for each role that a tensor can have."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import torch

from ...circuit import Parameters, check_integer
from ...circuit.checks import shown
from ...formats.format import Format
from ...formats.modes import Overflow, Rounding
from ...rounding.word_reader import WordReader
from ..cast import Cast
from ..choose_format import frac_bits_of_range
from .computed_tensor import ComputedTensor
from .tensor_codes import CodeTensor, extremes, round_in_float

__all__ = ["MAX_FRAC_BITS", "Role", "Roles"]

# With more fraction bits, float32 could not hold all values of 24 bits.
MAX_FRAC_BITS = 100
# Larger numbers could be rounded to 2^128, which float32 does not hold.
_LIMIT = 2.0**127


@dataclasses.dataclass(frozen=True, kw_only=True)
class Role(Parameters):
    """How tensors of one role are converted to fixed point. Overflows saturate.

    Parameters
    ----------
    width : int
        Bits of the format, 2..24.
    frac_bits : int, optional
        Fraction bits of a fixed, signed format. By default each tensor gets a format of its
        own at every step: the one with the most fraction bits, at most 100, in which no
        number saturates when it is rounded to nearest (with other roundings the largest may
        saturate). It is unsigned if no number is negative. If all numbers are zero, all its
        bits are fraction bits.
    rounding : Rounding
    """

    width: int
    frac_bits: int | None = None
    rounding: Rounding = Rounding.NEAREST_EVEN

    def __post_init__(self) -> None:
        self._set(
            width=check_integer("Role width", self.width, 2, 24),
            rounding=Rounding(self.rounding),
        )
        if self.frac_bits is not None:
            fraction = check_integer(
                "Role fraction bits", self.frac_bits, -MAX_FRAC_BITS, MAX_FRAC_BITS
            )
            self._set(frac_bits=fraction)

    def cast_for(
        self,
        *tensors: torch.Tensor | ComputedTensor,
        exponent: int = 0,
        max_frac_bits: int = MAX_FRAC_BITS,
    ) -> Cast:
        """Return the common cast of tensors whose numbers are ``x * 2**-exponent``.

        Parameters
        ----------
        *tensors : tensor
            Stored as float32 or float64, or computed.
        exponent : int
        max_frac_bits : int
            Largest number of fraction bits, unless the format is fixed.

        Raises
        ------
        ValueError
            If a number is NaN or infinite, or its magnitude is 2^127 or more and the format
            is not fixed.
        """
        ends = [extremes(x) for x in tensors]
        if self.frac_bits is None:
            low = math.ldexp(min(end[0] for end in ends), -exponent)
            high = math.ldexp(max(end[1] for end in ends), -exponent)
            if max(-low, high) >= _LIMIT:
                raise ValueError(
                    f"a role without a fixed format takes numbers below 2**127 in size, "
                    f"not {max(high, -low)}"
                )
            signed = low < 0
            frac_bits = min(
                frac_bits_of_range(low, high, self.width, signed), max_frac_bits, MAX_FRAC_BITS
            )
            return _cast(signed, self.width, frac_bits, self.rounding)
        return _cast(True, self.width, self.frac_bits, self.rounding)

    def codes(
        self,
        x: torch.Tensor | ComputedTensor,
        reader: WordReader | None = None,
        exponent: int = 0,
        max_frac_bits: int = MAX_FRAC_BITS,
    ) -> CodeTensor:
        """Return the codes of a tensor whose numbers are ``x * 2**-exponent``.

        STOCHASTIC takes words in the channels-last order of memory: image by image, pixel by
        pixel, then channel by channel. Tensors without four axes take them in C order.
        """
        cast = self.cast_for(x, exponent=exponent, max_frac_bits=max_frac_bits)
        return CodeTensor(round_in_float(x, cast, reader, exponent, 1.0), cast.format)

    def common_codes(
        self, tensors: Sequence[torch.Tensor], reader: WordReader | None = None
    ) -> list[CodeTensor]:
        """Return the codes of several tensors in a common format."""
        cast = self.cast_for(*tensors)
        return [
            CodeTensor(round_in_float(x, cast, reader, 0, 1.0), cast.format) for x in tensors
        ]

    def values(
        self,
        x: torch.Tensor | ComputedTensor,
        reader: WordReader | None = None,
        exponent: int = 0,
    ) -> tuple[torch.Tensor, Format]:
        """Return the values of `codes` in float32, and their format."""
        cast = self.cast_for(x, exponent=exponent)
        unit = 2.0**-cast.format.frac_bits
        return round_in_float(x, cast, reader, exponent, unit), cast.format


@functools.lru_cache(maxsize=4096)
def _cast(signed: bool, width: int, frac_bits: int, rounding: Rounding) -> Cast:
    fmt = Format(signed=signed, int_bits=width - frac_bits, frac_bits=frac_bits)
    return Cast(format=fmt, rounding=rounding, overflow=Overflow.SATURATE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Roles(Parameters):
    """Formats of training: one for each role.

    Parameters
    ----------
    weight : Role
        Weights as multiplied forward and backward.
    activation : Role
        Inputs of convolutions and linear layers.
    error : Role
        Gradients with respect to the outputs and inputs of layers.
    gradient : Role
        Gradients with respect to weights and biases.
    sum : Role
        Outputs of layers, which are exact sums before; results and intermediate numbers of
        batch normalization; means; residuals; logits.

    Examples
    --------
    >>> from fixedpoint import Rounding
    >>> from fixedpoint.layers import Role, Roles
    >>> eight = Role(width=8)
    >>> roles = Roles(
    ...     weight=eight, activation=eight, gradient=Role(width=16),
    ...     error=Role(width=8, rounding=Rounding.STOCHASTIC),
    ... )
    >>> roles.random, roles.sum.width
    (True, 24)
    """

    weight: Role
    activation: Role
    error: Role
    gradient: Role
    sum: Role = Role(width=24)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, Role):
                raise TypeError(f"Roles {field.name} must be a Role, not {shown(value)}")

    @property
    def random(self) -> bool:
        """Whether words are needed, because a rounding is STOCHASTIC."""
        roles = (getattr(self, field.name) for field in dataclasses.fields(self))
        return any(role.rounding is Rounding.STOCHASTIC for role in roles)
