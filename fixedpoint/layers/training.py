"""Training in fixed point: forward, backward and update, a format for every role."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..format import Format
from ..words import WordReader
from .accumulate import Geometry
from .cast import Cast
from .convolution import check_convolution
from .roles import Roles
from .rounding import is_random, make_reader, round_to
from .values import exact_type

__all__ = ["RoleConv2d", "RoleLinear", "round_after_step", "round_parameters", "with_roles"]


def with_roles(model: nn.Module, roles: Roles, *, bits: Any = None) -> nn.Module:
    """Return a copy of a network whose convolutions and linear layers compute in roles.

    Parameters
    ----------
    model : torch.nn.Module
        Any network. It is left as it is.
    roles : Roles
    bits : word source or WordReader, optional
        For STOCHASTIC; all layers read on from it, in turn.

    Returns
    -------
    torch.nn.Module
        With the same parameters and the same names of them, so that its ``state_dict``
        goes into `model` once it is trained, and that into `convert`.

    Notes
    -----
    In each layer, forward: weights and activations are rounded to their roles, multiplied
    and added exactly, and the sums rounded to theirs. Backward: the errors that arrive are
    rounded; from them the errors that leave and the gradients are made exactly, each then
    rounded once. Roles without a fixed format find their power of two for each tensor
    anew. Words for STOCHASTIC are drawn in the order of calls; in a layer for activations,
    weights, sums; then for errors, weights' gradients, biases' gradients, errors that leave.

    Between layers, ReLU, pooling of maxima and the routing of errors through them are exact.
    Batch normalization keeps its statistics, and normalizes, in float, as do means and
    the loss. The update is the optimizer's: see `round_after_step`.

    After Y. Fu et al., "FracTrain: Fractionally Squeezing Bit Savings Both Temporally and
    Spatially for Efficient DNN Training", NeurIPS 2020, for the roles; R. Banner et al.,
    "Scalable Methods for 8-bit Training of Neural Networks", NeurIPS 2018, and N. Wang et
    al., "Training Deep Neural Networks with 8-bit Floating Point Numbers", NeurIPS 2018,
    for wider gradients and for stochastic rounding. None of them states its rounding to
    the bit; this is ours.
    """
    reader = make_reader(bits, roles.random)
    return _replaced(copy.deepcopy(model), roles, reader)


def _replaced(module: nn.Module, roles: Roles, reader: WordReader | None) -> nn.Module:
    if isinstance(module, nn.Conv2d):
        check_convolution(module)
        return RoleConv2d(module, roles, reader)
    if isinstance(module, nn.Linear):
        return RoleLinear(module, roles, reader)
    for name, child in module.named_children():
        setattr(module, name, _replaced(child, roles, reader))
    return module


class RoleConv2d(nn.Module):
    """Convolution that computes in roles, forward and backward; see `with_roles`.

    Parameters
    ----------
    layer : torch.nn.Conv2d
        Whose parameters it takes.
    roles : Roles
    reader : WordReader, optional
    """

    def __init__(self, layer: nn.Conv2d, roles: Roles, reader: WordReader | None) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        stride: Any = tuple(layer.stride)
        padding: Any = tuple(layer.padding)
        self.geometry = Geometry(stride, padding, layer.groups)
        self.roles, self.reader = roles, reader

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _RoleConvolution.apply(
            x, self.weight, self.bias, self.geometry, self.roles, self.reader
        )


class RoleLinear(nn.Module):
    """Linear layer that computes in roles, forward and backward; see `with_roles`.

    Parameters
    ----------
    layer : torch.nn.Linear
        Whose parameters it takes.
    roles : Roles
    reader : WordReader, optional
    """

    def __init__(self, layer: nn.Linear, roles: Roles, reader: WordReader | None) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.roles, self.reader = roles, reader

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = _RoleConvolution.apply(
            x.reshape(-1, x.shape[-1], 1, 1),
            self.weight[:, :, None, None],
            self.bias,
            Geometry(),
            self.roles,
            self.reader,
        )
        return made.reshape(*x.shape[:-1], len(self.weight))


class _RoleConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, geometry, roles, reader):
        a, a_cast = roles.activation.round(x, reader)
        w, w_cast = roles.weight.round(weight, reader)
        frac_bits = a_cast.format.frac_bits + w_cast.format.frac_bits
        bound = _largest(a, a_cast) * int(_codes(w, w_cast).abs().flatten(1).sum(1).max())
        start = None
        if bias is not None:
            # Biases in the sums' resolution: what a preset of the accumulator can hold.
            start_cast = Cast(format=Format(int_bits=48 - frac_bits, frac_bits=frac_bits))
            start = round_to(bias.detach(), start_cast)
            bound += _largest(start, start_cast)
        kind = _kind(bound, frac_bits)
        with torch.backends.nnpack.flags(enabled=False):
            sums = functional.conv2d(
                a.to(kind),
                w.to(kind),
                None if start is None else start.to(kind),
                stride=geometry.stride,
                padding=geometry.padding,
                groups=geometry.groups,
            )
        ctx.save_for_backward(a, w)
        ctx.held = (a_cast, w_cast, geometry, roles, reader, bias is not None)
        return roles.sum.round(sums, reader)[0]

    @staticmethod
    def backward(ctx, arriving):
        a, w = ctx.saved_tensors
        a_cast, w_cast, geometry, roles, reader, has_bias = ctx.held
        e, e_cast = roles.error.round(arriving, reader)
        walk = (geometry.stride, geometry.padding, (1, 1), False, (0, 0), geometry.groups)

        def exactly(bound, frac_bits, mask):
            kind = _kind(bound, frac_bits)
            with torch.backends.nnpack.flags(enabled=False):
                return torch.ops.aten.convolution_backward(
                    e.to(kind), a.to(kind), w.to(kind), None, *walk, mask
                )

        # By Cauchy and Schwarz no sum of products of two exceeds the product of norms.
        norms = math.prod(
            math.isqrt(int(_codes(t, cast).square().sum((0, 2, 3)).max())) + 1
            for t, cast in ((a, a_cast), (e, e_cast))
        )
        frac_bits = a_cast.format.frac_bits + e_cast.format.frac_bits
        gradient = exactly(norms, frac_bits, (False, True, False))[1]
        weight_gradient = roles.gradient.round(gradient, reader)[0]
        bias_gradient = None
        if has_bias:
            total = e.double().sum((0, 2, 3))
            bias_gradient = roles.gradient.round(total, reader)[0]
        leaving = None
        if ctx.needs_input_grad[0]:
            inner = _codes(w, w_cast).abs()
            each = inner.reshape(geometry.groups, -1, *inner.shape[1:]).sum((1, 3, 4)).max()
            frac_bits = e_cast.format.frac_bits + w_cast.format.frac_bits
            bound = _largest(e, e_cast) * int(each)
            sent = exactly(bound, frac_bits, (True, False, False))[0]
            leaving = roles.error.round(sent, reader)[0]
        return leaving, weight_gradient, bias_gradient, None, None, None


def _codes(values: torch.Tensor, cast: Cast) -> torch.Tensor:
    return values.double() * 2.0**cast.format.frac_bits


def _largest(values: torch.Tensor, cast: Cast) -> int:
    return int(_codes(values, cast).abs().max()) if values.numel() else 0


def _kind(bound: int, frac_bits: int) -> torch.dtype:
    """Return the float type that holds all sums of codes up to `bound` in size."""
    kind = exact_type(bound, frac_bits)
    if kind is None:
        raise ValueError(
            f"sums of products in training must stay below 2**53, not reach {bound}; "
            f"give the roles fewer bits"
        )
    if torch.get_float32_matmul_precision() != "highest":
        return torch.float64
    return kind


def round_parameters(
    parameters: Iterable[torch.Tensor], cast: Cast, *, bits: Any = None
) -> None:
    """Round parameters, in place: weights as they are stored.

    Parameters
    ----------
    parameters : iterable of tensor
        Such as ``model.parameters()``.
    cast : Cast
        Of at most 24 bits, so that float32 parameters hold its values.
    bits : word source or WordReader, optional
        For STOCHASTIC: a word for each parameter, tensor by tensor in C order.
    """
    if cast.format.width > 24:
        raise ValueError(
            f"float32 parameters hold formats of at most 24 bits, not {cast.format}"
        )
    reader = make_reader(bits, is_random(cast))
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(round_to(parameter.detach(), cast, reader))


def round_after_step(optimizer: torch.optim.Optimizer, cast: Cast, *, bits: Any = None) -> None:
    """Round an optimizer's parameters now and after each of its steps.

    So the weights between steps are fixed-point numbers, whatever the optimizer is; one
    that itself computes in fixed point needs none of this.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    cast : Cast
        Of at most 24 bits. With STOCHASTIC, updates below half its resolution still count
        in the mean, as in S. Gupta et al., "Deep Learning with Limited Numerical
        Precision", ICML 2015.
    bits : word source or WordReader, optional
        For STOCHASTIC; it is read on from step to step.
    """
    reader = make_reader(bits, is_random(cast))

    def rounding(*_: Any) -> None:
        for group in optimizer.param_groups:
            round_parameters(group["params"], cast, bits=reader)

    rounding()
    optimizer.register_step_post_hook(rounding)
