"""Fixed-point formats: signedness, width, binary point, and their names in other tools."""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction
from typing import Any

from ..circuit import Parameters, check_flag, check_integer
from ..circuit.checks import shown

__all__ = ["Format", "as_format"]

_NAME = re.compile(r"([su])Q(-?\d+)\.(-?\d+)")
_AP_FIXED = re.compile(r"ap_(u?)fixed<\s*(\d+)\s*,\s*(-?\d+)\s*(?:,.*)?>")
_MATLAB = re.compile(r"(?:numerictype)?\(\s*([01])\s*,\s*(\d+)\s*,\s*(-?\d+)\s*\)")
_FXPMATH = re.compile(r"fxp-([su])(\d+)/(-?\d+)")
_AMARANTH = re.compile(r"(?:fixed\.)?([SU])Q\(\s*(\d+)\s*,\s*(\d+)\s*\)")
# Digits of a number of bits; Python refuses to convert thousands of them.
_MOST_DIGITS = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format(Parameters):
    """Fixed-point format: integer bits, including the sign bit, and fraction bits.

    A format holds integer codes of `width` bits, in two's complement if signed. Code c
    represents the value ``c * 2**-frac_bits``.

    Parameters
    ----------
    signed : bool
    int_bits : int
        Bits left of the binary point, including the sign bit, -512..512.
    frac_bits : int
        Bits right of the binary point, -512..512. Either count may be negative: sQ-2.10
        has 8 bits with values below 1/4 in magnitude; uQ8.-2 has 6 bits and counts in fours.

    Raises
    ------
    ValueError
        If the sum of the two counts is not 1 to 64.

    Examples
    --------
    >>> from fixedpoint import Format
    >>> q = Format.parse("sQ4.12")
    >>> q
    Format(signed=True, int_bits=4, frac_bits=12)
    >>> q.width, q.minimum, q.maximum, q.resolution
    (16, Fraction(-8, 1), Fraction(32767, 4096), Fraction(1, 4096))
    >>> str(Format(signed=False, int_bits=8, frac_bits=-2))
    'uQ8.-2'
    """

    signed: bool = True
    int_bits: int
    frac_bits: int

    def __post_init__(self) -> None:
        check_flag("Format signed", self.signed)
        self._set(
            int_bits=check_integer("Format integer bits", self.int_bits, -512, 512),
            frac_bits=check_integer("Format fraction bits", self.frac_bits, -512, 512),
        )
        check_integer("Format width", self.width, 1, 64)

    def __str__(self) -> str:
        return f"{'s' if self.signed else 'u'}Q{self.int_bits}.{self.frac_bits}"

    @property
    def width(self) -> int:
        """Bits of a code: `int_bits` + `frac_bits`."""
        return self.int_bits + self.frac_bits

    @property
    def minimum_code(self) -> int:
        """The smallest code."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def maximum_code(self) -> int:
        """The largest code."""
        return (1 << (self.width - int(self.signed))) - 1

    @property
    def minimum(self) -> Fraction:
        """The smallest value, exactly."""
        return self.minimum_code * self.resolution

    @property
    def maximum(self) -> Fraction:
        """The largest value, exactly."""
        return self.maximum_code * self.resolution

    @property
    def resolution(self) -> Fraction:
        """The value of code 1, exactly: ``2**-frac_bits``."""
        return Fraction(2) ** -self.frac_bits

    @classmethod
    def parse(cls, text: str) -> Format:
        """Read a name such as ``"sQ4.12"``, ``"uQ8.0"``, ``"sQ-2.10"`` or ``"uQ8.-2"``.

        Raises
        ------
        ValueError
            If `text` is not such a name, or the format does not have 1 to 64 bits.
        """
        kind, int_bits, frac_bits = _read(_NAME, text, "a format is written like sQ4.12")
        return cls(signed=kind == "s", int_bits=int(int_bits), frac_bits=int(frac_bits))

    @classmethod
    def from_ap_fixed(cls, text: str) -> Format:
        """Read ``"ap_fixed<W,I>"`` or ``"ap_ufixed<W,I>"``, ignoring modes after W and I.

        Examples
        --------
        >>> str(Format.from_ap_fixed("ap_fixed<16,4>"))
        'sQ4.12'
        """
        kind, width, int_bits = _read(
            _AP_FIXED, text, "an ap_fixed type is written like ap_fixed<16,4>"
        )
        return cls(
            signed=not kind, int_bits=int(int_bits), frac_bits=int(width) - int(int_bits)
        )

    def to_ap_fixed(self) -> str:
        """Return the type's name in Xilinx HLS: ``"ap_fixed<16,4>"`` for sQ4.12."""
        return f"ap_{'' if self.signed else 'u'}fixed<{self.width},{self.int_bits}>"

    @classmethod
    def from_matlab(cls, text: str) -> Format:
        """Read ``"(s,w,f)"`` or ``"numerictype(s,w,f)"``: signed, word length, fraction length.

        Examples
        --------
        >>> str(Format.from_matlab("numerictype(1,16,12)"))
        'sQ4.12'
        """
        signed, width, frac_bits = _read(
            _MATLAB, text, "a MATLAB type is written like numerictype(1,16,12)"
        )
        return cls(
            signed=signed == "1",
            int_bits=int(width) - int(frac_bits),
            frac_bits=int(frac_bits),
        )

    def to_matlab(self) -> str:
        """Return MATLAB's constructor call: ``"numerictype(1,16,12)"`` for sQ4.12.

        The three numbers are also the last arguments of ``fi(value, s, w, f)``.
        """
        return f"numerictype({int(self.signed)},{self.width},{self.frac_bits})"

    @classmethod
    def from_apytypes(cls, int_bits: int, frac_bits: int) -> Format:
        """Return the format of an APyFixed; it is always signed."""
        return cls(int_bits=int_bits, frac_bits=frac_bits)

    def to_apytypes(self) -> dict[str, int]:
        """Return the keywords of APyFixed: ``{"int_bits": 4, "frac_bits": 12}`` for sQ4.12.

        Raises
        ------
        ValueError
            If the format is unsigned, which APyTypes does not support.
        """
        if not self.signed:
            raise ValueError(f"APyTypes has signed formats only, so no {self}")
        return {"int_bits": self.int_bits, "frac_bits": self.frac_bits}

    @classmethod
    def from_fxpmath(cls, text: str) -> Format:
        """Read fxpmath's dtype, such as ``"fxp-s16/12"``: sign, word length, fraction length.

        Examples
        --------
        >>> str(Format.from_fxpmath("fxp-u8/10"))
        'uQ-2.10'
        """
        kind, width, frac_bits = _read(
            _FXPMATH, text, "an fxpmath dtype is written like fxp-s16/12"
        )
        return cls(
            signed=kind == "s",
            int_bits=int(width) - int(frac_bits),
            frac_bits=int(frac_bits),
        )

    def to_fxpmath(self) -> str:
        """Return fxpmath's dtype: ``"fxp-s16/12"`` for sQ4.12."""
        return f"fxp-{'s' if self.signed else 'u'}{self.width}/{self.frac_bits}"

    @classmethod
    def from_amaranth(cls, text: str) -> Format:
        """Read ``"SQ(i_bits, f_bits)"`` or ``"UQ(i_bits, f_bits)"``; SQ includes the sign.

        Examples
        --------
        >>> str(Format.from_amaranth("fixed.SQ(4, 12)"))
        'sQ4.12'
        """
        kind, int_bits, frac_bits = _read(
            _AMARANTH, text, "an Amaranth fixed-point shape is written like SQ(4, 12)"
        )
        return cls(signed=kind == "S", int_bits=int(int_bits), frac_bits=int(frac_bits))

    def to_amaranth(self) -> str:
        """Return Amaranth's shape constructor: ``"SQ(4, 12)"`` for sQ4.12.

        Raises
        ------
        ValueError
            If a bit count is negative, which Amaranth does not support.
        """
        if self.int_bits < 0 or self.frac_bits < 0:
            raise ValueError(f"Amaranth takes no negative bit counts, so no {self}")
        return f"{'S' if self.signed else 'U'}Q({self.int_bits}, {self.frac_bits})"


def as_format(value: Any) -> Format:
    """Return `value` if it is a `Format`, or the format that a string names.

    Raises
    ------
    TypeError
        If `value` is neither.
    """
    if isinstance(value, Format):
        return value
    if isinstance(value, str):
        return Format.parse(value)
    raise TypeError(
        f"a format must be a Format or a string such as 'sQ4.12', not {shown(value)}"
    )


def _read(pattern: re.Pattern[str], text: str, rule: str) -> tuple[str, str, str]:
    if not isinstance(text, str):
        raise TypeError(f"{rule}, not {shown(text)}")
    match = pattern.fullmatch(text.strip())
    if match is None or any(len(group) > _MOST_DIGITS for group in match.groups()):
        raise ValueError(f"{rule}, not {shown(text)}")
    first, second, third = match.groups()
    return first, second, third
