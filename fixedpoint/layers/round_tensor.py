"""Rounding of tensors with straight-through gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..arrays.quantize import quantize
from ..formats.modes import Overflow, Rounding
from ..rounding.word_reader import WordReader, as_reader
from .cast import Cast
from .tensor_values import tensor_numbers, to_values

__all__ = ["Quantize", "is_random", "make_reader", "round_to", "straight_through"]

_SATURATING = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC, Overflow.SATURATE_ZERO)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, surrogate, exact, passes):
        ctx.kind = surrogate.dtype
        ctx.save_for_backward(*(() if passes is None else (passes,)))
        return exact.view_as(exact)

    @staticmethod
    def backward(ctx, gradient):
        for passes in ctx.saved_tensors:
            gradient = gradient * passes
        return gradient.to(ctx.kind), None, None


def straight_through(
    surrogate: torch.Tensor, exact: torch.Tensor, passes: torch.Tensor | None = None
) -> torch.Tensor:
    """Return `exact`, with its gradient passed unchanged to `surrogate` where `passes` is true.

    Parameters
    ----------
    surrogate, exact : tensor
        Of one shape.
    passes : bool tensor, optional
        By default true everywhere.
    """
    if not (surrogate.requires_grad and torch.is_grad_enabled()):
        return exact
    return _StraightThrough.apply(surrogate, exact, passes)


def round_to(x: torch.Tensor, cast: Cast, bits: Any = None) -> torch.Tensor:
    """Round numbers to a format, with straight-through gradients.

    Parameters
    ----------
    x : float32 or float64 tensor, of any shape
    cast : Cast
    bits : word source or WordReader
        For STOCHASTIC. Element i in C order takes the i-th word.

    Returns
    -------
    float32 tensor, or float64 if the format has codes above 2^24
        The values of `fixedpoint.quantize`. Gradients pass unchanged to numbers in the
        format's range, or to all numbers if overflow is WRAP; else they are 0.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import Cast, round_to
    >>> x = torch.tensor([0.3, -1.0, 5.0], requires_grad=True)
    >>> y = round_to(x, Cast(format="uQ2.2"))
    >>> y.tolist()
    [0.25, 0.0, 3.75]
    >>> y.sum().backward()
    >>> x.grad.tolist()
    [1.0, 0.0, 0.0]
    """
    exact = to_values(
        quantize(tensor_numbers(x), cast.format, cast.rounding, cast.overflow, bits=bits)
    )
    if not (x.requires_grad and torch.is_grad_enabled()):
        return exact
    passes = None
    if cast.overflow in _SATURATING:
        values = x.detach()
        low, high = float(cast.format.minimum), float(cast.format.maximum)
        passes = (values >= low) & (values <= high)
    return straight_through(x, exact, passes)


def make_reader(bits: Any, needed: bool) -> WordReader | None:
    """Return a reader of a layer's word source, or raise a TypeError if it is missing."""
    return as_reader(bits) if needed or bits is not None else None


class Quantize(nn.Module):
    """Layer that rounds numbers to a format, for example at the input of a network.

    Parameters
    ----------
    cast : Cast
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call.

    Attributes
    ----------
    output_format : Format
    """

    def __init__(self, cast: Cast, *, bits: Any = None) -> None:
        super().__init__()
        self.cast = cast
        self.output_format = cast.format
        self.bits = make_reader(bits, is_random(cast))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return round_to(x, self.cast, self.bits)

    def extra_repr(self) -> str:
        return str(self.cast.format)


def is_random(*casts: Cast | None) -> bool:
    """Tell whether a cast rounds with STOCHASTIC."""
    return any(c is not None and c.rounding is Rounding.STOCHASTIC for c in casts)
