"""Average pooling that trains in fixed point; see `with_roles`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from ..pooling_windows import PoolingWindows
from .base import RoleLayer
from .roles import Roles

__all__ = ["RoleMean"]


class RoleMean(RoleLayer):
    """Average pooling in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.AvgPool2d, or torch.nn.AdaptiveAvgPool2d of 1 pixel
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    Forward, the input is rounded (point ``"input"``; exact if it is the output of a layer).
    The exact sum of each window is divided by its count to 53 bits and rounded (``"sum"``).

    Backward, the incoming errors are rounded (``"error"``), divided by their counts to 53
    bits and rounded (``"quotient"``). For each pixel, the exact sum of the quotients of the
    windows that contain it is rounded (``"error sent"``).
    """

    def __init__(
        self,
        layer: nn.AvgPool2d | nn.AdaptiveAvgPool2d,
        roles: Roles,
        reader: WordReader | None,
    ) -> None:
        super().__init__(roles, reader)
        self.windows = (
            None if isinstance(layer, nn.AdaptiveAvgPool2d) else PoolingWindows.of(layer)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() not in (3, 4):
            raise ValueError(
                f"a mean in training takes [images, channels, rows, columns], "
                f"not {tuple(x.shape)}"
            )
        windows = self.windows or PoolingWindows((x.shape[-2], x.shape[-1]))
        return _Mean.apply(x, windows, self)


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, windows: PoolingWindows, layer: RoleMean) -> torch.Tensor:
        a = layer.codes("input", x)
        sums = windows.sums(a.tensor.double())
        counts = torch.from_numpy(windows.counts(x.shape[-2:], sums.shape[-2:]))
        ctx.settings = x.shape, windows, counts, layer
        return layer.values("sum", sums / counts, a.frac_bits)

    @staticmethod
    def backward(ctx: Any, incoming: Any) -> Any:
        shape, windows, counts, layer = ctx.settings
        e = layer.codes("error", incoming)
        shares = layer.codes("quotient", e.tensor.double() / counts, e.frac_bits)
        spread = windows.spread(shares.tensor.double(), shape)
        return layer.values("error sent", spread, shares.frac_bits), None, None
