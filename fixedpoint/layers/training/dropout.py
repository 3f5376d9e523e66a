"""Dropout that trains in fixed point; see `with_roles`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from .base import RoleLayer
from .roles import Roles

__all__ = ["RoleDropout"]


class RoleDropout(RoleLayer):
    """Dropout in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.Dropout, torch.nn.Dropout1d or torch.nn.Dropout2d
        Selects the elements that are kept, with torch's generator.
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    The input is rounded (point ``"input"``; exact if it is the output of a layer). Elements
    that are kept are multiplied by the rounded 1 / (1 - p) (``"scale"``) and rounded
    (``"sum"``). Errors are treated in the same way (``"error"``, ``"error sent"``). In
    evaluation mode the layer is the identity.
    """

    def __init__(self, layer: Any, roles: Roles, reader: WordReader | None) -> None:
        super().__init__(roles, reader)
        self.layer: nn.Module = layer
        self.factor = 1 / (1 - layer.p) if layer.p < 1 else 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Dropout.apply(x, self) if self.training else x


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, layer: RoleDropout) -> torch.Tensor:
        a = layer.codes("input", x)
        k = layer.codes("scale", torch.tensor([layer.factor], dtype=torch.float64))
        factors = (layer.layer(torch.ones_like(x)) != 0) * k.tensor.double()
        ctx.save_for_backward(factors)
        ctx.settings = k.frac_bits, layer
        return layer.values("sum", a.tensor * factors, a.frac_bits + k.frac_bits)

    @staticmethod
    def backward(ctx: Any, incoming: Any) -> Any:
        (factors,), (frac_bits, layer) = ctx.saved_tensors, ctx.settings
        e = layer.codes("error", incoming)
        sent = layer.values("error sent", e.tensor * factors, e.frac_bits + frac_bits)
        return sent, None
