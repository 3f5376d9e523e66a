"""Folding of batch normalization into the preceding layer."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

__all__ = ["fold_batch_norm"]

_Layer = TypeVar("_Layer", bound=nn.Conv2d | nn.Linear)


def fold_batch_norm(layer: _Layer, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> _Layer:
    """Return one float layer that is equivalent to a layer and its norm in evaluation mode.

    With m and v the norm's running mean and variance, g and h its weight and bias, and
    s = g / sqrt(v + eps), the new weights are s w and the new bias is s (b - m) + h.

    Parameters
    ----------
    layer : torch.nn.Conv2d or torch.nn.Linear
    norm : torch.nn.BatchNorm1d or torch.nn.BatchNorm2d
        Norm of the layer's outputs, with running statistics.

    Returns
    -------
    torch.nn.Conv2d or torch.nn.Linear
        A new layer with a bias, computed in float64 and rounded once to the type of
        the layer's weights.

    Raises
    ------
    ValueError
        If the sizes do not match, or the norm has no running statistics.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import fold_batch_norm
    >>> linear, norm = torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1, eps=0.0)
    >>> norm.running_mean[:], norm.running_var[:] = 1.0, 4.0
    >>> _ = torch.nn.init.ones_(linear.weight), torch.nn.init.zeros_(linear.bias)
    >>> folded = fold_batch_norm(linear, norm)
    >>> folded.weight.tolist(), folded.bias.tolist()
    ([[0.5, 0.5]], [-0.5])
    """
    outputs = layer.weight.shape[0]
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError(f"a norm that is folded must keep running statistics, unlike {norm}")
    if norm.num_features != outputs:
        raise ValueError(
            f"a norm that is folded must have the layer's {outputs} outputs, "
            f"not {norm.num_features}"
        )
    with torch.no_grad():
        scale = (norm.running_var.double() + norm.eps).rsqrt()
        shift = torch.zeros(outputs, dtype=torch.float64)
        if norm.affine:
            scale, shift = scale * norm.weight.double(), norm.bias.double()
        bias = torch.zeros(outputs) if layer.bias is None else layer.bias
        start = (bias.double() - norm.running_mean.double()) * scale + shift
        weight = layer.weight.double() * scale.reshape(-1, *[1] * (layer.weight.ndim - 1))
        folded = copy.deepcopy(layer)
        folded.weight = nn.Parameter(weight.to(layer.weight.dtype))
        folded.bias = nn.Parameter(start.to(layer.weight.dtype))
    return folded
