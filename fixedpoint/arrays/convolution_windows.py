"""Sizes of a convolution, and the inputs that each of its outputs reads."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit import check_integer
from . import product_kernels

__all__ = ["ConvolutionShape", "ConvolutionWindows", "integer_pair"]


def integer_pair(name: str, value: int | tuple[int, int], low: int) -> tuple[int, int]:
    """Return a number for both directions, or one for each, as a pair of integers from `low`.

    `name` begins the error message.
    """
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one number or a pair, not {value!r}")
    first, second = pair
    return check_integer(name, first, low, 2**31), check_integer(name, second, low, 2**31)


@dataclasses.dataclass(frozen=True)
class ConvolutionShape:
    """The sizes of a convolution; pairs are (rows, columns)."""

    images: int
    outputs: int
    rows: int
    columns: int
    groups: int
    # Input channels of a group.
    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    @classmethod
    def of(
        cls,
        x: tuple[int, ...],
        weight: tuple[int, ...],
        *,
        stride: tuple[int, int],
        padding: tuple[int, int],
        dilation: tuple[int, int],
        groups: int,
    ) -> ConvolutionShape:
        """Return the sizes for inputs and weights of the given shapes.

        Raises
        ------
        ValueError
            If the shapes do not match, or leave no output.
        """
        if len(x) != 4 or len(weight) != 4:
            raise ValueError(
                f"conv2d takes arrays of four dimensions, not shapes {x} and {weight}"
            )
        images, channels, height, width = x
        outputs, inner, *kernel = weight
        if channels != inner * groups or outputs % groups:
            raise ValueError(
                f"conv2d with {groups} groups takes channels and outputs that they divide, "
                f"not shapes {x} and {weight}"
            )
        padded = height + 2 * padding[0], width + 2 * padding[1]
        reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
        rows, columns = (
            (size - extent) // step + 1
            for size, extent, step in zip(padded, reach, stride, strict=True)
        )
        if rows < 1 or columns < 1:
            raise ValueError(
                f"conv2d's kernel {reach[0]}x{reach[1]} must not exceed its padded input "
                f"{padded[0]}x{padded[1]}"
            )
        return cls(
            images=images,
            outputs=outputs,
            rows=rows,
            columns=columns,
            groups=groups,
            channels=inner,
            kernel=(kernel[0], kernel[1]),
            stride=stride,
            padding=padding,
            dilation=dilation,
        )

    @property
    def depth(self) -> int:
        """Products of a sum."""
        return self.channels * self.kernel[0] * self.kernel[1]

    @property
    def pixels(self) -> int:
        """Outputs of an image and output channel."""
        return self.rows * self.columns

    @property
    def result(self) -> tuple[int, int, int, int]:
        """The shape of the result."""
        return self.images, self.outputs, self.rows, self.columns


class ConvolutionWindows:
    """The padded inputs of a convolution, from which columns of a matrix are gathered.

    Parameters
    ----------
    codes : integer array ``[images, channels, height, width]``
    dtype : integer type
        Of the gathered columns.
    shape : ConvolutionShape
    """

    def __init__(self, codes: NDArray[Any], dtype: Any, shape: ConvolutionShape) -> None:
        self.shape = shape
        images, channels, height, width = codes.shape
        top, left = shape.padding
        padded = np.zeros((images, channels, height + 2 * top, width + 2 * left), dtype)
        padded[:, :, top : top + height, left : left + width] = codes
        self.inputs = padded.reshape(
            shape.images, shape.groups, shape.channels, *padded.shape[2:]
        )

    def columns(self, begin: int, end: int) -> NDArray[Any]:
        """Return the inputs of outputs ``begin .. end - 1``, in order [image, row, column].

        Returns
        -------
        integer array ``[groups, depth, end - begin]``
        """
        shape, result = self.shape, (self.shape.rows, self.shape.columns)
        columns = np.empty((shape.groups, shape.depth, end - begin), self.inputs.dtype)
        product_kernels.gather_columns(
            self.inputs, columns, shape.kernel, shape.stride, shape.dilation, result, begin
        )
        return columns
