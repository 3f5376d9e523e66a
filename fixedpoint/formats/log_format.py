"""Formats of signed powers of two: the range of exponents and their codes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..circuit import Parameters, check_array, check_flag, check_integer
from ..circuit.checks import shown
from .format import Format

__all__ = ["LogFormat", "as_log_format"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogFormat(Parameters):
    """Format for zero and the powers of two between two exponents, signed or unsigned.

    A number is a sign and an exponent code: code 0 represents zero, code k represents
    ``2**(minimum_exponent + k - 1)``. In one word the sign is the bit above the exponent code.

    Parameters
    ----------
    signed : bool
    minimum_exponent, maximum_exponent : int
        Exponents of the smallest and largest power, inclusive, -256..256.

    Raises
    ------
    ValueError
        If the number of powers is not 1 to 62.

    Notes
    -----
    Source: D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using
    Logarithmic Data Representation", 2016, section 3; its full-scale range is the maximum
    exponent here.

    Examples
    --------
    >>> from fixedpoint import LogFormat
    >>> q = LogFormat.of_bits(4, maximum_exponent=0)
    >>> q
    LogFormat(signed=True, minimum_exponent=-6, maximum_exponent=0)
    >>> q.width, q.exponents, str(q.fixed_format)
    (4, 7, 'sQ2.6')
    """

    signed: bool = True
    minimum_exponent: int
    maximum_exponent: int

    def __post_init__(self) -> None:
        check_flag("LogFormat signed", self.signed)
        for end in ("minimum", "maximum"):
            name = f"{end}_exponent"
            value = getattr(self, name)
            self._set(**{name: check_integer(f"LogFormat {end} exponent", value, -256, 256)})
        check_integer("LogFormat number of exponents", self.exponents, 1, 62)

    @classmethod
    def of_bits(cls, bits: int, *, maximum_exponent: int, signed: bool = True) -> LogFormat:
        """Return the format that uses all codes of the given width, including the sign bit.

        Parameters
        ----------
        bits : int
            1 + signed to 5 + signed.
        maximum_exponent : int
        signed : bool
        """
        bits = check_integer("LogFormat bits", bits, 1 + signed, 5 + signed)
        least = maximum_exponent - (1 << (bits - signed)) + 2
        return cls(signed=signed, minimum_exponent=least, maximum_exponent=maximum_exponent)

    @classmethod
    def covering(cls, values: ArrayLike, bits: int, *, signed: bool = True) -> LogFormat:
        """Return the format whose largest power is nearest to the largest magnitude.

        Parameters
        ----------
        values : array of floats or integers
            For example the weights of a layer; not all 0.
        bits : int
            1 + signed to 5 + signed.
        signed : bool

        Notes
        -----
        For the largest magnitude s the maximum exponent is ``floor(log2(4 s / 3))``.

        Source: A. Zhou, A. Yao, Y. Guo, L. Xu and Y. Chen, "Incremental Network
        Quantization", ICLR 2017, equation 2.

        Examples
        --------
        >>> LogFormat.covering([0.1, -0.7, 0.3], 4)
        LogFormat(signed=True, minimum_exponent=-7, maximum_exponent=-1)
        """
        array = check_array("LogFormat.covering takes", values)
        if array.dtype.kind not in "fiuO":
            raise TypeError(f"LogFormat.covering takes real numbers, not {array.dtype}")
        greatest = float(np.max(np.abs(array.astype(np.float64)), initial=0.0))
        if not 0 < greatest < math.inf:
            raise ValueError(
                f"LogFormat.covering takes finite numbers, not all 0, "
                f"but the greatest is {greatest}"
            )
        fraction, exponent = math.frexp(greatest)
        exponent -= fraction < 0.75
        return cls.of_bits(bits, maximum_exponent=exponent, signed=signed)

    @property
    def exponents(self) -> int:
        """Number of powers, and so the largest exponent code."""
        return self.maximum_exponent - self.minimum_exponent + 1

    @property
    def exponent_width(self) -> int:
        """Bits of an exponent code."""
        return self.exponents.bit_length()

    @property
    def width(self) -> int:
        """Bits of a code: those of the exponent code, and the sign bit if signed."""
        return self.exponent_width + self.signed

    @property
    def fixed_format(self) -> Format:
        """The smallest fixed-point format that holds every value."""
        return Format(
            signed=self.signed,
            int_bits=self.maximum_exponent + 1 + self.signed,
            frac_bits=-self.minimum_exponent,
        )


def as_log_format(name: str, value: Any) -> LogFormat:
    """Return `value` if it is a `LogFormat`, or raise a TypeError."""
    if not isinstance(value, LogFormat):
        raise TypeError(f"{name} must be a LogFormat, not {shown(value)}")
    return value
