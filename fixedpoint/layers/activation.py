"""Clipped activations that are not the effect of an output format."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import nn

from ..formats.format import Format, as_format
from .tensor_values import tensor_type

__all__ = ["ReLU", "ReLU6"]


class ReLU(nn.ReLU):
    """The larger of a value and 0. It needs no rounding, so it is torch's layer.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import ReLU
    >>> ReLU()(torch.tensor([-0.5, 0.25])).tolist()
    [0.0, 0.25]
    """


class ReLU6(nn.Module):
    """Values clipped to 0 and the largest value of the format that is at most 6.

    Parameters
    ----------
    fmt : Format or str
        Of the inputs and outputs.

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
        self.upper_limit = float(min(steps * resolution, self.output_format.maximum))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(0.0, self.upper_limit)
