"""Check that a divisor is not zero."""

from __future__ import annotations

from ..streams.bitstream import Bitstream

__all__ = ["refuse_zero"]


def refuse_zero(name: str, divisor: Bitstream) -> None:
    """Raise a ValueError if a stream of the divisor has no ones.

    Parameters
    ----------
    name : str
        Beginning of the error message: ``"GainesDivider divisor"``.
    divisor : Bitstream
    """
    count = divisor.count()
    zeros = int((count == 0).sum())
    if zeros:
        raise ValueError(f"{name} must not be zero, but {zeros} of {count.size} streams are")
