"""Two-dimensional convolution of fixed-point arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit import check_integer
from ..formats.result_formats import accumulated_format, product_format
from ..rounding.rules import ERROR, overflow_mark
from ..rounding.word_reader import WordReader, as_reader
from .accumulator_spec import AccumulatorSpec, check_spec
from .code_product import MAX_WORDS, CodeProduct, raise_product_overflow
from .convolution_windows import ConvolutionShape, ConvolutionWindows, integer_pair
from .fixed_array import FixedArray, check_fixed

__all__ = ["conv2d"]

# Bytes of inputs and sums that are worked on at a time, so that they stay in the cache.
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
    """Return the two-dimensional cross-correlation of neural networks, exact to the bit.

    Parameters
    ----------
    x : FixedArray ``[images, channels, height, width]``
    weight : FixedArray ``[outputs, channels / groups, kernel height, kernel width]``
    accumulator : AccumulatorSpec, optional
        By default every sum is exact, with ceil(log2 K) more integer bits than the products.
    bias : FixedArray ``[outputs]``, optional
        Start of the sums of each output channel, by default 0. In the accumulator's format;
        the accumulator's order must be ``"sequential"``.
    stride, padding : int or pair of int
        Rows, columns. Padding is zeros, which take part in every sum as steps of their own.
    dilation : int or pair of int
        Distance on the input between neighbouring kernel rows and columns.
    groups : int
        Output channels of group g see only the input channels of group g. With as many
        groups as channels the convolution is depthwise.
    bits : word source or WordReader
        For STOCHASTIC; `AccumulatorSpec` defines the order of the words.

    Returns
    -------
    FixedArray ``[images, outputs, rows, columns]``
        In the accumulator's format.

    Raises
    ------
    ValueError
        If the shapes do not match, or an intermediate number needs more than 64 bits.
    CodeOverflowError
        If a sum does not fit and the overflow mode is ERROR. The message names the output
        and the addition.

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
    shape = ConvolutionShape.of(
        x.shape,
        weight.shape,
        stride=integer_pair("conv2d stride", stride, 1),
        padding=integer_pair("conv2d padding", padding, 0),
        dilation=integer_pair("conv2d dilation", dilation, 1),
        groups=check_integer("conv2d groups", groups, 1, 2**31),
    )
    start = _start_codes(bias, shape.outputs, accumulator)
    if accumulator is None:
        fmt = accumulated_format(product_format(weight.format, x.format), shape.depth)
        accumulator = AccumulatorSpec(format=fmt)
    product = CodeProduct(accumulator, weight.format, x.format)
    reader = as_reader(bits) if accumulator.random else None
    position = reader.position if reader else 0
    group_outputs = shape.outputs // shape.groups
    matrix = weight.codes.reshape(shape.groups, group_outputs, shape.depth)
    starts = start.reshape(shape.groups, group_outputs, 1)
    windows = ConvolutionWindows(x.codes, product.operand_type, shape)
    each = accumulator.words_per_output(shape.depth)
    total = math.prod(shape.result) * each
    if reader is not None and total > MAX_WORDS and not reader.is_kept(total):
        sums = _image_by_image(product, matrix, windows, reader, starts)
    else:
        sums = _all_images(product, matrix, windows, reader, each, starts)
    out = sums.reshape(shape.result)
    marked = product.fit == ERROR and out == overflow_mark(product.working_type)
    if np.any(marked):
        flat = int(np.flatnonzero(marked)[0])
        index = np.unravel_index(flat, shape.result)
        image, output, row, column = (int(i) for i in index)
        pixel = (image * shape.rows + row) * shape.columns + column
        raise_product_overflow(
            product,
            weight.codes[output].ravel(),
            windows.columns(pixel, pixel + 1)[output // group_outputs, :, 0],
            index,
            WordReader(reader.source, position) if reader else None,
            flat,
            int(start[output]),
        )
    return FixedArray.from_valid_codes(out, accumulator.format)


def _all_images(
    product: CodeProduct,
    matrix: NDArray[Any],
    windows: ConvolutionWindows,
    reader: WordReader | None,
    each: int,
    starts: NDArray[Any],
) -> NDArray[Any]:
    """Compute the outputs of all images at once, in tiles that fit the cache."""
    groups, rows, depth = matrix.shape
    images, pixels = windows.shape.images, windows.shape.pixels
    # Outputs of one image are neighbours; with one channel so are those of all images.
    run = pixels if groups * rows > 1 else images * pixels
    words = product.words(reader, images * groups * rows * pixels * each, each, run)
    strides = (rows * pixels * each, pixels * each)
    out = np.empty((groups, rows, images, pixels), product.result_type)
    flat = out.reshape(groups, rows, images * pixels)
    input_bytes = np.dtype(product.operand_type).itemsize
    sum_bytes = np.dtype(product.working_type).itemsize
    size = groups * (depth * input_bytes + rows * sum_bytes)
    tile = max(256, _TILE_BYTES // size // 256 * 256)
    for begin in range(0, images * pixels, tile):
        end = min(begin + tile, images * pixels)
        pixel = np.arange(begin, end, dtype=np.int64)
        # The outputs of all channels of the preceding images come before those of an image.
        first_words = (pixel + pixel // pixels * ((groups * rows - 1) * pixels)) * each
        columns = windows.columns(begin, end)
        # Wrap and store the sums while they are in the cache.
        sums = product.run(matrix, columns, words, strides, first_words, starts)
        flat[:, :, begin:end] = product.wrap(sums)
    return np.ascontiguousarray(out.transpose(2, 0, 1, 3))


def _image_by_image(
    product: CodeProduct,
    matrix: NDArray[Any],
    windows: ConvolutionWindows,
    reader: WordReader,
    starts: NDArray[Any],
) -> NDArray[Any]:
    """Compute the outputs in the order of the words, which are too many to hold at once."""
    groups, rows, _ = matrix.shape
    images, pixels = windows.shape.images, windows.shape.pixels
    out = np.empty((images, groups, rows, pixels), product.result_type)
    for image in range(images):
        columns = windows.columns(image * pixels, (image + 1) * pixels)
        for group in range(groups):
            part = slice(group, group + 1)
            sums = product.sums(matrix[part], columns[part], reader, starts[part])
            out[image, part] = product.wrap(sums)
    return out


def _start_codes(
    bias: FixedArray | None, outputs: int, accumulator: AccumulatorSpec | None
) -> NDArray[Any]:
    """Return the code at which the sums of each output channel start."""
    if bias is None:
        return np.zeros(outputs, np.int64)
    check_fixed("conv2d", bias)
    if accumulator is None or accumulator.order != "sequential":
        raise ValueError("conv2d with a bias takes an accumulator whose order is sequential")
    if bias.format != accumulator.format or bias.shape != (outputs,):
        raise ValueError(
            f"conv2d's bias must be {outputs} codes of the accumulator's format "
            f"{accumulator.format}, not of {bias.format} and shape {bias.shape}"
        )
    return bias.codes.astype(np.int64)
