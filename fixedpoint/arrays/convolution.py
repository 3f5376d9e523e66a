"""Two-dimensional convolution with an accumulator that is quantised at every step."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit import check_integer
from ..formats.result_formats import accumulated_format, product_format
from ..rounding.rules import ERROR, overflow_mark
from ..rounding.word_reader import WordReader, as_reader
from . import product_kernels
from .accumulator_spec import AccumulatorSpec, check_spec
from .fixed_array import FixedArray, check_fixed
from .matrix_product import BLOCK_SIZE, Product, explain_overflow

__all__ = ["conv2d"]

# Inputs gathered side by side at a time, so that they stay in the cache.
_TILE_BYTES = 1 << 20


def conv2d(
    x: FixedArray,
    weight: FixedArray,
    accumulator: AccumulatorSpec | None = None,
    *,
    bias: FixedArray | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    bits: Any = None,
) -> FixedArray:
    """Return the two-dimensional cross-correlation of networks, bit for bit as hardware.

    Parameters
    ----------
    x : FixedArray ``[images, channels, height, width]``
    weight : FixedArray ``[outputs, channels / groups, kernel height, kernel width]``
    accumulator : AccumulatorSpec, optional
        Without it every sum is exact, with ceil(log2 K) integer bits above the product's.
    bias : FixedArray ``[outputs]``, optional
        Where the sums of each output channel start, instead of at 0: codes of the
        accumulator's format, for one whose order is ``"sequential"``.
    stride, padding : int or pair of int
        Rows, columns. Padding is zeros, which take part in every sum as steps of their own.
    dilation : int or pair of int
        How far apart the kernel's rows and columns stand on the input.
    groups : int
        Output channels o of group g see the input channels of group g alone; as many
        groups as channels make the convolution depthwise.
    bits : word source or WordReader
        For STOCHASTIC; `AccumulatorSpec` states the order of its words.

    Returns
    -------
    FixedArray ``[images, outputs, rows, columns]``
        In the accumulator's format.

    Raises
    ------
    ValueError
        If shapes do not match, or numbers on the way would need more than 64 bits.
    CodeOverflowError
        If a sum does not fit and overflow is ERROR. It names the output and the addition.

    Examples
    --------
    >>> import numpy as np
    >>> from fixedpoint import FixedArray, conv2d
    >>> x = FixedArray(np.arange(9).reshape(1, 1, 3, 3), "sQ5.0")
    >>> w = FixedArray(np.ones((1, 1, 2, 2), int), "sQ2.0")
    >>> conv2d(x, w).codes.tolist()
    [[[[8, 12], [20, 24]]]]
    """
    check_fixed("conv2d", x, weight)
    if accumulator is not None:
        check_spec("conv2d accumulator", accumulator)
    shape = _Shape.of(
        x.shape,
        weight.shape,
        stride=_pair("conv2d stride", stride, 1),
        padding=_pair("conv2d padding", padding, 0),
        dilation=_pair("conv2d dilation", dilation, 1),
        groups=check_integer("conv2d groups", groups, 1, 2**31),
    )
    start = _start(bias, shape.outputs, accumulator)
    if accumulator is None:
        fmt = accumulated_format(product_format(weight.format, x.format), shape.depth)
        accumulator = AccumulatorSpec(format=fmt)
    product = Product(accumulator, weight.format, x.format)
    reader = as_reader(bits) if accumulator.random else None
    drawn = reader.position if reader else 0
    each_group = shape.groups, shape.outputs // shape.groups
    matrix = weight.codes.reshape(*each_group, shape.depth)
    starts = start.reshape(*each_group, 1)
    window = _Windows(x.codes, product.stored, shape)
    each = accumulator.words_per_output(shape.depth)
    total = math.prod(shape.result) * each
    if reader is not None and total > BLOCK_SIZE and not reader.is_kept(total):
        sums = _image_by_image(product, matrix, window, reader, starts)
    else:
        sums = _all_images(product, matrix, window, reader, each, starts)
    out = sums.reshape(shape.result)
    marked = product.fit == ERROR and out == overflow_mark(product.work)
    if np.any(marked):
        wrong = np.flatnonzero(marked)
        index = np.unravel_index(int(wrong[0]), shape.result)
        image, output, row, column = (int(i) for i in index)
        group = output // each_group[1]
        pixel = (image * shape.rows + row) * shape.columns + column
        explain_overflow(
            accumulator,
            weight[output].ravel(),
            FixedArray._of(window.columns(pixel, pixel + 1)[group, :, 0], x.format),
            index,
            WordReader(reader.source, drawn) if reader else None,
            int(wrong[0]),
            int(start[output]),
        )
    return FixedArray._of(out, accumulator.format)


@dataclasses.dataclass(frozen=True)
class _Shape:
    """The sizes of a convolution; pairs are of rows and columns."""

    images: int
    outputs: int
    rows: int
    columns: int
    groups: int
    # Channels of a group.
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
    ) -> _Shape:
        """Return the sizes for inputs and weights of such shapes, if they match."""
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
        high, wide = height + 2 * padding[0], width + 2 * padding[1]
        reach = [(size - 1) * apart + 1 for size, apart in zip(kernel, dilation, strict=True)]
        rows = (high - reach[0]) // stride[0] + 1
        columns = (wide - reach[1]) // stride[1] + 1
        if rows < 1 or columns < 1:
            raise ValueError(
                f"conv2d's kernel {reach[0]}x{reach[1]} must not exceed its padded input "
                f"{high}x{wide}"
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


class _Windows:
    """What every output sees of the inputs ``[images, channels, height, width]``, padded."""

    def __init__(self, codes: NDArray[Any], stored: Any, shape: _Shape) -> None:
        self.shape = shape
        images, channels, height, width = codes.shape
        high, wide = shape.padding
        padded = np.zeros((images, channels, height + 2 * high, width + 2 * wide), stored)
        padded[:, :, high : high + height, wide : wide + width] = codes
        self.inputs = padded.reshape(
            shape.images, shape.groups, shape.channels, *padded.shape[2:]
        )

    def columns(self, begin: int, end: int) -> NDArray[Any]:
        """Return ``[groups, depth, end - begin]`` for outputs in order [image, row, column]."""
        shape, out = self.shape, (self.shape.rows, self.shape.columns)
        made = np.empty((shape.groups, shape.depth, end - begin), self.inputs.dtype)
        product_kernels.gather_columns(
            self.inputs, made, shape.kernel, shape.stride, shape.dilation, out, begin
        )
        return made


def _all_images(
    product: Product,
    matrix: NDArray[Any],
    window: _Windows,
    reader: WordReader | None,
    each: int,
    starts: NDArray[Any],
) -> NDArray[Any]:
    """Walk along the outputs of all images at once, a tile that fits the cache at a time."""
    groups, rows, depth = matrix.shape
    images, pixels = window.shape.images, window.shape.pixels
    # The outputs of one image are neighbours; those of all, where there is one channel.
    run = pixels if groups * rows > 1 else images * pixels
    draws = product.draws(reader, images * groups * rows * pixels * each, each, run)
    strides = (rows * pixels * each, pixels * each)
    out = np.empty((groups, rows, images, pixels), product.kept)
    flat = out.reshape(groups, rows, images * pixels)
    each_input, each_sum = (np.dtype(kind).itemsize for kind in (product.stored, product.work))
    size = groups * (depth * each_input + rows * each_sum)
    tile = max(256, _TILE_BYTES // size // 256 * 256)
    for begin in range(0, images * pixels, tile):
        end = min(begin + tile, images * pixels)
        place = np.arange(begin, end, dtype=np.int64)
        # Before those of an image come all channels' outputs of the images before it.
        firsts = (place + place // pixels * ((groups * rows - 1) * pixels)) * each
        columns = window.columns(begin, end)
        # Finished and stored while they are in the cache.
        sums = product.run(matrix, columns, draws, strides, firsts, starts)
        flat[:, :, begin:end] = product.finish(sums)
    return np.ascontiguousarray(out.transpose(2, 0, 1, 3))


def _image_by_image(
    product: Product,
    matrix: NDArray[Any],
    window: _Windows,
    reader: WordReader,
    starts: NDArray[Any],
) -> NDArray[Any]:
    """Walk in the order of the words, which are too many to be held at once."""
    groups, rows, _ = matrix.shape
    images, pixels = window.shape.images, window.shape.pixels
    out = np.empty((images, groups, rows, pixels), product.kept)
    for image in range(images):
        columns = window.columns(image * pixels, (image + 1) * pixels)
        for group in range(groups):
            part = slice(group, group + 1)
            sums = product.pieces(matrix[part], columns[part], reader, starts[part])
            out[image, part] = product.finish(sums)
    return out


def _start(
    bias: FixedArray | None, outputs: int, accumulator: AccumulatorSpec | None
) -> NDArray[Any]:
    """Return the code from which the sums of each output channel start."""
    if bias is None:
        return np.zeros(outputs, np.int64)
    if not isinstance(bias, FixedArray):
        raise TypeError(f"conv2d takes FixedArrays; quantize {bias!r} first")
    if accumulator is None or accumulator.order != "sequential":
        raise ValueError("conv2d with a bias takes an accumulator whose order is sequential")
    if bias.format != accumulator.format or bias.shape != (outputs,):
        raise ValueError(
            f"conv2d's bias must be {outputs} codes of the accumulator's format "
            f"{accumulator.format}, not of {bias.format} and shape {bias.shape}"
        )
    return bias.codes.astype(np.int64)


def _pair(name: str, value: int | tuple[int, int], low: int) -> tuple[int, int]:
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one number or a pair, not {value!r}")
    first, second = pair
    return check_integer(name, first, low, 2**31), check_integer(name, second, low, 2**31)
