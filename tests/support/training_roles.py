"""Roles that the tests of training in fixed point share."""

from __future__ import annotations

from fixedpoint import Rounding
from fixedpoint.layers import Role, Roles

EIGHT = Roles(
    weight=Role(width=8),
    activation=Role(width=8),
    error=Role(width=8, rounding=Rounding.NEAREST_UP),
    gradient=Role(width=12, rounding=Rounding.TRUNCATE),
    sum=Role(width=16),
)


RANDOM = Role(width=6, rounding=Rounding.STOCHASTIC)
