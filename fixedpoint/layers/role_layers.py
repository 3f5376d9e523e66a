"""The layers of a network that trains in fixed point; see `with_roles`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..format import Format
from ..words import WordReader
from .accumulate import Geometry
from .codes import Codes
from .products import error_product, forward_product, gradient_product
from .roles import Role, Roles

__all__ = ["RoleConv2d", "RoleLayer", "RoleLinear", "RoleMean", "RoleNorm"]

# Where a layer rounds, in the order in which it does, and to which role.
POINTS = {
    "activation": "activation",
    "weight": "weight",
    "sum": "sum",
    "error": "error",
    "gradient": "gradient",
    "bias gradient": "gradient",
    "error sent": "error",
}


class RoleLayer(nn.Module):
    """Base of the layers that compute in roles.

    Parameters
    ----------
    roles : Roles
    reader : WordReader, optional
        For STOCHASTIC.

    Attributes
    ----------
    formats : dict of str to Format
        What each tensor of the last training step was rounded to, by the point where that
        was: ``"activation"``, ``"weight"``, ``"sum"``; ``"error"`` for the errors that
        arrived, ``"gradient"``, ``"bias gradient"``, ``"error sent"``.
    """

    def __init__(self, roles: Roles, reader: WordReader | None) -> None:
        super().__init__()
        self.roles, self.reader = roles, reader
        self.formats: dict[str, Format] = {}

    def codes(self, point: str, x: torch.Tensor) -> Codes:
        """Return the codes of a tensor at one point, as `Role.codes` makes them."""
        made = self._role(point).codes(x, self.reader)
        self._note(point, made.format)
        return made

    def values(self, point: str, x: torch.Tensor, exponent: int = 0) -> torch.Tensor:
        """Return a tensor's values at one point, as `Role.values` makes them."""
        made, fmt = self._role(point).values(x, self.reader, exponent)
        self._note(point, fmt)
        return made

    def _role(self, point: str) -> Role:
        return getattr(self.roles, POINTS[point])

    def _note(self, point: str, fmt: Format) -> None:
        if self.training:
            self.formats[point] = fmt


class RoleConv2d(RoleLayer):
    """Convolution that computes in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.Conv2d
        Whose parameters it takes.
    roles : Roles
    reader : WordReader, optional
    """

    def __init__(self, layer: nn.Conv2d, roles: Roles, reader: WordReader | None) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias
        stride: Any = tuple(layer.stride)
        padding: Any = tuple(layer.padding)
        self.geometry = Geometry(stride, padding, layer.groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Convolution.apply(x, self.weight, self.bias, self.geometry, self)


class RoleLinear(RoleLayer):
    """Linear layer that computes in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.Linear
        Whose parameters it takes.
    roles : Roles
    reader : WordReader, optional
    """

    def __init__(self, layer: nn.Linear, roles: Roles, reader: WordReader | None) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        images, weight = x.reshape(-1, x.shape[-1], 1, 1), self.weight[:, :, None, None]
        made = _Convolution.apply(images, weight, self.bias, Geometry(), self)
        return made.reshape(*x.shape[:-1], len(self.weight))


class RoleNorm(RoleLayer):
    """Batch normalization in float, whose results, errors and gradients are in roles.

    Parameters
    ----------
    layer : torch.nn.BatchNorm1d or torch.nn.BatchNorm2d
        Whose parameters and statistics it takes.
    roles : Roles
    reader : WordReader, optional
    """

    running_mean: torch.Tensor | None
    running_var: torch.Tensor | None
    num_batches_tracked: torch.Tensor | None

    def __init__(
        self,
        layer: nn.BatchNorm1d | nn.BatchNorm2d,
        roles: Roles,
        reader: WordReader | None,
    ) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, getattr(layer, name))
        self.momentum, self.eps = layer.momentum, layer.eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / float(self.num_batches_tracked)
        made = functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self._learnt(self.weight, "gradient"),
            self._learnt(self.bias, "bias gradient"),
            self.training or self.running_mean is None,
            momentum or 0.0,
            self.eps,
        )
        return _Passing.apply(made, self, "sum", "error")

    def _learnt(self, parameter: torch.Tensor | None, point: str) -> torch.Tensor | None:
        return None if parameter is None else _Passing.apply(parameter, self, None, point)


class RoleMean(RoleLayer):
    """Average pooling in float64, whose results and errors are in roles.

    Parameters
    ----------
    layer : torch.nn.AvgPool2d or torch.nn.AdaptiveAvgPool2d
    roles : Roles
    reader : WordReader, optional
    """

    def __init__(
        self,
        layer: nn.AvgPool2d | nn.AdaptiveAvgPool2d,
        roles: Roles,
        reader: WordReader | None,
    ) -> None:
        super().__init__(roles, reader)
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Passing.apply(self.layer(x.double()), self, "sum", "error")


class _Passing(torch.autograd.Function):
    """Rounds at one point what passes forward, at another the gradient that passes back."""

    @staticmethod
    def forward(ctx, x, layer, ahead, back):
        ctx.held = layer, back, x.dtype
        return x.view_as(x) if ahead is None else layer.values(ahead, x)

    @staticmethod
    def backward(ctx, gradient):
        layer, back, kind = ctx.held
        return layer.values(back, gradient).to(kind), None, None, None


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, geometry, layer):
        a, w = layer.codes("activation", x), layer.codes("weight", weight)
        exponent = a.frac_bits + w.frac_bits
        start = None
        if bias is not None:
            # Biases in the sums' resolution, of what a preset of 48 bits can hold.
            codes = (bias.detach().double() * 2.0**exponent).round()
            start = codes.clamp(-(2.0**47), 2.0**47 - 1)
        sums = forward_product(a, w, start, geometry)
        ctx.save_for_backward(a.tensor, w.tensor)
        ctx.held = a.format, w.format, geometry, layer, bias is not None
        return layer.values("sum", sums, exponent)

    @staticmethod
    def backward(ctx, arriving):
        a_format, w_format, geometry, layer, has_bias = ctx.held
        a, w = (
            Codes(tensor, fmt)
            for tensor, fmt in zip(ctx.saved_tensors, (a_format, w_format), strict=True)
        )
        e = layer.codes("error", arriving)
        gradient = gradient_product(a, e, w.tensor.shape, geometry)
        exponent = a.frac_bits + e.frac_bits
        weight_gradient = layer.values("gradient", gradient, exponent)
        bias_gradient = leaving = None
        if has_bias:
            total = e.tensor.sum((0, 2, 3), dtype=torch.float64)
            bias_gradient = layer.values("bias gradient", total, e.frac_bits)
        if ctx.needs_input_grad[0]:
            sent = error_product(e, w, a.tensor.shape, geometry)
            exponent = e.frac_bits + w.frac_bits
            leaving = layer.values("error sent", sent, exponent)
        return leaving, weight_gradient, bias_gradient, None, None
