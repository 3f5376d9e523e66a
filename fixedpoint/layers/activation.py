"""Clipped activations: those that an output's format does not make by itself."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import nn

from ..formats.format import Format, as_format
from .tensor_values import tensor_type

__all__ = ["ReLU", "ReLU6"]


class ReLU(nn.ReLU):
    """The greater of a value and 0. It needs no rounding, so it is torch's own.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import ReLU
    >>> ReLU()(torch.tensor([-0.5, 0.25])).tolist()
    [0.0, 0.25]
    """


class ReLU6(nn.Module):
    """A value, at least 0, and at most the greatest value of the format that 6 exceeds not.

    That is 6 itself where the format has it, and its maximum where that is less.

    Parameters
    ----------
    fmt : Format or str
        Of the values that come in and go out.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import ReLU6
    >>> ReLU6("sQ4.1")(torch.tensor([-0.5, 0.5, 6.5])).tolist()
    [0.0, 0.5, 6.0]
    """

    def __init__(self, fmt: Format | str) -> None:
        super().__init__()
        self.output_format = as_format(fmt)
        tensor_type(self.output_format)
        resolution = self.output_format.resolution
        steps = math.floor(Fraction(6) / resolution)
        self.greatest = float(min(steps * resolution, self.output_format.maximum))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(0.0, self.greatest)
