"""Convolutions in float64 as products of matrices.

torch convolves float64 image by image, with a copy of every image's patches that does not stay
in the cache. Here the patches of a few images at a time are gathered and multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from ..layer_sums import Geometry
from .computed_tensor import channels_last

__all__ = ["patch_gradient", "patch_sums"]

# Numbers of a block of patches: 512 KiB, which stay in the second-level cache.
_BLOCK = 1 << 16


def patch_sums(a: torch.Tensor, w: torch.Tensor, geometry: Geometry) -> torch.Tensor:
    """Return a convolution of one group, exact if all sums are below 2^53.

    Parameters
    ----------
    a : float32 tensor ``[images, channels, height, width]``
        Integers.
    w : float32 tensor ``[outputs, channels, height, width]``
        Integers.
    geometry : Geometry

    Returns
    -------
    float64 tensor ``[images, outputs, rows, columns]``
    """
    patches = _patches(a, w.shape, geometry)
    images, rows, columns = patches.shape[:3]
    taps = channels_last(w).reshape(len(w), -1).double().t()
    out = torch.empty((images * rows * columns, len(w)), dtype=torch.float64)
    for part, block in _blocks(patches):
        torch.mm(block, taps, out=out[part])
    return out.view(images, rows, columns, len(w)).permute(0, 3, 1, 2)


def patch_gradient(
    a: torch.Tensor, e: torch.Tensor, shape: tuple[int, ...], geometry: Geometry
) -> torch.Tensor:
    """Return the gradient of a convolution's weights, exact if all sums are below 2^53.

    Parameters
    ----------
    a : float32 tensor ``[images, channels, height, width]``
        Integers.
    e : float32 tensor ``[images, outputs, rows, columns]``
        Integers: the errors of the outputs.
    shape : tuple of int
        Of the weights, of one group.
    geometry : Geometry

    Returns
    -------
    float64 tensor ``[outputs, channels, height, width]``
    """
    outputs, channels, high, wide = shape
    errors = channels_last(e).reshape(-1, outputs)
    total = torch.zeros((outputs, high * wide * channels), dtype=torch.float64)
    for part, block in _blocks(_patches(a, shape, geometry)):
        total.addmm_(errors[part].double().t(), block)
    return total.view(outputs, high, wide, channels).permute(0, 3, 1, 2)


def _patches(a: torch.Tensor, shape: tuple[int, ...], geometry: Geometry) -> torch.Tensor:
    """Return a view ``[images, rows, columns, patch rows, patch columns * channels]``."""
    (above, left), (down, right) = geometry.padding, geometry.stride
    images = channels_last(a)
    if above or left:
        images = functional.pad(images, (0, 0, left, left, above, above))
    count, height, width, channels = images.shape
    high, wide = shape[2:]
    rows, columns = (height - high) // down + 1, (width - wide) // right + 1
    image, row, column, _ = images.stride()
    return images.as_strided(
        (count, rows, columns, high, wide * channels),
        (image, down * row, right * column, row, 1),
    )


def _blocks(patches: torch.Tensor) -> Iterator[tuple[slice, torch.Tensor]]:
    """Yield the range of pixels of a few images, and their patches as rows in float64."""
    images, rows, columns, high, numbers = patches.shape
    pixels = rows * columns
    step = max(1, _BLOCK // (pixels * high * numbers))
    memory = torch.empty((min(step, images), *patches.shape[1:]), dtype=torch.float64)
    for begin in range(0, images, step):
        part = patches[begin : begin + step]
        block = memory[: len(part)].copy_(part).view(-1, high * numbers)
        yield slice(begin * pixels, (begin + len(part)) * pixels), block
