"""Additions and forks that train in fixed point; see `with_roles`."""

from __future__ import annotations

import functools
from typing import Any

import torch

from ..tensor_values import exact_type
from .base import RoleLayer

__all__ = ["RoleFork", "RoleSum"]


class RoleSum(RoleLayer):
    """Sum of two tensors of one shape in roles: the addition of a residual block.

    Notes
    -----
    Both tensors are rounded to a common format (point ``"addend"``), and their exact sum is
    rounded (``"sum"``). Backward, the incoming errors are rounded (``"error"``) and passed to
    both.
    """

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if a.shape != b.shape:
            raise ValueError(
                f"tensors that are added in training have one shape, "
                f"not {tuple(a.shape)} and {tuple(b.shape)}"
            )
        return _Sum.apply(a, b, self)


class RoleFork(RoleLayer):
    """Copies of a tensor for several layers, whose errors are added in roles.

    Parameters
    ----------
    ways : int
        Number of copies.
    roles, reader
        As for `RoleLayer`.

    Notes
    -----
    Backward, the incoming errors are rounded to a common format (point ``"addend"``), and
    their exact sum is rounded (``"error sent"``).
    """

    def __init__(self, ways: int, *roles: Any) -> None:
        super().__init__(*roles)
        self.ways = ways

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return _Fork.apply(x, self)


def _rounded_sum(layer: RoleLayer, point: str, tensors: Any) -> torch.Tensor:
    parts = layer.common_codes("addend", tensors)
    kind = exact_type(sum(part.largest for part in parts), 0)
    total = functools.reduce(torch.add, (part.tensor.to(kind) for part in parts))
    return layer.values(point, total, parts[0].frac_bits)


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, layer: RoleSum) -> torch.Tensor:
        ctx.layer = layer
        return _rounded_sum(layer, "sum", (a, b))

    @staticmethod
    def backward(ctx: Any, incoming: Any) -> Any:
        error = ctx.layer.values("error", incoming)
        return error, error, None


class _Fork(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, layer: RoleFork) -> tuple[torch.Tensor, ...]:
        ctx.layer = layer
        return tuple(x.view_as(x) for _ in range(layer.ways))

    @staticmethod
    def backward(ctx: Any, *incoming: Any) -> Any:
        return _rounded_sum(ctx.layer, "error sent", incoming), None
