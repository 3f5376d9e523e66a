"""Rounding and overflow modes, with their names in other tools."""

from __future__ import annotations

from enum import Enum, EnumType
from typing import Any

from ..circuit import check_choice

__all__ = ["Overflow", "Rounding"]


class _NameEnum(EnumType):
    """Refuses values that are not strings, such as arrays, before comparing them."""

    def __call__(cls, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            cls._missing_(value)  # type: ignore[attr-defined]
        return super().__call__(value, *args, **kwargs)


class Rounding(Enum, metaclass=_NameEnum):
    """How an exact value becomes a multiple of the result format's resolution.

    The result depends only on the exact value and the result's resolution, not on the format
    of the value: casting an array and quantising its values give the same codes. With v the
    exact value in units of the resolution:

    ============== =================================================
    TRUNCATE       floor(v): toward minus infinity; the low bits are dropped
    CEIL           ceil(v): toward plus infinity
    TO_ZERO        toward zero
    AWAY           away from zero
    NEAREST_UP     nearest; ties toward plus infinity
    NEAREST_DOWN   nearest; ties toward minus infinity
    NEAREST_ZERO   nearest; ties toward zero
    NEAREST_AWAY   nearest; ties away from zero
    NEAREST_EVEN   nearest; ties to an even code
    NEAREST_ODD    nearest; ties to an odd code
    JAM            floor(v) with its last bit set, exact values included (von Neumann)
    STOCHASTIC     floor(v + r / 2**n), r the next word of an n-bit source
    ============== =================================================

    STOCHASTIC adds the word, with its top bit aligned with the first discarded bit, and
    truncates. If the word is longer than the discarded part, its low bits have no effect; if
    it is shorter, the low discarded bits have no effect. With uniform words the mean of the
    result is v truncated to n bits below the resolution.

    The properties `ap_fixed`, `matlab` and `apytypes` name the equivalent mode of other
    tools, or None.

    Examples
    --------
    >>> from fixedpoint import Rounding
    >>> Rounding.NEAREST_UP.ap_fixed, Rounding.NEAREST_UP.matlab, Rounding.NEAREST_UP.apytypes
    ('AP_RND', 'Nearest', 'TIES_POS')
    """

    TRUNCATE = "truncate"
    CEIL = "ceil"
    TO_ZERO = "to_zero"
    AWAY = "away"
    NEAREST_UP = "nearest_up"
    NEAREST_DOWN = "nearest_down"
    NEAREST_ZERO = "nearest_zero"
    NEAREST_AWAY = "nearest_away"
    NEAREST_EVEN = "nearest_even"
    NEAREST_ODD = "nearest_odd"
    JAM = "jam"
    STOCHASTIC = "stochastic"

    @classmethod
    def _missing_(cls, value: object) -> None:
        check_choice("rounding", value, tuple(mode.value for mode in cls))

    @property
    def ap_fixed(self) -> str | None:
        """The mode's name in Xilinx HLS's ap_fixed."""
        return _ROUNDING_NAMES[self.name][0]

    @property
    def matlab(self) -> str | None:
        """The mode's name as a ``RoundingMethod`` of MATLAB's fimath."""
        return _ROUNDING_NAMES[self.name][1]

    @property
    def apytypes(self) -> str | None:
        """The mode's name as a ``QuantizationMode`` of APyTypes."""
        return _ROUNDING_NAMES[self.name][2]


class Overflow(Enum, metaclass=_NameEnum):
    """How a rounded value that the result's format cannot hold is brought into range.

    =================== ==========================================================
    WRAP                the low bits are kept: modulo 2**width
    SATURATE            the nearest code of the format
    SATURATE_SYMMETRIC  as SATURATE, but the minimum of signed formats is minus their
                        maximum, so the most negative code never occurs
    SATURATE_ZERO       zero
    ERROR               `CodeOverflowError` is raised; it names the index and the value
    =================== ==========================================================

    The properties `ap_fixed`, `matlab` and `apytypes` name the equivalent mode of other
    tools, or None.
    """

    WRAP = "wrap"
    SATURATE = "saturate"
    SATURATE_SYMMETRIC = "saturate_symmetric"
    SATURATE_ZERO = "saturate_zero"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> None:
        check_choice("overflow", value, tuple(mode.value for mode in cls))

    @property
    def ap_fixed(self) -> str | None:
        """The mode's name in Xilinx HLS's ap_fixed."""
        return _OVERFLOW_NAMES[self.name][0]

    @property
    def matlab(self) -> str | None:
        """The mode's name as an ``OverflowAction`` of MATLAB's fimath."""
        return _OVERFLOW_NAMES[self.name][1]

    @property
    def apytypes(self) -> str | None:
        """The mode's name as an ``OverflowMode`` of APyTypes."""
        return _OVERFLOW_NAMES[self.name][2]


_ROUNDING_NAMES: dict[str, tuple[str | None, str | None, str | None]] = {
    # mode: ap_fixed, MATLAB, APyTypes
    "TRUNCATE": ("AP_TRN", "Floor", "TO_NEG"),
    "CEIL": (None, "Ceiling", "TO_POS"),
    "TO_ZERO": ("AP_TRN_ZERO", "Zero", "TO_ZERO"),
    "AWAY": (None, None, "TO_AWAY"),
    "NEAREST_UP": ("AP_RND", "Nearest", "TIES_POS"),
    "NEAREST_DOWN": ("AP_RND_MIN_INF", None, "TIES_NEG"),
    "NEAREST_ZERO": ("AP_RND_ZERO", None, "TIES_ZERO"),
    "NEAREST_AWAY": ("AP_RND_INF", "Round", "TIES_AWAY"),
    "NEAREST_EVEN": ("AP_RND_CONV", "Convergent", "TIES_EVEN"),
    "NEAREST_ODD": (None, None, "TIES_ODD"),
    "JAM": (None, None, "JAM"),
    "STOCHASTIC": (None, None, "STOCH_WEIGHTED"),
}

_OVERFLOW_NAMES: dict[str, tuple[str | None, str | None, str | None]] = {
    "WRAP": ("AP_WRAP", "Wrap", "WRAP"),
    "SATURATE": ("AP_SAT", "Saturate", "SAT"),
    "SATURATE_SYMMETRIC": ("AP_SAT_SYM", None, None),
    "SATURATE_ZERO": ("AP_SAT_ZERO", None, None),
    "ERROR": (None, None, None),
}
