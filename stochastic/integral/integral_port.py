"""Ports that carry the integers of an integral stream."""

from __future__ import annotations

from typing import Any, Literal

from fixedpoint.circuit import Port, check_choice, check_integer

__all__ = ["ENCODINGS", "LARGEST_RANGE", "check_range", "integral_port", "limits"]

ENCODINGS = ("unipolar", "bipolar")
LARGEST_RANGE = 1 << 16


def check_range(name: str, value: Any) -> int:
    """Return the range m of an integral stream after a check, 1..65536."""
    return check_integer(name, value, 1, LARGEST_RANGE)


def limits(range_: int, encoding: str) -> tuple[int, int]:
    """Return the smallest and largest integer of a stream: 0..m or -m..m."""
    check_choice("integral encoding", encoding, ENCODINGS)
    return (0 if encoding == "unipolar" else -range_), range_


def integral_port(
    name: str,
    direction: Literal["in", "out"],
    range_: int,
    encoding: str,
    count: int = 1,
    meaning: str = "",
) -> Port:
    """Return the port of an integral stream: unsigned 0..m, or two's complement -m..m."""
    low, high = limits(range_, encoding)
    signed = low < 0
    return Port(
        name=name,
        direction=direction,
        width=high.bit_length() + signed,
        signed=signed,
        count=count,
        minimum=low,
        maximum=high,
        meaning=meaning,
    )
