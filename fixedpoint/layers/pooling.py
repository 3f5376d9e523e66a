"""Pooling layers; each mean is rounded once."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..arrays.fixed_array import FixedArray
from ..arrays.rounded_arithmetic import divide
from ..formats.format import Format, as_format
from ..formats.result_formats import accumulated_format
from .cast import Cast
from .pooling_windows import PoolingWindows, pair
from .round_tensor import is_random, make_reader, straight_through
from .tensor_values import check_values, tensor_type, to_array, to_values

__all__ = ["AvgPool2d", "GlobalAvgPool2d", "MaxPool2d"]


class MaxPool2d(nn.MaxPool2d):
    """The largest value of each window. It needs no rounding, so it is torch's layer.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import MaxPool2d
    >>> MaxPool2d(2, ceil_mode=True)(torch.tensor([[[[0.5, -1.0, 0.25]]]])).tolist()
    [[[[0.5, 0.25]]]]
    """


class AvgPool2d(nn.Module):
    """Mean of each window: the exact sum divided by the count, rounded once.

    Parameters
    ----------
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the kernel's size.
    padding : int or pair of int
    ceil_mode, count_include_pad : bool
        As for ``torch.nn.AvgPool2d``: whether a last window may exceed the padded input, and
        whether padding counts. Elements beyond the padding never count.
    input : Format or str
    output : Cast
        From the exact quotient.
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call.

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
        self.windows = PoolingWindows(
            pair(kernel_size),
            None if stride is None else pair(stride),
            pair(padding),
            ceil_mode,
            count_include_pad,
        )
        self.input = as_format(input)
        self.cast = output
        self.output_format = output.format
        self.bits = make_reader(bits, is_random(output))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_values("AvgPool2d", x, self.input)
        area = self.windows.area
        sums_format = accumulated_format(self.input, area)
        values = x.detach().to(tensor_type(sums_format))
        sums = to_array(self.windows.sums(values), sums_format)
        counts = FixedArray(
            self.windows.counts(x.shape[-2:], sums.shape[-2:]),
            Format(signed=False, int_bits=area.bit_length(), frac_bits=0),
        )
        quotients = divide(
            sums,
            counts,
            self.cast.format,
            self.cast.rounding,
            self.cast.overflow,
            bits=self.bits,
        )
        exact = to_values(quotients)
        if not (x.requires_grad and torch.is_grad_enabled()):
            return exact
        mean = self.windows.means(x)
        low, high = float(self.cast.format.minimum), float(self.cast.format.maximum)
        return straight_through(mean, exact, (mean >= low) & (mean <= high))

    def extra_repr(self) -> str:
        return f"{self.windows.kernel}, input {self.input}, output {self.output_format}"


class GlobalAvgPool2d(nn.Module):
    """Mean over all pixels: ``[n, channels, height, width]`` to ``[n, channels, 1, 1]``.

    Parameters
    ----------
    input : Format or str
    output : Cast
        From the exact quotient.
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call.
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
