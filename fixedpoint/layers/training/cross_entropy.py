"""Cross-entropy loss of a classifier that trains in fixed point."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import torch

from ..round_tensor import make_reader
from .base import RoleLayer, check_roles
from .roles import Roles

__all__ = ["CrossEntropy"]

# The table of exponentials: steps per unit, units, and fraction bits of its entries.
_STEPS, _UNITS, _FRAC_BITS = 1 << 10, 16, 23


class CrossEntropy(RoleLayer):
    """Mean cross entropy of a batch of logits, with errors in fixed point.

    Parameters
    ----------
    roles : Roles
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call.

    Notes
    -----
    Logits are rounded (point ``"input"``; exact if they are the output of a layer). The
    distance of each from the largest logit of its image is rounded to a multiple of 2^-10,
    ties to even, limited to 16 - 2^-10, and looked up in a table of 2^14 exponentials of 24
    bits. An image's errors are its exponentials divided by their exact sum, minus 1 at the
    true class, divided by the number of images. They are computed as an exact numerator over
    an exact denominator, divided to 53 bits, multiplied by the gradient of the loss (usually
    1), and rounded (``"error sent"``). The loss itself, which training does not use, is a
    float64.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import CrossEntropy, Role, Roles
    >>> eight = Role(width=8)
    >>> loss = CrossEntropy(Roles(weight=eight, activation=eight, error=eight, gradient=eight))
    >>> logits = torch.zeros(1, 4, requires_grad=True)
    >>> loss(logits, torch.tensor([2])).backward()
    >>> logits.grad.tolist()
    [[0.25, 0.25, -0.75, 0.25]]
    """

    def __init__(self, roles: Roles, *, bits: Any = None) -> None:
        check_roles(roles)
        super().__init__(roles, make_reader(bits, roles.random))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss.

        Parameters
        ----------
        logits : float32 or float64 tensor ``[images, classes]``
        labels : int64 tensor ``[images]``
            The true classes.

        Returns
        -------
        float64 tensor, a scalar
        """
        if logits.dim() != 2 or labels.shape != logits.shape[:1] or not len(logits):
            raise ValueError(
                f"a loss takes logits [images, classes] and a label for each image, "
                f"not {tuple(logits.shape)} and {tuple(labels.shape)}"
            )
        if labels.dtype is not torch.int64:
            raise TypeError(f"labels must be int64, not {labels.dtype}")
        smallest, largest = int(labels.min()), int(labels.max())
        if smallest < 0 or largest >= logits.shape[1]:
            label = smallest if smallest < 0 else largest
            raise ValueError(f"labels must be between 0 and {logits.shape[1] - 1}, not {label}")
        return _Loss.apply(logits, labels, self)


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Any, labels: Any, layer: CrossEntropy) -> torch.Tensor:
        z = layer.codes("input", logits)
        distances = (z.tensor.max(1, keepdim=True).values - z.tensor).double()
        steps = (distances * (_STEPS * 2.0**-z.frac_bits)).round()
        steps = steps.clamp(max=_STEPS * _UNITS - 1)
        exponentials = _table()[steps.long()]
        totals = exponentials.sum(1, keepdim=True)
        true = torch.zeros_like(exponentials).scatter_(1, labels[:, None], 1.0)
        ctx.save_for_backward((exponentials - true * totals) / (totals * len(labels)))
        ctx.layer = layer
        logarithms = torch.log(totals * 2.0**-_FRAC_BITS)[:, 0]
        return (logarithms + (distances * true).sum(1) * 2.0**-z.frac_bits).mean()

    @staticmethod
    def backward(ctx: Any, incoming: Any) -> Any:
        (errors,) = ctx.saved_tensors
        return ctx.layer.values("error sent", errors * incoming), None, None


@functools.cache
def _table() -> torch.Tensor:
    """Return exp(-i / 1024) in units of 2^-23, rounded to nearest."""
    entries = [math.exp(-i / _STEPS) * 2**_FRAC_BITS for i in range(_STEPS * _UNITS)]
    return torch.from_numpy(np.rint(entries))
