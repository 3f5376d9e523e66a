"""Windows of average pooling: their sums, means and divisors."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

__all__ = ["PoolingWindows", "pair"]


@dataclasses.dataclass(frozen=True)
class PoolingWindows:
    """Size, stride and padding of pooling windows; pairs are (rows, columns).

    Attributes
    ----------
    kernel : pair of int
    stride : pair of int, optional
        By default the kernel's size.
    padding : pair of int
    ceil_mode, count_include_pad : bool
        As for ``torch.nn.AvgPool2d``: whether a last window may exceed the padded input, and
        whether padding counts. Elements beyond the padding never count.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] = (0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True

    @classmethod
    def of(cls, layer: nn.AvgPool2d) -> PoolingWindows:
        """Return the windows of a torch layer."""
        return cls(
            pair(layer.kernel_size),
            pair(layer.stride),
            pair(layer.padding),
            layer.ceil_mode,
            layer.count_include_pad,
        )

    @property
    def area(self) -> int:
        """Number of elements in a window."""
        return self.kernel[0] * self.kernel[1]

    def sums(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's sum, exact if the tensor's type holds it."""
        return functional.avg_pool2d(x, **self._settings, divisor_override=1)

    def means(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's mean, in float."""
        return functional.avg_pool2d(
            x, **self._settings, count_include_pad=self.count_include_pad
        )

    def spread(self, values: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """Return for each input pixel the sum of the values of the windows that contain it."""
        return torch.ops.aten.avg_pool2d_backward(
            values,
            values.new_empty(shape),
            **self._settings,
            count_include_pad=True,
            divisor_override=1,
        )

    def counts(self, size: Any, output_size: Any) -> NDArray[np.int64]:
        """Return the divisor of each window's sum.

        Parameters
        ----------
        size, output_size : pair of int
            Rows and columns of the input and of the output.

        Returns
        -------
        int64 array ``[rows, columns]``
        """
        rows, columns = (
            self._axis_counts(size[axis], output_size[axis], axis) for axis in (0, 1)
        )
        return np.outer(rows, columns)

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel,
            "stride": self.stride or self.kernel,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
        }

    def _axis_counts(self, size: int, output_size: int, axis: int) -> NDArray[np.int64]:
        kernel, padding = self.kernel[axis], self.padding[axis]
        stride = (self.stride or self.kernel)[axis]
        begin = np.arange(output_size) * stride - padding
        end = np.minimum(begin + kernel, size + padding)
        if not self.count_include_pad:
            begin, end = np.maximum(begin, 0), np.minimum(end, size)
        return end - begin


def pair(value: Any) -> tuple[int, int]:
    """Return (rows, columns) from a pair, or from one number for both."""
    first, second = value if isinstance(value, (tuple, list)) else (value, value)
    return int(first), int(second)
