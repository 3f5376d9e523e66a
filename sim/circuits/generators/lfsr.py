"""Catalogue entry of `lfsr`."""

from __future__ import annotations

from stochastic import Lfsr

from ...entry import Entry
from ...oracles.generators import maximal_sequence

__all__ = ["ENTRY"]


def _edges():
    """Yield both forms at every width, and all variants at the smallest and largest width."""
    for width in range(3, 33):
        for form in ("fibonacci", "galois"):
            states = (1 << width) - 1
            plain = Lfsr(width=width, form=form, seed=states // 3, phase=states // 2)
            # The zero state is reached in a few cycles.
            with_zero = plain.replace(zero_state=True, seed=1, phase=states - 1)
            if width in (3, 32):
                yield from (plain, with_zero)
            else:
                yield with_zero if (form == "galois") == width % 2 else plain


ENTRY = Entry(
    name="lfsr",
    default=Lfsr(width=8),
    edges=tuple(_edges()),
    oracle=maximal_sequence,
)
