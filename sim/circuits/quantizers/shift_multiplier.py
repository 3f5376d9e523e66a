"""Catalogue entry of `shift_multiplier`."""

from __future__ import annotations

from fixedpoint import Overflow, Rounding, ShiftMultiplier
from stochastic import Counter

from ...entry import Entry
from ...oracles.power_of_two_weights import exact_product, powers

__all__ = ["ENTRY"]


def _product(a, weight, target, rounding, overflow, generator=None):
    """Return a multiplier by shifts from the names of its formats and modes."""
    return ShiftMultiplier(
        a=a,
        weight=weight,
        target=target,
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        generator=generator,
    )


ENTRY = Entry(
    name="shift_multiplier",
    default=_product("sQ4.12", powers(-6, 0), "sQ4.12", "nearest_even", "saturate"),
    # Every combination of signs, and several roundings and overflow modes.
    edges=(
        _product("uQ1.0", powers(0, 0, signed=False), None, "truncate", "wrap"),
        _product("sQ1.0", powers(0, 0), None, "truncate", "wrap"),
        _product("sQ4.4", powers(-2, 3, signed=False), "sQ5.3", "nearest_even", "saturate"),
        _product("uQ4.4", powers(-3, 3), "sQ3.2", "nearest_away", "saturate_symmetric"),
        _product("sQ2.2", powers(-40, -20), "uQ-10.20", "jam", "error"),
        _product(
            "sQ2.2", powers(1, 3), "sQ9.-3", "stochastic", "saturate_zero", Counter(width=3)
        ),
        _product("sQ1.0", powers(-30, 31), "sQ34.20", "nearest_odd", "error"),
    ),
    planted=_product("sQ2.3", powers(-1, 1), "sQ3.1", "nearest_even", "saturate_zero"),
    oracle=exact_product,
)
