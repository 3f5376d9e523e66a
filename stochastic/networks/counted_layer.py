"""A convolution or linear layer whose products are streams that are counted."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from fixedpoint import Format
from fixedpoint.arrays.convolution_windows import ConvolutionShape, ConvolutionWindows
from fixedpoint.layers.round_tensor import straight_through

from ..arithmetic.look_ups import look_up_sums
from .counted_kernels import round_sums, table_places
from .stream_product import StreamProduct

__all__ = ["CountedLayer", "format_of"]

# Outputs of a channel at a time.
BLOCK = 4096


def format_of(product: StreamProduct, exponent: int) -> Format:
    """Return the format of codes X that stand for ``X 2^exponent / 2^q``, -2^q <= X < 2^q."""
    return Format(int_bits=exponent + 1, frac_bits=product.digits - exponent)


class CountedLayer(nn.Module):
    """A convolution or linear layer on streams, with numbers at its input and its output.

    Parameters
    ----------
    layer : torch.nn.Conv2d or torch.nn.Linear
        Weights in float. Convolutions may have groups, stride, padding and dilation.
    product : StreamProduct
        The multiplier. N m^2 is a power of two, at most 16384.
    input_format : Format
        Of q + 1 bits, signed; see `format_of`.
    output_format : Format, optional
        The same. Without it the output is the exact sum.

    Attributes
    ----------
    weight, bias : torch.nn.Parameter
        In float.

    Notes
    -----
    The inputs of a sum are numbered channel by channel, in a channel row by row; input k uses
    set k mod G of the product's generators. The code of an activation is its word. Each
    output channel has a power of two as scale, the smallest with which its weights are -1..1;
    their codes are rounded, half to even.
    A counter starts at the bias, rounded to a multiple of its step, and adds the products of
    all inputs and all N cycles. Its final sum is rounded to the output format, half to even,
    and saturates: a shift, as all scales are powers of two. Padding is streams of the value
    0, whose products count like others.

    The gradient passes straight through streams and rounding to the float layer, but not
    where the output is at an end of its range.
    """

    def __init__(
        self,
        layer: nn.Conv2d | nn.Linear,
        product: StreamProduct,
        input_format: Format,
        output_format: Format | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach().clone())
        bias = layer.bias
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())
        self.product = product.check_counted()
        self.input_format = input_format
        self.rounded = output_format
        self.linear = isinstance(layer, nn.Linear)
        self.geometry: dict[str, Any] = {
            "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1,
        }  # fmt: skip
        if isinstance(layer, nn.Conv2d):
            self.geometry = {name: getattr(layer, name) for name in self.geometry}
        self._known: tuple[Any, ...] = ()

    @property
    def output_format(self) -> Format:
        """The format of the outputs; that of the inputs stands for exact sums."""
        return self.rounded or self.input_format

    def codes(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return codes of the weights, exponents of the channels, and the counters' starts.

        Returns
        -------
        weights : int64 array of the shape of `weight`
            -2^q..2^q. They stand for ``W 2^(e - q)``.
        exponents : int64 array ``[outputs]``
            The scale of a channel is 2^e.
        starts : int64 array ``[outputs]``
        """
        weight = self.weight.detach().double().numpy()
        flat = np.abs(weight).reshape(len(weight), -1).max(axis=1)
        # frexp gives flat = f 2^e with f from 1/2 up to, not including, 1.
        fractions, exponents = np.frexp(flat)
        exponents = (exponents - (fractions == 0.5)).astype(np.int64)
        shape = (-1, *[1] * (weight.ndim - 1))
        q = self.product.digits
        codes = np.rint(np.ldexp(weight, q - exponents.reshape(shape))).astype(np.int64)
        starts = np.zeros(len(weight), np.int64)
        if self.bias is not None:
            bias = self.bias.detach().double().numpy()
            starts = np.rint(bias / self._steps(exponents)).astype(np.int64)
        return codes, exponents, starts

    def mean_sums(self, x: torch.Tensor) -> NDArray[np.float64]:
        """Return the mean of each channel's sums, without the bias, in real numbers.

        Parameters
        ----------
        x : tensor
            Values of the input format, as for `forward`.

        Returns
        -------
        float64 array ``[outputs]``
        """
        sums = self.sums(x.reshape(*x.shape, 1, 1) if self.linear else x)
        _, steps, _ = self._current()
        return sums.mean(axis=(1, 2, 3)) * steps

    def sums(self, x: torch.Tensor) -> NDArray[np.int64]:
        """Return the sums of all products over all cycles.

        Parameters
        ----------
        x : tensor ``[n, channels, height, width]``
            Values of the input format.

        Returns
        -------
        int64 array ``[outputs, n, rows, columns]``
            Without the counters' starts.
        """
        weights, _, _ = self._current()
        (top, left), (images, channels) = self.geometry["padding"], x.shape[:2]
        size = x.shape[2] + 2 * top, x.shape[3] + 2 * left
        places = np.empty((images, channels, *size), np.uint16)
        table_places(
            x.detach().contiguous().numpy().reshape(-1, *x.shape[2:]),
            2.0**self.input_format.frac_bits,
            np.uint16(1 << self.product.digits),
            places.reshape(-1, *size),
        )
        shape = ConvolutionShape.of(
            places.shape, weights.shape, **{**self.geometry, "padding": (0, 0)}
        )
        windows = ConvolutionWindows(places, np.uint16, shape)
        kernels = weights.reshape(shape.groups, -1, shape.depth)
        outputs = np.empty((shape.outputs, shape.images * shape.pixels), np.int64)
        results = outputs.reshape(*kernels.shape[:2], -1)
        for begin in range(0, outputs.shape[1], BLOCK):
            end = min(begin + BLOCK, outputs.shape[1])
            for group, columns in enumerate(windows.columns(begin, end)):
                results[group, :, begin:end] = self._look_up(kernels[group], columns)
        outputs += shape.depth * self.product.lowest
        return outputs.reshape(shape.outputs, shape.images, shape.rows, shape.columns)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = self.weight.shape[1] * self.geometry["groups"]
        if x.ndim != (2 if self.linear else 4) or x.shape[1] != inputs:
            kind = "features" if self.linear else "channels"
            raise ValueError(
                f"a layer on streams takes {inputs} {kind}, not inputs of shape "
                f"{tuple(x.shape)}"
            )
        sums = self.sums(x.reshape(*x.shape, 1, 1) if self.linear else x)
        outputs, images, *pixels = sums.shape
        _, steps, starts = self._current()
        numbers = np.empty((images, outputs, pixels[0] * pixels[1]), np.float32)
        low, high, resolution = 0.0, 0.0, 0.0
        if self.rounded is not None:
            low, high = float(self.rounded.minimum_code), float(self.rounded.maximum_code)
            resolution = float(self.rounded.resolution)
        flat = sums.reshape(outputs, images, -1)
        round_sums(flat, starts, steps, low, high, resolution, numbers)
        exact = torch.from_numpy(numbers)
        exact = exact[:, :, 0] if self.linear else exact.reshape(images, outputs, *pixels)
        if not (torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad)):
            return exact
        if self.linear:
            surrogate = functional.linear(x, self.weight, self.bias)
        else:
            surrogate = functional.conv2d(x, self.weight, self.bias, **self.geometry)
        passes = None
        if self.rounded is not None:
            passes = (exact > low * resolution) & (exact < high * resolution)
        return straight_through(surrogate, exact, passes)

    def _steps(self, exponents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value of one count in each channel."""
        scale = self.product.digits - self.input_format.frac_bits
        return np.ldexp(1.0 / self.product.full_scale, scale + exponents)

    def _current(self) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.int64]]:
        """Return places of the weights in the table, values of a count, and starts.

        They are computed again if a parameter has changed.
        """
        # A parameter may be changed in place, or another one take its place.
        parameters = (self.weight, self.bias)
        versions = [None if p is None else p._version for p in parameters]
        known = self._known
        if not known or known[1] != versions or any(map(operator.is_not, known[0], parameters)):
            codes, exponents, starts = self.codes()
            places = (codes + (1 << self.product.digits)).astype(np.uint16)
            if self.linear:
                places = places.reshape(*places.shape, 1, 1)
            self._known = parameters, versions, (places, self._steps(exponents), starts)
        return self._known[2]

    def _look_up(
        self, kernels: NDArray[np.uint16], columns: NDArray[np.uint16]
    ) -> NDArray[np.int64]:
        """Return the sums of products of ``[J, K]`` and ``[K, B]``, less K lowest entries."""
        tables = self.product.shifted
        most = self.product.span
        levels, outputs = tables.shape[1], len(kernels)
        pixels = columns.shape[1]
        # Rows of a table are read for all weights, or for all activations.
        if -(-outputs // 4) * (levels + pixels) <= -(-pixels // 4) * (levels + outputs):
            return look_up_sums(kernels, columns, self.product.shifted_transposed, most)
        rows = np.ascontiguousarray(columns.T)
        return look_up_sums(rows, np.ascontiguousarray(kernels.T), tables, most).T

    def extra_repr(self) -> str:
        """Return weights, formats and multiplier as text."""
        shape = "x".join(str(n) for n in self.weight.shape)
        product = self.product
        return (
            f"{shape}, {product.encoding}, N = {product.length}, m = {product.range}, "
            f"input {self.input_format}, output {self.rounded}"
        )
