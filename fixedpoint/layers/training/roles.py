"""Formats of training, one for each role that a tensor can have in it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch

from ...circuit import Parameters, check_integer
from ...formats.format import Format
from ...formats.modes import Overflow, Rounding
from ...rounding.word_reader import WordReader
from ..cast import Cast
from ..choose_format import format_of_range
from .tensor_codes import CodeTensor, extremes, round_in_float

__all__ = ["MAX_FRAC_BITS", "Role", "Roles"]

# With more of them, values of 24 bits would go below what float32 holds.
MAX_FRAC_BITS = 100
# Larger ones could be rounded to 2^128, which float32 does not hold.
_LIMIT = 2.0**127


@dataclasses.dataclass(frozen=True, kw_only=True)
class Role(Parameters):
    """How tensors of one role are brought into fixed point.

    Parameters
    ----------
    width : int
        Bits, 2..24.
    frac_bits : int, optional
        Of the format, which is then signed and always the same. Without it each tensor has
        a scale of its own at every step: the power of two with the most fraction bits, but
        no more than 100, with which none of its numbers saturates when it goes to the
        nearest; by a rounding that goes further the largest may. Its format is unsigned
        where no number is negative; where all are zero all its bits are fraction bits.
    rounding : Rounding

    Notes
    -----
    What is beyond the format saturates.
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
        self, *tensors: torch.Tensor, exponent: int = 0, max_frac_bits: int = MAX_FRAC_BITS
    ) -> Cast:
        """Return the one cast of tensors whose numbers are those given times ``2**-exponent``.

        Parameters
        ----------
        *tensors : float32 or float64 tensor
        exponent : int
        finest : int
            The most fraction bits that a scale of their own gives them.

        Raises
        ------
        ValueError
            If a number is NaN or infinite, or, without a fixed format, 2^127 or more in size.
        """
        ends = [extremes(x) for x in tensors]
        if self.frac_bits is None:
            least = math.ldexp(min(end[0] for end in ends), -exponent)
            greatest = math.ldexp(max(end[1] for end in ends), -exponent)
            if max(-least, greatest) >= _LIMIT:
                raise ValueError(
                    f"a role without a fixed format takes numbers below 2**127 in size, "
                    f"not {max(greatest, -least)}"
                )
            fmt = format_of_range(least, greatest, self.width, least < 0)
            frac_bits = min(fmt.frac_bits, max_frac_bits, MAX_FRAC_BITS)
            fmt = fmt.replace(int_bits=self.width - frac_bits, frac_bits=frac_bits)
        else:
            fmt = Format(int_bits=self.width - self.frac_bits, frac_bits=self.frac_bits)
        return Cast(format=fmt, rounding=self.rounding, overflow=Overflow.SATURATE)

    def codes(
        self,
        x: torch.Tensor,
        reader: WordReader | None = None,
        exponent: int = 0,
        max_frac_bits: int = MAX_FRAC_BITS,
    ) -> CodeTensor:
        """Return the codes of a tensor whose numbers are ``x * 2**-exponent``.

        Words for STOCHASTIC are drawn as the numbers lie in channels-last memory: those of
        an image before those of the next, of a pixel before those of the next; of tensors
        of other than four axes in C order.
        """
        cast = self.cast_for(x, exponent=exponent, max_frac_bits=max_frac_bits)
        return CodeTensor(round_in_float(x, cast, reader, exponent, 1.0), cast.format)

    def common_codes(
        self, tensors: Sequence[torch.Tensor], reader: WordReader | None = None
    ) -> list[CodeTensor]:
        """Return the codes of several tensors in one format: that which suits them all."""
        cast = self.cast_for(*tensors)
        return [
            CodeTensor(round_in_float(x, cast, reader, 0, 1.0), cast.format) for x in tensors
        ]

    def values(
        self, x: torch.Tensor, reader: WordReader | None = None, exponent: int = 0
    ) -> tuple[torch.Tensor, Format]:
        """Return what `codes` stand for, in float32, and their format."""
        cast = self.cast_for(x, exponent=exponent)
        unit = 2.0**-cast.format.frac_bits
        return round_in_float(x, cast, reader, exponent, unit), cast.format


@dataclasses.dataclass(frozen=True, kw_only=True)
class Roles(Parameters):
    """Formats of training: one for each role.

    Parameters
    ----------
    weight : Role
        Weights as they are multiplied, forward and backward.
    activation : Role
        What comes into a convolution or linear layer.
    error : Role
        Gradients with respect to what goes out of a layer, and to what comes in.
    gradient : Role
        Gradients with respect to weights and biases.
    sum : Role
        What goes out of a layer: its sums, which are exact before; what batch normalization
        makes of them, and has on the way; means; residuals; logits.

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
                raise TypeError(f"Roles {field.name} must be a Role, not {value!r}")

    @property
    def random(self) -> bool:
        """Whether words are needed: a rounding is STOCHASTIC."""
        roles = (getattr(self, field.name) for field in dataclasses.fields(self))
        return any(role.rounding is Rounding.STOCHASTIC for role in roles)
