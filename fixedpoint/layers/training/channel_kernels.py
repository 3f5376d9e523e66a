"""Loops over the channels of code tensors: sums, products and affine functions."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ...kernels.compiled import compiled
from .computed_tensor import ComputedTensor, channels_last

__all__ = ["affine", "channel_dot", "channel_sums", "subtract_projection"]


def channel_sums(x: torch.Tensor) -> torch.Tensor:
    """Return the sum of each channel in float64, exact below 2^53.

    Parameters
    ----------
    x : float32 tensor ``[images, channels, rows, columns]``
    """
    return torch.from_numpy(_add_channels(_rows(x), np.zeros(x.shape[1])))


def channel_dot(
    a: torch.Tensor, b: torch.Tensor, centre: torch.Tensor | None = None
) -> list[int]:
    """Return the exact sum of ``(a - centre) * (b - centre)`` of each channel.

    Parameters
    ----------
    a, b : float32 tensor ``[images, channels, rows, columns]``
        Integers of at most 24 bits and a sign.
    centre : float64 tensor ``[channels]``, optional
        Integers of as many bits; by default 0.
    """
    channels = a.shape[1]
    centres = np.zeros(channels, np.int32) if centre is None else centre.to(torch.int32).numpy()
    high, low = np.zeros((2, channels), np.int64)
    _add_products(_rows(a), _rows(b), centres, high, low)
    return [(h << 24) + rest for h, rest in zip(high.tolist(), low.tolist(), strict=True)]


def affine(
    x: torch.Tensor,
    factor: torch.Tensor,
    *,
    centre: torch.Tensor | None = None,
    start: torch.Tensor | None = None,
) -> ComputedTensor:
    """Return ``start + (x - centre) * factor``, with parameters per channel.

    Parameters
    ----------
    x : float32 tensor ``[images, channels, rows, columns]``
        Integers of at most 24 bits and a sign.
    factor, centre, start : tensor ``[channels]``
        By default centre and start are 0.

    Returns
    -------
    ComputedTensor
        Exact if all numbers are integers below 2^53.
    """
    zeros = torch.zeros_like(factor)
    tensors = (factor, *(zeros if v is None else v for v in (centre, start)))
    parameters = [v.double().numpy() for v in tensors]
    rows = _rows(x)

    def ends() -> tuple[float, float]:
        # Rounding keeps the order of numbers: the ends of each channel give its ends.
        if not rows.size:
            return 0.0, 0.0
        inputs, outputs = np.empty((2, x.shape[1]), np.float32), np.empty((2, x.shape[1]))
        _channel_ends(rows, *inputs)
        _affine(inputs, *parameters, outputs)
        return float(outputs.min()), float(outputs.max())

    return ComputedTensor(
        tuple(x.shape), lambda pixels, out: _affine(rows[pixels], *parameters, out), ends
    )


def subtract_projection(
    x: torch.Tensor, y: torch.Tensor, mean: torch.Tensor, slope: torch.Tensor, scale: float
) -> ComputedTensor:
    """Return ``x * scale - mean - round(y * slope)``, rounded with ties to even.

    Parameters
    ----------
    x, y : float32 tensor ``[images, channels, rows, columns]``
    mean, slope : float64 tensor ``[channels]``
    scale : float

    Returns
    -------
    ComputedTensor
    """
    left, right, parameters = _rows(x), _rows(y), (mean.numpy(), slope.numpy(), scale)
    return ComputedTensor(
        tuple(x.shape),
        lambda pixels, out: _subtract_projection(left[pixels], right[pixels], *parameters, out),
    )


def _rows(x: torch.Tensor) -> NDArray[np.float32]:
    """Return a tensor's numbers as ``[images * rows * columns, channels]``."""
    return channels_last(x).reshape(-1, x.shape[1]).numpy()


@compiled
def _channel_ends(x, least, greatest):
    # Comparisons of floats would not vectorise.
    low, high = np.empty(x.shape[1], np.int32), np.empty(x.shape[1], np.int32)
    for c in range(x.shape[1]):
        low[c] = high[c] = np.int32(x[0, c])
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            code = np.int32(x[i, c])
            low[c], high[c] = min(low[c], code), max(high[c], code)
    least[:], greatest[:] = low, high


@compiled
def _add_channels(a, totals):
    for i in range(a.shape[0]):
        for c in range(a.shape[1]):
            totals[c] += np.float64(a[i, c])
    return totals


@compiled
def _add_products(a, b, centre, high, low):
    # Products have at most 50 bits: their sums over a block of rows stay below 2^63, and are
    # then added in two parts. Factors of 32 bits vectorise, those of 64 would not.
    sums = np.empty(a.shape[1], np.int64)
    for begin in range(0, a.shape[0], 4096):
        sums[:] = 0
        for i in range(begin, min(begin + 4096, a.shape[0])):
            for c in range(a.shape[1]):
                left = np.int32(np.int32(a[i, c]) - centre[c])
                right = np.int32(np.int32(b[i, c]) - centre[c])
                sums[c] += np.int64(left) * np.int64(right)
        for c in range(a.shape[1]):
            high[c] += sums[c] >> 24
            low[c] += sums[c] & 0xFFFFFF


@compiled
def _affine(x, factor, centre, start, out):
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            out[i, c] = (np.float64(x[i, c]) - centre[c]) * factor[c] + start[c]


@compiled
def _subtract_projection(x, y, mean, slope, scale, out):
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            projection = np.rint(np.float64(y[i, c]) * slope[c])
            out[i, c] = np.float64(x[i, c]) * scale - mean[c] - projection
