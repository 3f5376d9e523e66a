"""Checks of the sizes that all networks take."""

from __future__ import annotations

from collections.abc import Callable

from fixedpoint.circuit import check_integer

__all__ = ["check_sizes"]


def check_sizes(
    channels: int, classes: int, width: float
) -> tuple[int, int, Callable[[int], int]]:
    """Return channels, classes, and a function that scales a layer's channels by the width."""
    channels = check_integer("channels", channels, 1, 4096)
    classes = check_integer("classes", classes, 1, 1 << 16)
    if not 0 < width <= 1:
        raise ValueError(f"width must be above 0 and at most 1, not {width}")
    return channels, classes, lambda size: max(1, round(size * width))
