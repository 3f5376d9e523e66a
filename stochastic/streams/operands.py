"""Checks of the operands of a gate."""

from __future__ import annotations

import numpy as np

from .bitstream import Bitstream

__all__ = ["check_alike", "check_shapes", "check_streams", "refuse_zero"]


def check_alike(gate: str, *streams: Bitstream) -> tuple[int, ...]:
    """Check that streams have one length and encoding; return the shape they broadcast to."""
    shape = check_shapes(gate, *streams)
    first = streams[0]
    for stream in streams[1:]:
        if stream.encoding != first.encoding:
            raise ValueError(
                f"{gate} takes streams of one encoding, not {first.encoding} and "
                f"{stream.encoding}"
            )
    return shape


def check_shapes(gate: str, *streams: Bitstream) -> tuple[int, ...]:
    """Check that streams have one length; return the shape they broadcast to."""
    check_streams(gate, *streams)
    if not streams:
        raise ValueError(f"{gate} takes at least one stream, not 0")
    first = streams[0]
    for stream in streams[1:]:
        if stream.length != first.length:
            raise ValueError(
                f"{gate} takes streams of one length, not {first.length} and {stream.length}"
            )
    shapes = [s.shape for s in streams]
    try:
        alike = shapes.count(first.shape) == len(shapes)
        return first.shape if alike else np.broadcast_shapes(*shapes)
    except ValueError:
        shown = " and ".join(str(shape) for shape in shapes)
        raise ValueError(
            f"{gate} takes streams of shapes that broadcast, not {shown}"
        ) from None


def check_streams(gate: str, *streams: object) -> None:
    """Raise a TypeError if an operand is no stream."""
    for stream in streams:
        if not isinstance(stream, Bitstream):
            raise TypeError(f"{gate} takes Bitstreams, not {type(stream).__name__}")


def refuse_zero(name: str, *divisors: Bitstream) -> None:
    """Raise a ValueError if a stream of a divisor has no ones.

    Parameters
    ----------
    name : str
        Beginning of the error message: ``"GainesDivider divisor"``.
    *divisors : Bitstream
    """
    for divisor in divisors:
        count = divisor.count()
        zeros = int((count == 0).sum())
        if zeros:
            raise ValueError(
                f"{name} must not be zero, but {zeros} of {count.size} streams are"
            )
