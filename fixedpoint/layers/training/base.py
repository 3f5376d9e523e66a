"""Base of the layers that train in fixed point: the points at which they round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ...circuit.checks import shown
from ...formats.format import Format
from ...rounding.word_reader import WordReader
from .computed_tensor import ComputedTensor
from .roles import MAX_FRAC_BITS, Role, Roles
from .tensor_codes import CodeTensor

__all__ = ["RoleLayer", "check_roles"]

# The role of each point at which layers round.
ROLE_OF_POINT = {
    "activation": "activation",
    "weight": "weight",
    "sum": "sum",
    "error": "error",
    "gradient": "gradient",
    "bias gradient": "gradient",
    "error sent": "error",
    # Points of batch normalization.
    "input": "sum",
    "inverse deviation": "sum",
    "normalized": "sum",
    "slope": "sum",
    "scale": "sum",
    "centred error": "sum",
    # Points of additions and means.
    "addend": "sum",
    "quotient": "sum",
}


def check_roles(*values: Any) -> None:
    """Raise a TypeError if a value is not `Roles`."""
    for value in values:
        if not isinstance(value, Roles):
            raise TypeError(f"roles of layers must be Roles, not {shown(value)}")


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
        Formats to which the tensors of the last training step were rounded, by point. All
        layers have the points ``"sum"`` for their outputs, ``"error"`` for the incoming
        errors, ``"error sent"`` for the outgoing errors, ``"gradient"`` and ``"bias
        gradient"``. The notes of each layer name the others.

    Notes
    -----
    Weights, activations (the inputs of convolutions and linear layers), errors and gradients
    are rounded to the roles of these names, everything else to the role of sums.
    """

    def __init__(self, roles: Roles, reader: WordReader | None) -> None:
        super().__init__()
        self.roles, self.reader = roles, reader
        self.formats: dict[str, Format] = {}

    def codes(
        self,
        point: str,
        x: torch.Tensor | ComputedTensor,
        exponent: int = 0,
        max_frac_bits: int = MAX_FRAC_BITS,
    ) -> CodeTensor:
        """Return the codes of a tensor at one point; see `Role.codes`."""
        codes = self._role(point).codes(x, self.reader, exponent, max_frac_bits)
        self._record(point, codes.format)
        return codes

    def common_codes(self, point: str, tensors: Sequence[torch.Tensor]) -> list[CodeTensor]:
        """Return the codes of several tensors in one format; see `Role.common_codes`."""
        codes = self._role(point).common_codes(tensors, self.reader)
        self._record(point, codes[0].format)
        return codes

    def values(
        self, point: str, x: torch.Tensor | ComputedTensor, exponent: int = 0
    ) -> torch.Tensor:
        """Return a tensor's rounded values at one point; see `Role.values`."""
        values, fmt = self._role(point).values(x, self.reader, exponent)
        self._record(point, fmt)
        return values

    def _role(self, point: str) -> Role:
        return getattr(self.roles, ROLE_OF_POINT[point])

    def _record(self, point: str, fmt: Format) -> None:
        if self.training:
            self.formats[point] = fmt
