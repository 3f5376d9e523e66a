"""A convolution of codes and its two gradients, exact, in the narrowest possible float."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ...kernels.compiled import compiled
from ..layer_sums import Geometry, convolve
from ..tensor_values import exact_type
from .computed_tensor import channels_last
from .patch_products import patch_gradient, patch_sums
from .tensor_codes import CodeTensor

__all__ = ["error_product", "forward_product", "gradient_product"]

# Numbers of parts into which the images of a gradient may be split to make the sum of each
# part exact in float32. A convolution in float64 takes about five times as long.
_PARTS = (1, 2, 4, 8)


def forward_product(
    a: CodeTensor, w: CodeTensor, start: torch.Tensor | None, geometry: Geometry
) -> torch.Tensor:
    """Return the sums of products of activations and weights.

    Parameters
    ----------
    a : Codes ``[images, channels, height, width]``
    w : Codes ``[outputs, channels / groups, height, width]``
    start : float64 tensor ``[outputs]``, optional
        Integers at which the sums start.
    geometry : Geometry

    Returns
    -------
    float32 or float64 tensor ``[images, outputs, rows, columns]``
        Integers.
    """
    bound = a.largest * _largest_sum(w.tensor.flatten(1))
    if start is not None:
        bound += int(start.abs().max())
    kind = _kind(bound)
    if start is None and _is_slow(kind, w.tensor.shape, geometry):
        rows, columns = (
            (a.tensor.shape[axis] + 2 * pad - w.tensor.shape[axis]) // stride + 1
            for axis, pad, stride in zip((2, 3), geometry.padding, geometry.stride, strict=True)
        )
        out = np.zeros((len(a.tensor), rows, columns, len(w.tensor)))
        loop = _depthwise("outputs")
        loop(_array(a.tensor), _taps(w.tensor), out, *geometry.stride_and_padding)
        return torch.from_numpy(out).permute(0, 3, 1, 2)
    if kind is torch.float64 and geometry.groups == 1:
        sums = patch_sums(a.tensor, w.tensor, geometry)
        return sums if start is None else sums.add_(start[:, None, None])
    return convolve(
        a.tensor.to(kind),
        w.tensor.to(kind),
        None if start is None else start.to(kind),
        geometry,
    )


def error_product(
    e: CodeTensor, w: CodeTensor, shape: tuple[int, ...], geometry: Geometry
) -> torch.Tensor:
    """Return the exact errors of a convolution's inputs, as integers.

    Parameters
    ----------
    e : Codes ``[images, outputs, rows, columns]``
    w : Codes ``[outputs, channels / groups, height, width]``
    shape : tuple of int
        Of the inputs.
    geometry : Geometry
    """
    codes = w.tensor
    by_channel = codes.reshape(geometry.groups, -1, *codes.shape[1:]).transpose(1, 2)
    kind = _kind(e.largest * _largest_sum(by_channel.flatten(0, 1).flatten(1)))
    if _is_slow(kind, codes.shape, geometry):
        out = np.zeros((shape[0], *shape[2:], shape[1]))
        _depthwise("inputs")(out, _taps(codes), _array(e.tensor), *geometry.stride_and_padding)
        return torch.from_numpy(out).permute(0, 3, 1, 2)
    return _gradient(e.tensor, _like(shape, kind), codes, kind, geometry, 0)


def gradient_product(
    a: CodeTensor, e: CodeTensor, shape: tuple[int, ...], geometry: Geometry
) -> torch.Tensor:
    """Return the exact gradient of a convolution's weights, as integers.

    Parameters
    ----------
    a : CodeTensor ``[images, channels, height, width]``
        Inputs.
    e : CodeTensor ``[images, outputs, rows, columns]``
        Errors of the outputs.
    shape : tuple of int
        Of the weights.
    geometry : Geometry
    """
    images = len(a.tensor)
    squares = [_squares(_array(codes.tensor)) for codes in (a, e)]
    for count in _PARTS:
        parts = list(_parts(images, count))
        if all(exact_type(_bound(squares, part), 0) is torch.float32 for part in parts):
            total = torch.zeros(shape, dtype=torch.float64)
            kind = torch.float32
            weights = _like(shape, kind)
            for part in parts:
                total += _gradient(e.tensor[part], a.tensor[part], weights, kind, geometry, 1)
            return total
    kind = _kind(_bound(squares, slice(0, images)))
    if _is_slow(kind, shape, geometry):
        taps = np.zeros((*shape[2:], shape[0]))
        _depthwise("taps")(
            _array(a.tensor), taps, _array(e.tensor), *geometry.stride_and_padding
        )
        return torch.from_numpy(taps).permute(2, 0, 1)[:, None]
    if kind is torch.float64 and geometry.groups == 1:
        return patch_gradient(a.tensor, e.tensor, shape, geometry)
    return _gradient(e.tensor, a.tensor, _like(shape, kind), kind, geometry, 1)


def _gradient(
    e: torch.Tensor,
    a: torch.Tensor,
    w: torch.Tensor,
    kind: torch.dtype,
    geometry: Geometry,
    which: int,
) -> torch.Tensor:
    """Return the gradient of the inputs (`which` = 0) or of the weights (1)."""
    mask = [which == 0, which == 1, False]
    if which == 1:
        a, geometry = geometry.points_read(a, w.shape[2:])
    with torch.backends.nnpack.flags(enabled=False):
        return torch.ops.aten.convolution_backward(
            e.to(kind), a.to(kind), w.to(kind), None,
            geometry.stride, geometry.padding, (1, 1), False, (0, 0), geometry.groups, mask,
        )[which]  # fmt: skip


def _like(shape: tuple[int, ...], kind: torch.dtype) -> torch.Tensor:
    """Return an uninitialised tensor of the given shape and type."""
    return torch.empty(shape, dtype=kind, memory_format=torch.channels_last)


def _kind(bound: int) -> torch.dtype:
    """Return the float type that holds all integers of magnitudes up to `bound`."""
    kind = exact_type(bound, 0)
    if kind is None:
        raise ValueError(
            f"sums of products in training must stay below 2**53, not reach {bound}; "
            f"give the roles fewer bits"
        )
    if torch.get_float32_matmul_precision() != "highest":
        return torch.float64
    return kind


def _largest_sum(rows: torch.Tensor) -> int:
    """Return the largest sum of magnitudes of a row."""
    return int(rows.abs().sum(1, dtype=torch.float64).max())


def _parts(images: int, count: int) -> Iterator[slice]:
    size = max(1, -(-images // count))
    for begin in range(0, images, size):
        yield slice(begin, min(begin + size, images))


def _bound(squares: list[Any], part: slice) -> int:
    """Return the Cauchy-Schwarz bound of the sums of products over some images."""
    norms = (math.isqrt(math.ceil(sums[part].sum(0).max())) + 1 for sums in squares)
    return math.prod(norms)


def _is_slow(kind: torch.dtype, shape: tuple[int, ...], geometry: Geometry) -> bool:
    """Tell whether torch would convolve channel by channel, with one call per channel."""
    return kind is torch.float64 and shape[0] == geometry.groups > 1 and shape[1] == 1


def _array(codes: torch.Tensor) -> Any:
    return channels_last(codes).numpy()


def _taps(weights: torch.Tensor) -> Any:
    """Return depthwise weights as an array ``[height, width, channels]``."""
    return weights[:, 0].permute(1, 2, 0).contiguous().numpy()


@compiled
def _squares(codes):
    """Return the sums of squares ``[images, channels]`` of channels-last codes."""
    images, rows, columns, channels = codes.shape
    sums = np.zeros((images, channels))
    for n in range(images):
        for i in range(rows):
            for j in range(columns):
                for c in range(channels):
                    x = np.float64(codes[n, i, j, c])
                    sums[n, c] += x * x
    return sums


@functools.cache
def _depthwise(result: str) -> Any:
    """Return the loop of a depthwise convolution that computes its outputs, inputs or taps.

    The loop takes (inputs ``[images, height, width, channels]``, taps ``[height, width,
    channels]``, outputs ``[images, rows, columns, channels]``, *stride_and_padding). It adds
    the array named by `result`, float64 and zero on entry, from the other two.
    """
    forward, back = result == "outputs", result == "inputs"

    @compiled
    def convolve(inputs, taps, outputs, down, right, above, left):
        images, high, wide, channels = inputs.shape
        _, rows, columns, _ = outputs.shape
        for n in range(images):
            for i in range(rows):
                for j in range(columns):
                    e = outputs[n, i, j]
                    for p in range(taps.shape[0]):
                        y = i * down + p - above
                        for q in range(taps.shape[1]):
                            x = j * right + q - left
                            if 0 <= y < high and 0 <= x < wide:
                                a, w = inputs[n, y, x], taps[p, q]
                                for c in range(channels):
                                    if forward:
                                        e[c] += np.float64(a[c]) * np.float64(w[c])
                                    elif back:
                                        a[c] += np.float64(e[c]) * np.float64(w[c])
                                    else:
                                        w[c] += np.float64(e[c]) * np.float64(a[c])

    return convolve
