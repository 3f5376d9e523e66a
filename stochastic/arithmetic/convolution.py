"""Convolutions of streams, as neural networks have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_integer

from ..streams.codes import operand_codes
from .matmul import matmul
from .product_counts import check_operation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..generators.generator import Generator

__all__ = ["conv2d"]


def conv2d(
    x: ArrayLike,
    weight: ArrayLike,
    generators: tuple[Generator, Generator],
    length: int = 256,
    encoding: str = "bipolar",
    engine: str = "auto",
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    correlated: bool = False,
) -> NDArray[np.int64]:
    """Encode images and kernels, multiply their streams, and count the ones of each sum.

    It is the cross-correlation of neural networks with a stochastic multiplier for every
    product, and the exact count of a parallel counter behind K gates after `length` cycles.

    Parameters
    ----------
    x : array ``[images, channels, height, width]`` of float, or of integer
        Real values, or codes if the dtype is integer.
    weight : array ``[outputs, channels / groups, kernel height, kernel width]``
        Of float, or of integer.
    generators, length, encoding, engine, correlated
        As for `matmul`.
    stride, padding : int or pair of int
        Rows, columns. Padding is streams of the value 0, whose products count like others.
    dilation : int or pair of int
        Distance on the input between neighbouring kernel rows and columns.
    groups : int
        Output channels of group g see only the input channels of group g.

    Returns
    -------
    int64 array ``[images, outputs, rows, columns]``
        The ones of ``K = channels / groups * kernel height * kernel width`` products of N
        bits. As a real number the sum is ``counts / N`` if unipolar or sign-magnitude, and
        ``(2 counts - K N) / N`` if bipolar.

    Raises
    ------
    TypeError, ValueError
        As `matmul`; if the shapes do not match, or leave no output.

    Examples
    --------
    >>> import numpy as np
    >>> from stochastic import Sobol
    >>> pair = Sobol(width=4, dimension=0), Sobol(width=4, dimension=1)
    >>> x, weight = np.full((1, 1, 3, 3), 0.5), np.full((1, 1, 2, 2), 0.25)
    >>> (conv2d(x, weight, pair, length=16, encoding="unipolar") / 16).tolist()
    [[[[0.5, 0.5], [0.5, 0.5]]]]
    """
    # These modules import Numba.
    from fixedpoint.arrays.convolution_windows import (
        ConvolutionShape,
        ConvolutionWindows,
        integer_pair,
    )

    generators, length = check_operation(
        "conv2d", generators, length, encoding, engine, correlated
    )
    codes, weights = (
        operand_codes(m, g.width, encoding)
        for m, g in zip((x, weight), generators, strict=True)
    )
    margins = integer_pair("conv2d padding", padding, 0)
    zero = 1 << (generators[0].width - 1) if encoding == "bipolar" else 0
    if codes.ndim == 4 and any(margins):
        codes = np.pad(
            codes, ((0, 0), (0, 0), *((m, m) for m in margins)), constant_values=zero
        )
    shape = ConvolutionShape.of(
        codes.shape,
        weights.shape,
        stride=integer_pair("conv2d stride", stride, 1),
        padding=(0, 0),
        dilation=integer_pair("conv2d dilation", dilation, 1),
        groups=check_integer("conv2d groups", groups, 1, 2**31),
    )
    columns = ConvolutionWindows(codes, codes.dtype, shape).columns(
        0, shape.images * shape.pixels
    )
    kernels = weights.reshape(shape.groups, shape.outputs // shape.groups, shape.depth)
    sums = [
        matmul(rows.T, kernel.T, generators, length, encoding, engine, correlated=True)
        for rows, kernel in zip(columns, kernels, strict=True)
    ]
    outputs = np.concatenate(sums, axis=1)
    outputs = outputs.reshape(shape.images, shape.pixels, shape.outputs).transpose(0, 2, 1)
    return np.ascontiguousarray(outputs).reshape(shape.result)
