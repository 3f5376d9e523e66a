"""Sums of products with an accumulator's bits, computed by torch where that is exact."""

from __future__ import annotations

import dataclasses

import torch
from torch.nn import functional

from ..arrays.accumulator_spec import AccumulatorSpec
from ..arrays.convolution import conv2d
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..rounding.reference import code_limits
from ..rounding.word_reader import WordReader
from .cast import Cast
from .round_tensor import round_to, straight_through
from .tensor_values import exact_type, tensor_type, to_array, to_values

__all__ = ["Geometry", "accumulate", "convolve", "exact_sums"]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """Stride and padding (rows, columns) and groups of a convolution."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1

    @property
    def stride_and_padding(self) -> tuple[int, int, int, int]:
        """Stride and padding in one tuple, as kernels take them."""
        return (*self.stride, *self.padding)

    def points_read(
        self, x: torch.Tensor, kernel: tuple[int, ...]
    ) -> tuple[torch.Tensor, Geometry]:
        """Return inputs without those that a strided 1x1 kernel skips, and their geometry.

        torch 2.13 writes beyond its memory in the gradient of such weights, if there are fewer
        than 8 channels in channels-last format, on processors without AVX-512.
        """
        if tuple(kernel) != (1, 1) or self.padding != (0, 0):
            return x, self
        down, right = self.stride
        return x[:, :, ::down, ::right], Geometry(groups=self.groups)


def accumulate(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    formats: tuple[Format, Format, AccumulatorSpec],
    geometry: Geometry,
    reader: WordReader | None = None,
) -> torch.Tensor:
    """Return a convolution's sums in the accumulator's format, exact to the bit.

    Parameters
    ----------
    x : tensor ``[images, channels, height, width]``
        Values of the first format.
    weight : tensor ``[outputs, channels / groups, height, width]``
        Values of the second format.
    bias : tensor ``[outputs]``, optional
        Values of the accumulator's format.
    formats : Format, Format, AccumulatorSpec
    geometry : Geometry
    reader : WordReader, optional
        For STOCHASTIC.

    Returns
    -------
    tensor ``[images, outputs, rows, columns]``
        Its type may be narrower than the format's `tensor_type`, but holds these values.
        Gradients are those of the float convolution, except that they are 0 for sums at a
        limit of a saturating accumulator.
    """
    spec = formats[2]
    kind = exact_sums(weight, bias, formats)
    if kind is not None:
        start = None if bias is None else bias.to(kind)
        sums = convolve(x.to(kind), weight.to(kind), start, geometry)
        if spec.overflow is Overflow.WRAP:
            return round_to(sums, Cast(format=spec.format, overflow=Overflow.WRAP))
        return sums
    input_format, weight_format, _ = formats
    exact = to_values(
        conv2d(
            to_array(x, input_format),
            to_array(weight, weight_format),
            spec,
            bias=None if bias is None else to_array(bias, spec.format),
            stride=geometry.stride,
            padding=geometry.padding,
            groups=geometry.groups,
            bits=reader,
        )
    )
    tensors = [t for t in (x, weight, bias) if t is not None]
    if not (torch.is_grad_enabled() and any(t.requires_grad for t in tensors)):
        return exact
    kind = tensor_type(spec.format)
    start = None if bias is None else bias.to(kind)
    surrogate = convolve(x.to(kind), weight.to(kind), start, geometry)
    passes = None
    if spec.overflow is not Overflow.WRAP:
        low, high = code_limits(spec.format, spec.overflow)
        step = float(spec.format.resolution)
        passes = (exact > low * step) & (exact < high * step)
    return straight_through(surrogate, exact, passes)


def convolve(
    x: torch.Tensor, weight: torch.Tensor, start: torch.Tensor | None, geometry: Geometry
) -> torch.Tensor:
    """Return torch's convolution, which is exact if the tensor's type holds all sums."""
    x, geometry = geometry.points_read(x, weight.shape[2:])
    if x.shape[1] == 1:
        # oneDNN takes a single channel for a channels-last layout and may add wrongly.
        x, weight = (t.reshape(-1).view(t.shape) for t in (x, weight))
    # NNPACK uses the Winograd transform, which is not exact, and autocast other types.
    with torch.backends.nnpack.flags(enabled=False), torch.autocast("cpu", enabled=False):
        return functional.conv2d(
            x,
            weight,
            start,
            stride=geometry.stride,
            padding=geometry.padding,
            groups=geometry.groups,
        )


def exact_sums(
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    formats: tuple[Format, Format, AccumulatorSpec],
) -> torch.dtype | None:
    """Return a float type in which any order of additions gives the accumulator's codes.

    The type is guaranteed for all inputs: no step rounds, no step leaves the accumulator's
    range (unless it wraps, which keeps the low bits), and the type holds all partial sums.
    Return None if there is no such type.
    """
    x, w, spec = formats
    modes = (spec.rounding, spec.product_rounding)
    finer = spec.format.frac_bits - x.frac_bits - w.frac_bits
    if spec.random or Rounding.JAM in modes or finer < 0:
        return None
    if torch.get_float32_matmul_precision() != "highest":
        return None
    # Sums of the weights' codes by sign are below 2^53, and so exact in float64.
    codes = weight.detach().to(torch.float64).flatten(1) * 2.0**w.frac_bits
    if codes.shape[1] << w.width >= 1 << 53:
        return None
    up = codes.clamp(min=0).sum(1)
    down = codes.clamp(max=0).sum(1)
    starts = torch.zeros_like(up)
    if bias is not None:
        starts = bias.detach().to(torch.float64) * 2.0**spec.format.frac_bits
    least = greatest = 0
    for rise, fall, start in zip(up.tolist(), down.tolist(), starts.tolist(), strict=True):
        rise, fall, start = int(rise), int(fall), int(start)
        high = (rise * x.maximum_code + fall * x.minimum_code) << finer
        low = (rise * x.minimum_code + fall * x.maximum_code) << finer
        # A sequential sum starts at the bias, while torch may add it at any point.
        greatest = max(greatest, high + max(start, 0))
        least = min(least, low + min(start, 0))
    limits = code_limits(spec.format, spec.overflow)
    inside = limits[0] <= least and greatest <= limits[1]
    if not (inside or spec.overflow is Overflow.WRAP):
        return None
    return exact_type(max(greatest, -least), spec.format.frac_bits)
