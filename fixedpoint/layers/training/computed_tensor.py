"""Tensors that are computed block by block where they are read, and never stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..tensor_values import tensor_numbers

__all__ = ["ComputedTensor", "blocks", "channels_last"]

# Numbers of a block: 512 KiB, which stay in the second-level cache.
_BLOCK = 1 << 16


@dataclasses.dataclass(frozen=True)
class ComputedTensor:
    """A float64 tensor ``[images, channels, rows, columns]`` given by a function.

    It is read twice, once for its range, unless that is known, and once to round it. Computing
    it again takes less time than storing it in memory and loading it.

    Attributes
    ----------
    shape : tuple of int
    fill : callable
        ``fill(pixels, out)`` writes the numbers of a slice of all pixels to a float64 array
        ``[pixels, channels]``.
    range : callable, optional
        Returns the smallest and the largest number, without computing them all.
    """

    shape: tuple[int, ...]
    fill: Callable[[slice, NDArray[np.float64]], None]
    range: Callable[[], tuple[float, float]] | None = None
    dtype = torch.float64

    def numel(self) -> int:
        """Return the count of numbers."""
        images, channels, rows, columns = self.shape
        return images * channels * rows * columns

    def blocks(self) -> Iterator[NDArray[np.float64]]:
        """Yield the numbers in the order of `channels_last`, each array only until the next."""
        channels = self.shape[1]
        pixels = self.numel() // max(1, channels)
        step = max(1, min(pixels, _BLOCK // max(1, channels)))
        memory = np.empty((step, channels))
        for begin in range(0, pixels, step):
            end = min(pixels, begin + step)
            self.fill(slice(begin, end), memory[: end - begin])
            yield memory[: end - begin].reshape(-1)


def blocks(x: torch.Tensor | ComputedTensor) -> Iterator[NDArray[Any]]:
    """Yield a tensor's numbers in the order of `channels_last`; a stored tensor is one block.

    Raises
    ------
    TypeError
        If the tensor is not float32 or float64 on the CPU.
    """
    if isinstance(x, ComputedTensor):
        yield from x.blocks()
    else:
        yield tensor_numbers(channels_last(x)).reshape(-1)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor of four axes with its channels as the last axis, others unchanged.

    The result is contiguous, and a view if the tensor already has that memory layout.
    """
    values = x.detach()
    return (values.permute(0, 2, 3, 1) if values.dim() == 4 else values).contiguous()
