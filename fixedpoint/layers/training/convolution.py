"""Convolution and linear layers that train in fixed point; see `with_roles`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from ..layer_sums import Geometry
from .base import RoleLayer
from .biases import bias_codes, max_weight_frac_bits
from .channel_kernels import channel_sums
from .convolution_products import error_product, forward_product, gradient_product
from .roles import Roles
from .tensor_codes import CodeTensor

__all__ = ["RoleConv2d", "RoleLinear"]

# Biases must fit a 48-bit start value of an accumulator.
_BIAS_BITS = 47


class RoleConv2d(RoleLayer):
    """Convolution in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.Conv2d
        Source of the parameters.
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    Forward, the input is rounded (point ``"activation"``), and so are the weights
    (``"weight"``), with at most so many fraction bits that all biases are below 2^47 in the
    products' resolution, to which they are rounded, ties to even. If weights have a fixed
    format, biases saturate at -2^47 and 2^47 - 1. The exact sums are rounded (``"sum"``).

    Backward, the incoming errors are rounded (``"error"``), then the exact gradients of
    weights (``"gradient"``) and biases (``"bias gradient"``), and the exact outgoing errors
    (``"error sent"``) if the input needs them. All exact numbers must stay below 2^53.
    """

    def __init__(self, layer: nn.Conv2d, roles: Roles, reader: WordReader | None) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias
        stride: Any = tuple(layer.stride)
        padding: Any = tuple(layer.padding)
        self.geometry = Geometry(stride, padding, layer.groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels = self.weight.shape[1] * self.geometry.groups
        if x.dim() != 4 or x.shape[1] != channels:
            raise ValueError(
                f"a convolution in training takes [images, {channels}, rows, columns], "
                f"not {tuple(x.shape)}"
            )
        padding, kernel = self.geometry.padding, self.weight.shape[2:]
        if any(x.shape[2 + i] + 2 * padding[i] < kernel[i] for i in range(2)):
            raise ValueError(
                f"a convolution in training takes images that hold its kernel of "
                f"{tuple(kernel)}, not images of {tuple(x.shape[2:])} with a padding of "
                f"{padding}"
            )
        return _Convolution.apply(x, self.weight, self.bias, self.geometry, self)


class RoleLinear(RoleLayer):
    """Linear layer in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.Linear
        Source of the parameters.
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    It computes as `RoleConv2d` on images of one pixel.
    """

    def __init__(self, layer: nn.Linear, roles: Roles, reader: WordReader | None) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.weight.shape[1]
        if x.shape[-1:] != (features,):
            raise ValueError(
                f"a linear layer in training takes [..., {features}], not {tuple(x.shape)}"
            )
        images, weight = x.reshape(-1, x.shape[-1], 1, 1), self.weight[:, :, None, None]
        outputs = _Convolution.apply(images, weight, self.bias, Geometry(), self)
        return outputs.reshape(*x.shape[:-1], len(self.weight))


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, geometry, layer):
        a = layer.codes("activation", x)
        w = layer.codes(
            "weight", weight, max_frac_bits=max_weight_frac_bits(bias, a.frac_bits, _BIAS_BITS)
        )
        exponent = a.frac_bits + w.frac_bits
        start = None if bias is None else bias_codes(bias, exponent, _BIAS_BITS)
        outputs = forward_product(a, w, start, geometry)
        ctx.save_for_backward(a.tensor, w.tensor)
        ctx.settings = a.format, w.format, geometry, layer, bias is not None
        return layer.values("sum", outputs, exponent)

    @staticmethod
    def backward(ctx, incoming):
        a_format, w_format, geometry, layer, has_bias = ctx.settings
        a, w = (
            CodeTensor(tensor, fmt)
            for tensor, fmt in zip(ctx.saved_tensors, (a_format, w_format), strict=True)
        )
        e = layer.codes("error", incoming)
        gradient = gradient_product(a, e, w.tensor.shape, geometry)
        exponent = a.frac_bits + e.frac_bits
        weight_gradient = layer.values("gradient", gradient, exponent)
        bias_gradient = error_sent = None
        if has_bias:
            bias_gradient = layer.values("bias gradient", channel_sums(e.tensor), e.frac_bits)
        if ctx.needs_input_grad[0]:
            sent = error_product(e, w, a.tensor.shape, geometry)
            exponent = e.frac_bits + w.frac_bits
            error_sent = layer.values("error sent", sent, exponent)
        return error_sent, weight_gradient, bias_gradient, None, None
