"""The streams that metrics take: plain, with one wire."""

from __future__ import annotations

from typing import Any

from .bitstream import Bitstream

__all__ = ["plain"]


def plain(name: str, stream: Any) -> Bitstream:
    """Return a plain unipolar or bipolar stream; an array of bits becomes a unipolar one.

    Raises
    ------
    TypeError, ValueError
        If it is sign-magnitude or integral, or no array of bits.
    """
    if not isinstance(stream, Bitstream):
        stream = Bitstream.from_bits(stream, "unipolar")
    if stream.streams is not None or stream.sign_words is not None:
        kind = "sign-magnitude" if stream.streams is None else "integral"
        raise ValueError(f"{name} takes plain unipolar or bipolar streams, not {kind} ones")
    return stream
