"""Additions that train in fixed point, and the forks that go with them; see `with_roles`."""

from __future__ import annotations

from typing import Any

import torch

from .base import RoleLayer

__all__ = ["RoleFork", "RoleSum"]


class RoleSum(RoleLayer):
    """Sum of two tensors that computes in roles: the addition of a residual.

    Notes
    -----
    Both are rounded to one format, that which suits both (point ``"addend"``), and their
    exact sum is rounded (``"sum"``). Backward, the errors that arrive are rounded
    (``"error"``) and go to both. Tensors have one shape.
    """

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if a.shape != b.shape:
            raise ValueError(
                f"tensors that are added in training have one shape, "
                f"not {tuple(a.shape)} and {tuple(b.shape)}"
            )
        return _Sum.apply(a, b, self)


class RoleFork(RoleLayer):
    """One tensor to each of several layers, whose errors are added in roles.

    Parameters
    ----------
    ways : int
        How many copies go out.
    roles, reader
        As for `RoleLayer`.

    Notes
    -----
    Backward, the errors that arrive are rounded to one format, that which suits all (point
    ``"addend"``), and their exact sum is rounded (``"error sent"``).
    """

    def __init__(self, ways: int, *roles: Any) -> None:
        super().__init__(*roles)
        self.ways = ways

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return _Fork.apply(x, self)


def _added(layer: RoleLayer, point: str, tensors: Any) -> torch.Tensor:
    parts = layer.common_codes("addend", tensors)
    total = sum((part.tensor.double() for part in parts[1:]), parts[0].tensor.double())
    return layer.values(point, total, parts[0].frac_bits)


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, layer: RoleSum) -> torch.Tensor:
        ctx.layer = layer
        return _added(layer, "sum", (a, b))

    @staticmethod
    def backward(ctx: Any, arriving: Any) -> Any:
        error = ctx.layer.values("error", arriving)
        return error, error, None


class _Fork(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, layer: RoleFork) -> tuple[torch.Tensor, ...]:
        ctx.layer = layer
        return tuple(x.view_as(x) for _ in range(layer.ways))

    @staticmethod
    def backward(ctx: Any, *arriving: Any) -> Any:
        return _added(ctx.layer, "error sent", arriving), None
