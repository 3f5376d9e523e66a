"""Training in fixed point: forward, backward and update, formats for every role."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from ..cast import Cast
from ..graph import Sum
from ..round_tensor import is_random, make_reader, round_to
from .addition import RoleFork, RoleSum
from .base import check_roles
from .batch_norm import RoleNorm
from .convolution import RoleConv2d, RoleLinear
from .dropout import RoleDropout
from .graph import role_network
from .mean import RoleMean
from .roles import Roles

__all__ = ["round_after_step", "round_parameters", "with_roles"]


def with_roles(
    model: nn.Module,
    roles: Roles,
    *,
    layers: Mapping[str, Roles] | None = None,
    bits: Any = None,
) -> nn.Module:
    """Return a copy of a network that computes in roles, forward and backward.

    Parameters
    ----------
    model : torch.nn.Module
        Built from convolutions, linear layers, batch normalization, ReLU, ReLU6, pooling,
        dropout, additions and flattening, such that `torch.fx` can trace it. It is left as
        it is.
    roles : Roles
    layers : mapping of str to Roles, optional
        Other roles for some layers, by their names in the model, or those which `torch.fx`
        gives additions and functions.
    bits : word source or WordReader, optional
        For STOCHASTIC; all layers read on from it, in turn.

    Returns
    -------
    torch.nn.Module
        With the same parameters and the same names of them, so that its ``state_dict``
        goes into `model` once it is trained, and that into `convert`.

    Raises
    ------
    ValueError
        If an operation has no fixed-point counterpart, or there is no layer of a name.

    Notes
    -----
    Between layers all numbers are in their roles, forward and backward, and nothing but the
    running statistics of batch normalization, which only evaluation reads, calculates in
    float. In each convolution and linear layer, forward: weights and activations are rounded
    to their roles, multiplied and added exactly, and the sums rounded to theirs. Backward:
    the errors that arrive are rounded; from them the errors that leave and the gradients are
    made exactly, each then rounded once. Batch normalization, means, dropout and additions
    do as much: see the notes of `RoleNorm`, `RoleMean`, `RoleDropout` and `RoleSum`. Where a
    tensor goes to several layers, their errors are added as `RoleFork` states. ReLU, ReLU6
    and pooling of maxima, forward and backward, need no rounding (but where windows overlap,
    for errors of more than 20 bits). For the loss see `CrossEntropy`; the update is the
    optimizer's: see `round_after_step`.

    Dropout that is a function is on in training and off in evaluation, whatever it is told.

    Roles without a fixed format find their power of two for each tensor anew, in evaluation
    too: what an image comes to then depends, a little, on those that go with it.

    Words for STOCHASTIC are drawn in the order of calls; in a convolution for activations,
    weights, sums; then for errors, weights' gradients, biases' gradients, errors that leave;
    in other layers in the order of their notes. Errors that leave are made only where what
    came in wants some; gradients also of parameters that are frozen. Within a tensor words
    are drawn in the order that `Role.codes` states.

    After Y. Fu et al., "FracTrain: Fractionally Squeezing Bit Savings Both Temporally and
    Spatially for Efficient DNN Training", NeurIPS 2020, for the roles; R. Banner et al.,
    "Scalable Methods for 8-bit Training of Neural Networks", NeurIPS 2018, and N. Wang et
    al., "Training Deep Neural Networks with 8-bit Floating Point Numbers", NeurIPS 2018,
    for wider gradients and for stochastic rounding. None of them states its rounding to
    the bit; this is ours.
    """
    others = dict(layers or {})
    check_roles(roles, *others.values())
    if not isinstance(model, nn.Module):
        raise TypeError(f"roles are given to a torch.nn.Module, not to {model!r}")
    reader = make_reader(bits, any(each.random for each in (roles, *others.values())))
    found: list[str] = []

    def roles_of(name: str) -> Roles:
        found.append(name)
        return others.get(name, roles)

    def layer_for(name: str, layer: nn.Module) -> nn.Module:
        for kinds, make in _KINDS:
            if isinstance(layer, kinds):
                return make(layer, roles_of(name), reader)
        if isinstance(layer, nn.ReLU | nn.ReLU6):
            # What it takes may be one of the copies that a fork gives.
            layer.inplace = False
        return layer

    def fork_for(name: str, ways: int) -> nn.Module:
        return RoleFork(ways, roles_of(name), reader)

    made = role_network(copy.deepcopy(model), layer_for, fork_for)
    for name in others:
        if name not in found:
            known = f"layers {', '.join(found)}" if found else "no layer"
            raise ValueError(f"roles are given to {known}, not to {name!r}")
    return made.train(model.training)


# Which layer computes in roles what a float layer computes; others need no rounding.
_KINDS: tuple[tuple[Any, Callable[[Any, Roles, WordReader | None], nn.Module]], ...] = (
    (nn.Conv2d, RoleConv2d),
    (nn.Linear, RoleLinear),
    ((nn.BatchNorm1d, nn.BatchNorm2d), RoleNorm),
    ((nn.AvgPool2d, nn.AdaptiveAvgPool2d), RoleMean),
    ((nn.Dropout, nn.Dropout1d, nn.Dropout2d), RoleDropout),
    (Sum, lambda _, *given: RoleSum(*given)),
)


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
