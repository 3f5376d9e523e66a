"""Format, rounding and overflow of a conversion, as all layers take them."""

from __future__ import annotations

import dataclasses

from ..circuit import Parameters
from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding

__all__ = ["Cast"]

# Number of bits for which a float64 holds all integers.
MAX_WIDTH = 53


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cast(Parameters):
    """A format, and how values are rounded and brought into its range.

    Parameters
    ----------
    format : Format or str
        Of at most 53 bits, so that a float64 holds all its values.
    rounding : Rounding
    overflow : Overflow

    Examples
    --------
    >>> from fixedpoint.layers import Cast
    >>> Cast(format="sQ1.7").rounding
    <Rounding.NEAREST_EVEN: 'nearest_even'>
    """

    format: Format
    rounding: Rounding = Rounding.NEAREST_EVEN
    overflow: Overflow = Overflow.SATURATE

    def __post_init__(self) -> None:
        self._set(
            format=check_width("Cast format", self.format),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
        )


def check_width(name: str, value: Format | str) -> Format:
    """Return the format, or raise a ValueError if it is too wide for a float64."""
    fmt = as_format(value)
    if fmt.width > MAX_WIDTH:
        raise ValueError(f"{name} must have at most {MAX_WIDTH} bits, not {fmt}")
    return fmt
