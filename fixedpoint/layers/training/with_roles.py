"""Conversion of a network to layers that train in fixed point, and rounding of weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from ..cast import Cast
from ..graph import Sum, copied
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
        dropout, additions and flattening, and traceable by `torch.fx`. It is not changed.
    roles : Roles
    layers : mapping of str to Roles, optional
        Other roles for some layers, by their names in the model, or the names that
        `torch.fx` gives to additions and functions.
    bits : word source or WordReader, optional
        For STOCHASTIC; shared by all layers, which read from it in turn.

    Returns
    -------
    torch.nn.Module
        With the parameters of `model` under the same names. After training, load its
        ``state_dict`` into `model`, and pass that to `convert`.

    Raises
    ------
    ValueError
        If an operation has no fixed-point counterpart, if a weight is computed from parameters
        (`torch.nn.utils.parametrize`), if the model cannot be copied, or if a name in `layers`
        is unknown.

    Notes
    -----
    All numbers between layers are in their roles, forward and backward. Only the running
    statistics of batch normalization, which evaluation mode reads, are computed in float.

    Convolutions and linear layers round weights and activations to their roles, multiply and
    add them exactly, and round the sums. Backward, they round the incoming errors, compute
    gradients and outgoing errors exactly, and round each once. For other layers see the notes
    of `RoleNorm`, `RoleMean`, `RoleDropout` and `RoleSum`. If several layers use a tensor,
    `RoleFork` adds their errors. ReLU, ReLU6 and max pooling need no rounding, except max
    pooling with overlapping windows for errors of more than 20 bits. For the loss see
    `CrossEntropy`. The optimizer updates the weights; see `round_after_step`.

    Dropout that is called as a function is active in training mode and inactive in evaluation
    mode, whatever its argument ``training`` is.

    Roles without a fixed format choose a format for each tensor, in evaluation mode too. The
    result for an image then depends slightly on the other images of its batch.

    Gradients are numbers without a graph: they have no gradients of their own
    (``create_graph=True``).

    STOCHASTIC takes words in the order of calls. A convolution takes them for activations,
    weights and sums, then for errors, gradients of weights, gradients of biases, and outgoing
    errors; other layers in the order of their notes. Outgoing errors are computed only if the
    input needs them; gradients also for frozen parameters. `Role.codes` defines the order
    within a tensor.

    Source: the roles are those of Y. Fu et al., "FracTrain: Fractionally Squeezing Bit
    Savings Both Temporally and Spatially for Efficient DNN Training", NeurIPS 2020; wider
    gradients and stochastic rounding as in R. Banner et al., "Scalable Methods for 8-bit
    Training of Neural Networks", NeurIPS 2018, and N. Wang et al., "Training Deep Neural
    Networks with 8-bit Floating Point Numbers", NeurIPS 2018. None of them defines the
    rounding to the bit; the definition here is this library's.
    """
    exceptions = dict(layers or {})
    check_roles(roles, *exceptions.values())
    if not isinstance(model, nn.Module):
        raise TypeError(f"roles are given to a torch.nn.Module, not to {model!r}")
    reader = make_reader(bits, any(r.random for r in (roles, *exceptions.values())))
    names: list[str] = []

    def roles_of(name: str) -> Roles:
        names.append(name)
        return exceptions.get(name, roles)

    def layer_for(name: str, layer: nn.Module) -> nn.Module:
        for kinds, make in _KINDS:
            if isinstance(layer, kinds):
                return make(layer, roles_of(name), reader)
        if isinstance(layer, nn.ReLU | nn.ReLU6):
            # Its input may be a copy from a fork, which shares memory with the others.
            layer.inplace = False
        return layer

    def fork_for(name: str, ways: int) -> nn.Module:
        return RoleFork(ways, roles_of(name), reader)

    network = role_network(copied(model), layer_for, fork_for)
    trained = _parameter_names(network)
    for name in _parameter_names(model):
        if name not in trained:
            raise ValueError(
                "a network in fixed point trains weights and biases of layers, not parameters "
                f"that these are computed from, as {name}"
            )
    for name in exceptions:
        if name not in names:
            known = f"layers {', '.join(names)}" if names else "no layer"
            raise ValueError(f"roles are given to {known}, not to {name!r}")
    return network.train(model.training)


def _parameter_names(model: nn.Module) -> dict[str, Any]:
    return dict(model.named_parameters(remove_duplicate=False))


# The layer in roles for each float layer; others need no rounding.
_KINDS: tuple[tuple[Any, Callable[[Any, Roles, WordReader | None], nn.Module]], ...] = (
    (nn.Conv2d, RoleConv2d),
    (nn.Linear, RoleLinear),
    ((nn.BatchNorm1d, nn.BatchNorm2d), RoleNorm),
    ((nn.AvgPool2d, nn.AdaptiveAvgPool2d), RoleMean),
    ((nn.Dropout, nn.Dropout1d, nn.Dropout2d), RoleDropout),
    (Sum, lambda _, *arguments: RoleSum(*arguments)),
)


def round_parameters(
    parameters: Iterable[torch.Tensor], cast: Cast, *, bits: Any = None
) -> None:
    """Round stored parameters in place.

    Parameters
    ----------
    parameters : iterable of tensor
        For example ``model.parameters()``.
    cast : Cast
        Of at most 24 bits, so that float32 parameters hold its values.
    bits : word source or WordReader, optional
        For STOCHASTIC: one word for each parameter, tensor by tensor in C order.
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

    The weights between steps are then fixed-point numbers, with any optimizer. Optimizers
    that compute in fixed point do not need this function.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    cast : Cast
        Of at most 24 bits. With STOCHASTIC, updates below half the resolution take effect on
        average, as in S. Gupta et al., "Deep Learning with Limited Numerical Precision",
        ICML 2015.
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from step to step.
    """
    reader = make_reader(bits, is_random(cast))

    def round_all(*_: Any) -> None:
        for group in optimizer.param_groups:
            round_parameters(group["params"], cast, bits=reader)

    round_all()
    optimizer.register_step_post_hook(round_all)
