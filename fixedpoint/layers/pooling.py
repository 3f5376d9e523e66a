"""Average pooling, each mean rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..arithmetic import divide
from ..array import FixedArray
from ..format import Format, as_format
from ..growth import accumulated_format
from .cast import Cast
from .rounding import is_random, make_reader, straight_through
from .values import carrier, check_values, to_array, to_values

__all__ = ["AvgPool2d", "GlobalAvgPool2d", "MaxPool2d"]


class MaxPool2d(nn.MaxPool2d):
    """The greatest value of each window. It needs no rounding, so it is torch's own.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import MaxPool2d
    >>> MaxPool2d(2, ceil_mode=True)(torch.tensor([[[[0.5, -1.0, 0.25]]]])).tolist()
    [[[[0.5, 0.25]]]]
    """


class AvgPool2d(nn.Module):
    """Mean of each window: the exact sum over the count, rounded once.

    Parameters
    ----------
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the kernel's size.
    padding : int or pair of int
    ceil_mode, count_include_pad : bool
        As in ``torch.nn.AvgPool2d``: whether a last window may stick out, and whether
        padding counts. What sticks out beyond the padding never does.
    input : Format or str
    output : Cast
        From the exact quotient.
    bits : word source or WordReader, optional
        For STOCHASTIC. It is read on from call to call.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import AvgPool2d, Cast
    >>> pool = AvgPool2d((1, 3), input="uQ4.0", output=Cast(format="uQ4.2"))
    >>> pool(torch.tensor([[[[1.0, 2.0, 5.0]]]])).tolist()
    [[[[2.75]]]]
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        *,
        input: Format | str,
        output: Cast,
        bits: Any = None,
    ) -> None:
        super().__init__()
        self.kernel = _pair(kernel_size)
        self.stride = self.kernel if stride is None else _pair(stride)
        self.padding = _pair(padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.input = as_format(input)
        self.cast = output
        self.output_format = output.format
        self.bits = make_reader(bits, is_random(output))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_values("AvgPool2d", x, self.input)
        window: dict[str, Any] = {
            "kernel_size": self.kernel,
            "stride": self.stride,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
        }
        area = self.kernel[0] * self.kernel[1]
        sums_format = accumulated_format(self.input, area)
        kind = carrier(sums_format)
        held = x.detach().to(kind)
        sums = to_array(functional.avg_pool2d(held, **window, divisor_override=1), sums_format)
        quotients = divide(
            sums,
            self._counts(x.shape[-2:], sums.shape[-2:], area),
            self.cast.format,
            self.cast.rounding,
            self.cast.overflow,
            bits=self.bits,
        )
        exact = to_values(quotients)
        if not (x.requires_grad and torch.is_grad_enabled()):
            return exact
        mean = functional.avg_pool2d(x, **window, count_include_pad=self.count_include_pad)
        low, high = float(self.cast.format.minimum), float(self.cast.format.maximum)
        return straight_through(mean, exact, (mean >= low) & (mean <= high))

    def _counts(self, size: Any, made: Any, area: int) -> FixedArray:
        """Return by how much each window's sum is divided, ``[rows, columns]``."""
        counts = [
            self._axis_counts(size[axis], made[axis], axis) for axis in range(len(self.kernel))
        ]
        return FixedArray(
            np.outer(*counts), Format(signed=False, int_bits=area.bit_length(), frac_bits=0)
        )

    def _axis_counts(self, size: int, made: int, axis: int) -> np.ndarray:
        padding = self.padding[axis]
        begin = np.arange(made) * self.stride[axis] - padding
        end = np.minimum(begin + self.kernel[axis], size + padding)
        if not self.count_include_pad:
            begin, end = np.maximum(begin, 0), np.minimum(end, size)
        return end - begin

    def extra_repr(self) -> str:
        return f"{self.kernel}, input {self.input}, output {self.output_format}"


class GlobalAvgPool2d(nn.Module):
    """Mean over all pixels: ``[n, channels, height, width]`` to ``[n, channels, 1, 1]``.

    Parameters
    ----------
    input : Format or str
    output : Cast
        From the exact quotient.
    bits : word source or WordReader, optional
        For STOCHASTIC. It is read on from call to call.
    """

    def __init__(self, *, input: Format | str, output: Cast, bits: Any = None) -> None:
        super().__init__()
        self.input = as_format(input)
        self.cast = output
        self.output_format = output.format
        self.bits = make_reader(bits, is_random(output))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size = (x.shape[-2], x.shape[-1])
        pool = AvgPool2d(size, input=self.input, output=self.cast, bits=self.bits)
        return pool(x)

    def extra_repr(self) -> str:
        return f"input {self.input}, output {self.output_format}"


def _pair(value: Any) -> tuple[int, int]:
    first, second = value if isinstance(value, (tuple, list)) else (value, value)
    return int(first), int(second)
