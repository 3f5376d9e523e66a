"""Convolution and linear layers with the outputs of fixed-point hardware."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import nn

from ..arrays.fixed_array import FixedArray
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..mac.layer_trace import LayerTrace
from .cast import Cast
from .layer_formats import LayerFormats
from .layer_sums import Geometry, accumulate
from .round_tensor import is_random, make_reader, round_to
from .tensor_values import check_values, tensor_type, to_array

__all__ = ["Conv2d", "Linear"]


class WeightedLayer(nn.Module):
    """Base of the layers with weights. They compute with rounded copies of float parameters.

    Attributes
    ----------
    weight, bias : torch.nn.Parameter
        In float. Their gradients pass straight through the rounding.
    formats : LayerFormats
    bits : WordReader or None
    """

    kind: str
    geometry: Geometry

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        formats: LayerFormats,
        bits: Any,
    ) -> None:
        super().__init__()
        if bias is not None and formats.accumulator.order != "sequential":
            raise ValueError(
                "a layer with a bias takes an accumulator whose order is sequential, not "
                f"{formats.accumulator.order}"
            )
        self.weight = nn.Parameter(weight.detach().clone())
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())
        self.formats = formats
        random = is_random(formats.weight, formats.output) or formats.accumulator.random
        self.bits = make_reader(bits, random)

    @property
    def output_format(self) -> Format:
        """The format of the outputs."""
        return self.formats.output_format

    def weight_array(self) -> FixedArray:
        """Return the rounded weights as codes."""
        return to_array(self._rounded_weight(), self.formats.weight.format)

    def bias_array(self) -> FixedArray | None:
        """Return the rounded bias as codes of the accumulator's format."""
        bias = self._rounded_bias()
        return None if bias is None else to_array(bias, self.formats.accumulator.format)

    def trace(self, x: torch.Tensor, name: str) -> LayerTrace:
        """Return the inputs, parameters and outputs of a call, in codes.

        Parameters
        ----------
        x : tensor
            Input of the layer.
        name : str
            Of the layer.

        Raises
        ------
        ValueError
            If the accumulator's order is ``"tree"``, or a rounding is STOCHASTIC.
        """
        formats = self.formats
        exact = Cast(
            format=formats.accumulator.format,
            rounding=Rounding.TRUNCATE,
            overflow=Overflow.WRAP,
        )
        output = formats.output or exact
        with torch.no_grad():
            outputs = to_array(self(x), formats.output_format)
        return LayerTrace(
            name=name,
            kind=self.kind,
            inputs=to_array(x, formats.input),
            weights=self.weight_array(),
            bias=self.bias_array(),
            stride=self.geometry.stride,
            padding=self.geometry.padding,
            groups=self.geometry.groups,
            accumulator=formats.accumulator,
            output_rounding=output.rounding,
            output_overflow=output.overflow,
            outputs=outputs,
        )

    def extra_repr(self) -> str:
        shape = "x".join(str(n) for n in self.weight.shape)
        formats = self.formats
        return (
            f"{shape}, input {formats.input}, weight {formats.weight.format}, "
            f"accumulator {formats.accumulator.format}, output {self.output_format}"
        )

    def _rounded_weight(self) -> torch.Tensor:
        return round_to(self.weight, self.formats.weight, self.bits)

    def _rounded_bias(self) -> torch.Tensor | None:
        if self.bias is None:
            return None
        return round_to(self.bias, Cast(format=self.formats.accumulator.format))

    def _run(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return the layer's outputs, with inputs and weights as for a convolution."""
        formats = self.formats
        sums = accumulate(
            x,
            weight,
            self._rounded_bias(),
            (formats.input, formats.weight.format, formats.accumulator),
            self.geometry,
            self.bits,
        )
        if formats.output is None:
            return sums.to(tensor_type(formats.accumulator.format))
        return round_to(sums, formats.output, self.bits)


class Conv2d(WeightedLayer):
    """Two-dimensional convolution with the bits of `fixedpoint.conv2d` and a cast.

    Parameters
    ----------
    weight : tensor ``[outputs, channels / groups, kernel height, kernel width]``
        In float.
    bias : tensor ``[outputs]``, optional
        In float.
    formats : LayerFormats
    stride, padding : int or pair of int
        Rows, columns. Padding is zeros.
    groups : int
        The number of channels makes the convolution depthwise.
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call. Weights take words first,
        then the accumulator, then the output.

    Notes
    -----
    If no step of the accumulator can round or leave its range for any inputs, and all sums
    are integers below 2^24 (2^53), torch convolves in float32 (float64). Otherwise the
    kernels of `fixedpoint.conv2d` compute every step. Both give the same codes.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint import AccumulatorSpec
    >>> from fixedpoint.layers import Cast, Conv2d, LayerFormats
    >>> layer = Conv2d(
    ...     torch.tensor([[[[0.25, -0.5]]]]),
    ...     torch.tensor([0.1]),
    ...     LayerFormats(
    ...         input="uQ2.2",
    ...         weight=Cast(format="sQ1.2"),
    ...         accumulator=AccumulatorSpec(format="sQ4.4", overflow="saturate"),
    ...         output=Cast(format="sQ3.1"),
    ...     ),
    ... )
    >>> layer(torch.tensor([[[[1.0, 3.0, 0.25]]]])).tolist()
    [[[[-1.0, 1.0]]]]
    """

    kind = "conv2d"

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        formats: LayerFormats,
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        groups: int = 1,
        bits: Any = None,
    ) -> None:
        super().__init__(weight, bias, formats, bits)
        self.geometry = Geometry(_pair(stride), _pair(padding), groups)

    @classmethod
    def of(cls, layer: nn.Conv2d, formats: LayerFormats, *, bits: Any = None) -> Self:
        """Return the fixed-point layer of a float layer.

        Raises
        ------
        ValueError
            If the layer is dilated, or its padding is not a number of zeros.
        """
        check_convolution(layer)
        return cls(
            layer.weight,
            layer.bias,
            formats,
            stride=_pair(layer.stride),
            padding=_pair(layer.padding),
            groups=layer.groups,
            bits=bits,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_values("Conv2d", x, self.formats.input)
        return self._run(x, self._rounded_weight())


class Linear(WeightedLayer):
    """Linear layer with the bits of `fixedpoint.matmul` and a cast.

    Parameters
    ----------
    weight : tensor ``[outputs, inputs]``
        In float.
    bias : tensor ``[outputs]``, optional
        In float.
    formats : LayerFormats
    bits : word source or WordReader, optional
        As for `Conv2d`.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint import AccumulatorSpec
    >>> from fixedpoint.layers import Cast, LayerFormats, Linear
    >>> narrow = AccumulatorSpec(format="sQ2.4", overflow="saturate")
    >>> layer = Linear(
    ...     torch.tensor([[0.75, 0.75, -0.75]]), None,
    ...     LayerFormats(input="uQ2.2", weight=Cast(format="sQ1.2"), accumulator=narrow),
    ... )
    >>> layer(torch.tensor([[3.0, 3.0, 3.0]])).tolist()
    [[-0.3125]]
    """

    kind = "linear"
    geometry = Geometry()

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        formats: LayerFormats,
        *,
        bits: Any = None,
    ) -> None:
        super().__init__(weight, bias, formats, bits)

    @classmethod
    def of(cls, layer: nn.Linear, formats: LayerFormats, *, bits: Any = None) -> Self:
        """Return the fixed-point layer of a float layer."""
        return cls(layer.weight, layer.bias, formats, bits=bits)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_values("Linear", x, self.formats.input)
        images = x.reshape(-1, x.shape[-1], 1, 1)
        weight = self._rounded_weight()[:, :, None, None]
        return self._run(images, weight).reshape(*x.shape[:-1], len(weight))


def check_convolution(layer: nn.Conv2d) -> None:
    """Raise a ValueError if a float convolution has no fixed-point counterpart."""
    if tuple(layer.dilation) != (1, 1):
        raise ValueError(f"fixed-point layers take convolutions of dilation 1, not {layer}")
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise ValueError(
            f"fixed-point layers take convolutions padded by a number of zeros, not {layer}"
        )


def _pair(value: Any) -> tuple[int, int]:
    first, second = value if isinstance(value, tuple) else (value, value)
    return int(first), int(second)
