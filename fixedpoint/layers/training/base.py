"""The base of the layers that train in fixed point: where they round, and to which role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ...formats.format import Format
from ...rounding.word_reader import WordReader
from .roles import MAX_FRAC_BITS, Role, Roles
from .tensor_codes import CodeTensor

__all__ = ["RoleLayer", "check_roles"]

# Where layers round, and to which role.
ROLE_OF_POINT = {
    "activation": "activation",
    "weight": "weight",
    "sum": "sum",
    "error": "error",
    "gradient": "gradient",
    "bias gradient": "gradient",
    "error sent": "error",
    # Of batch normalization.
    "input": "sum",
    "inverse deviation": "sum",
    "normalized": "sum",
    "slope": "sum",
    "scale": "sum",
    "centred error": "sum",
    # Of additions and of means.
    "addend": "sum",
    "quotient": "sum",
}


def check_roles(*given: Any) -> None:
    """Refuse what is not `Roles`."""
    for each in given:
        if not isinstance(each, Roles):
            raise TypeError(f"roles of layers must be Roles, not {each!r}")


class RoleLayer(nn.Module):
    """Base of the layers that compute in roles.

    Parameters
    ----------
    roles : Roles
    reader : WordReader, optional
        For STOCHASTIC.

    Attributes
    ----------
    formats : dict of str to Format
        What each tensor of the last training step was rounded to, by the point where that
        was: of any layer ``"sum"`` for what it gave, ``"error"`` for the errors that
        arrived, ``"error sent"``, ``"gradient"``, ``"bias gradient"``; the others are stated
        where the layers are.

    Notes
    -----
    Weights, activations (what convolutions and linear layers take), errors that arrive or
    are sent, and gradients are of the roles named so; all else is of the role of sums.
    """

    def __init__(self, roles: Roles, reader: WordReader | None) -> None:
        super().__init__()
        self.roles, self.reader = roles, reader
        self.formats: dict[str, Format] = {}

    def codes(
        self, point: str, x: torch.Tensor, exponent: int = 0, max_frac_bits: int = MAX_FRAC_BITS
    ) -> CodeTensor:
        """Return the codes of a tensor at one point, as `Role.codes` makes them."""
        made = self._role(point).codes(x, self.reader, exponent, max_frac_bits)
        self._note(point, made.format)
        return made

    def common_codes(self, point: str, tensors: Sequence[torch.Tensor]) -> list[CodeTensor]:
        """Return the codes of several tensors in one format, as `Role.together` does."""
        made = self._role(point).common_codes(tensors, self.reader)
        self._note(point, made[0].format)
        return made

    def values(self, point: str, x: torch.Tensor, exponent: int = 0) -> torch.Tensor:
        """Return a tensor's values at one point, as `Role.values` makes them."""
        made, fmt = self._role(point).values(x, self.reader, exponent)
        self._note(point, fmt)
        return made

    def _role(self, point: str) -> Role:
        return getattr(self.roles, ROLE_OF_POINT[point])

    def _note(self, point: str, fmt: Format) -> None:
        if self.training:
            self.formats[point] = fmt
