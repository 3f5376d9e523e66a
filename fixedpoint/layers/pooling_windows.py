"""Windows of average pooling: what each sums, and by how much its sum is divided."""

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
    """How pooling walks: rows and columns of windows, of stride and padding.

    Attributes
    ----------
    kernel : pair of int
    stride : pair of int, optional
        By default the kernel's size.
    padding : pair of int
    ceil_mode, count_include_pad : bool
        As in ``torch.nn.AvgPool2d``: whether a last window may stick out, and whether
        padding counts. What sticks out beyond the padding never does.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] = (0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True

    @classmethod
    def of(cls, layer: nn.AvgPool2d) -> PoolingWindows:
        """Return those of a layer of torch's."""
        return cls(
            pair(layer.kernel_size),
            pair(layer.stride),
            pair(layer.padding),
            layer.ceil_mode,
            layer.count_include_pad,
        )

    @property
    def area(self) -> int:
        """Numbers in a window."""
        return self.kernel[0] * self.kernel[1]

    def sums(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's sum, exact where the tensor's type holds it."""
        return functional.avg_pool2d(x, **self._walk, divisor_override=1)

    def means(self, x: torch.Tensor) -> torch.Tensor:
        """Return each window's mean, in float."""
        return functional.avg_pool2d(x, **self._walk, count_include_pad=self.count_include_pad)

    def spread(self, made: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """Return, for each pixel of what came in, the sum over the windows it lies in."""
        return torch.ops.aten.avg_pool2d_backward(
            made,
            made.new_empty(shape),
            **self._walk,
            count_include_pad=True,
            divisor_override=1,
        )

    def counts(self, size: Any, made: Any) -> NDArray[np.int64]:
        """Return by how much each window's sum is divided.

        Parameters
        ----------
        size, made : pair of int
            Rows and columns that come in and that go out.

        Returns
        -------
        int64 array ``[rows, columns]``
        """
        rows, columns = (self._axis_counts(size[axis], made[axis], axis) for axis in (0, 1))
        return np.outer(rows, columns)

    @property
    def _walk(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel,
            "stride": self.stride or self.kernel,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
        }

    def _axis_counts(self, size: int, made: int, axis: int) -> NDArray[np.int64]:
        kernel, padding = self.kernel[axis], self.padding[axis]
        stride = (self.stride or self.kernel)[axis]
        begin = np.arange(made) * stride - padding
        end = np.minimum(begin + kernel, size + padding)
        if not self.count_include_pad:
            begin, end = np.maximum(begin, 0), np.minimum(end, size)
        return end - begin


def pair(value: Any) -> tuple[int, int]:
    """Return rows and columns of what is stated for both by one number, or for each."""
    first, second = value if isinstance(value, (tuple, list)) else (value, value)
    return int(first), int(second)
