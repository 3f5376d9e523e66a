"""Requantizer: converts codes from one format to another."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..formats.format import Format
from .base import RoundingCircuit

__all__ = ["Requantizer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Requantizer(RoundingCircuit):
    """Requantizer: rounds a code of one format to another and brings it into range.

    Parameters
    ----------
    source : Format or str
        Of the input.
    target : Format or str
        Of the result.
    rounding : Rounding
    overflow : Overflow
        With ERROR the result is that of WRAP, and the output ``overflowed`` is 1 in cycles
        whose rounded value the target cannot hold.
    generator : generator, optional
        Source of the words that STOCHASTIC adds; required with STOCHASTIC, else None.

    Raises
    ------
    ValueError
        If the source in units of the target's resolution needs more than 64 bits, or if more
        than 62 bits are discarded.

    Notes
    -----
    Ports: ``source`` in; ``result`` out, and with ERROR ``overflowed``. The latency is 0.
    Without STOCHASTIC the circuit is combinational; else its state is the generator's.

    The result is that of `FixedArray.cast`; with STOCHASTIC the code of cycle t takes word t
    of the generator.

    Source: the modes are those of IEEE 754-2019, section 4.3, and of ap_fixed; stochastic
    rounding as in S. Gupta, A. Agrawal, K. Gopalakrishnan and P. Narayanan, "Deep Learning
    with Limited Numerical Precision", ICML 2015, section 3.

    Examples
    --------
    >>> from fixedpoint import Overflow, Requantizer, Rounding
    >>> half_even = Requantizer(
    ...     source="sQ4.1", target="sQ3.0",
    ...     rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE,
    ... )
    >>> outputs, _ = half_even.run({"source": [1, 3, 5, 7, -1, -16]})
    >>> outputs["result"][:, 0].tolist()
    [0, 2, 2, 3, 0, -4]
    """

    source: Format

    @property
    def operands(self) -> dict[str, Format]:
        return {"source": self.source}

    @property
    def exact(self) -> Format:
        return self.source

    def calculate(self, *codes: Any) -> Any:
        return codes[0]
