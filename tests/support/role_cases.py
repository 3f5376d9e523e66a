"""Roles whose formats follow the tensor, are fixed, or round at random."""

import pytest

torch = pytest.importorskip("torch")
from fixedpoint.layers import (
    Role,
    Roles,
)
from tests.support.training_roles import EIGHT, RANDOM

CASES = {
    "nearest": EIGHT,
    "fixed formats": Roles(
        weight=Role(width=6, frac_bits=4),
        activation=Role(width=6, frac_bits=3),
        error=Role(width=6, frac_bits=5),
        gradient=Role(width=10, frac_bits=4),
    ),
    "stochastic": Roles(
        weight=RANDOM, activation=RANDOM, error=RANDOM, gradient=RANDOM, sum=RANDOM
    ),
    "wide, in float64": Roles(
        weight=Role(width=20),
        activation=Role(width=20),
        error=Role(width=20),
        gradient=Role(width=24),
    ),
}
