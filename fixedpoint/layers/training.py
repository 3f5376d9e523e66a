"""Training in fixed point: forward, backward and update, a format for every role."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ..words import WordReader
from .cast import Cast
from .convolution import check_convolution
from .role_layers import RoleConv2d, RoleLinear, RoleMean, RoleNorm
from .roles import Roles
from .rounding import is_random, make_reader, round_to

__all__ = ["round_after_step", "round_parameters", "with_roles"]


def with_roles(model: nn.Module, roles: Roles, *, bits: Any = None) -> nn.Module:
    """Return a copy of a network that computes in roles, forward and backward.

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
    In each convolution and linear layer, forward: weights and activations are rounded to
    their roles, multiplied and added exactly, and the sums rounded to theirs. Backward: the
    errors that arrive are rounded; from them the errors that leave and the gradients are
    made exactly, each then rounded once. Roles without a fixed format find their power of
    two for each tensor anew, in evaluation too: what an image comes to then depends, a
    little, on those that go with it.

    Batch normalization and means calculate in float; what goes out of them is rounded as
    sums are, and the errors that arrive there, and the gradients of scale and shift, to
    their roles. ReLU, pooling of maxima and the routing of errors through them are exact.
    Residuals are added in float32, as are their errors; what takes these rounds them. The
    loss is in float. The update is the optimizer's: see `round_after_step`.

    Words for STOCHASTIC are drawn in the order of calls; in a layer for activations,
    weights, sums; then for errors, weights' gradients, biases' gradients, errors that leave.
    Within a tensor they are drawn in the order that `Role.codes` states.

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
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return RoleNorm(module, roles, reader)
    if isinstance(module, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
        return RoleMean(module, roles, reader)
    for name, child in module.named_children():
        setattr(module, name, _replaced(child, roles, reader))
    return module


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
