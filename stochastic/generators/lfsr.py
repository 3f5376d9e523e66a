"""Linear feedback shift register."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixedpoint.circuit import check_choice, check_flag, check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled

from .generator import Generator
from .gf2 import FEW, advance, logarithm

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lfsr"]

# Xilinx application note XAPP052 (P. Alfke, 1996), table 3.
_TAPS = {
    3: (3, 2),
    4: (4, 3),
    5: (5, 3),
    6: (6, 5),
    7: (7, 6),
    8: (8, 6, 5, 4),
    9: (9, 5),
    10: (10, 7),
    11: (11, 9),
    12: (12, 6, 4, 1),
    13: (13, 4, 3, 1),
    14: (14, 5, 3, 1),
    15: (15, 14),
    16: (16, 15, 13, 4),
    17: (17, 14),
    18: (18, 11),
    19: (19, 6, 2, 1),
    20: (20, 17),
    21: (21, 19),
    22: (22, 21),
    23: (23, 18),
    24: (24, 23, 22, 17),
    25: (25, 22),
    26: (26, 6, 2, 1),
    27: (27, 5, 2, 1),
    28: (28, 25),
    29: (29, 27),
    30: (30, 6, 4, 1),
    31: (31, 28),
    32: (32, 22, 2, 1),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lfsr(Generator):
    """Linear feedback shift register (LFSR) of maximal length; the word is its state.

    Parameters
    ----------
    width : int
        Bits of the register, n, 3..32.
    phase : int
        Offset in the sequence of the word after reset.
    seed : int
        Word 0 of the sequence, 1..2^n - 1.
    form : {"fibonacci", "galois"}
        Structure of the feedback; see the notes.
    zero_state : bool
        Insert the state 0, so that the period is 2^n instead of 2^n - 1.
    taps : tuple of int, optional
        Tap positions 1..n, including n, stored in falling order. The default is the entry
        of Xilinx application note XAPP052 for the width. The polynomial
        ``1 + sum of x^tap`` must be primitive, so that the register visits every state.

    Raises
    ------
    ValueError
        If a value is out of range or the polynomial is not primitive.

    Notes
    -----
    Bit 0 is the least significant bit. Tap k reads bit k - 1.

    *Fibonacci*: the register shifts left, bit i to bit i + 1. The new bit 0 is the XOR of all
    tapped bits before the shift.

    *Galois*: the register shifts right, bit i + 1 to bit i and 0 to bit n - 1. If the bit
    shifted out was 1, all tapped bits are inverted after the shift.

    With `zero_state` the feedback (the new bit 0, or the bit shifted out) is inverted when
    all bits except the one shifted out are 0. The state 0 then follows 2^(n-1) in the
    Fibonacci form, and 1 in the Galois form. The order of all other states is unchanged.

    Examples
    --------
    >>> from stochastic import Lfsr
    >>> Lfsr(width=3).words(8).tolist()
    [1, 2, 5, 3, 7, 6, 4, 1]
    >>> Lfsr(width=3, form="galois", zero_state=True).words(8).tolist()
    [1, 0, 6, 3, 7, 5, 4, 2]
    >>> Lfsr(width=8).taps
    (8, 6, 5, 4)
    """

    seed: int = 1
    form: str = "fibonacci"
    zero_state: bool = False
    taps: tuple[int, ...] | None = None

    WIDTHS: ClassVar[tuple[int, int]] = (3, 32)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(seed=check_integer("LFSR seed", self.seed, 1, (1 << self.width) - 1))
        check_choice("LFSR form", self.form, ("fibonacci", "galois"))
        check_flag("LFSR zero_state", self.zero_state)
        self._set(taps=_check_taps(self.taps, self.width))

    @functools.cached_property
    def mask(self) -> int:
        """Mask of the tapped bits: the sum of 2^(tap-1)."""
        return sum(1 << (tap - 1) for tap in self.taps or ())

    @property
    def period(self) -> int:
        return (1 << self.width) - (not self.zero_state)

    def _next(self, state: int) -> int:
        """Return the state after `state`, without the zero state; reference of the kernel."""
        if self.form == "fibonacci":
            feedback = (state & self.mask).bit_count() & 1
            return (state << 1 | feedback) & ((1 << self.width) - 1)
        return (state >> 1) ^ (self.mask if state & 1 else 0)

    @functools.cached_property
    def _columns(self) -> NDArray[np.uint32]:
        return np.array([self._next(1 << i) for i in range(self.width)], np.uint32)

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        if n > self.period:
            return np.resize(self._words(self.period, start), n)
        words = np.empty(n, np.uint32)
        if not self.zero_state:
            self._fill(words, start)
            return words
        # Without its zeros the sequence is that of the register without zero_state.
        zero = _zero_cycle(self.replace(phase=0))
        before = (zero - start) % self.period
        self._fill(words[: n - (before < n)], start - (start > zero))
        if before < n:
            words[before + 1 :] = words[before:-1].copy()
            words[before] = 0
        return words

    def _fill(self, words: NDArray[np.uint32], start: int) -> None:
        # Comparisons of generators at start-up take a few words: plain Python is faster than
        # the loading of a compiled kernel.
        first = words if len(words) <= FEW else words[: self.width]
        state = advance(self._columns, self.seed, start)
        for t in range(len(first)):
            first[t] = state
            state = self._next(state)
        if len(words) > len(first):
            _extend(words, len(first), np.array(self.taps, np.int64))


@compiled
def _extend(words, filled, taps):
    # Every bit of the state obeys s[t] = XOR of s[t - tap], in both forms. Squaring the
    # polynomial over GF(2) doubles every lag and adds no term. The recurrence therefore also
    # holds with all lags times 2^k, which gives longer blocks of independent words.
    width, nearest = taps[0], taps[-1]
    scale = 1
    while filled < len(words):
        while scale < 256 and 2 * scale * width <= filled:
            scale *= 2
        count = min(scale * nearest, len(words) - filled)
        block = words[filled : filled + count]
        far = filled - scale * width
        block[:] = words[far : far + count]
        for tap in taps[1:]:
            source = words[filled - scale * tap : filled - scale * tap + count]
            for i in range(count):
                block[i] ^= source[i]
        filled += count


@functools.lru_cache
def _zero_cycle(lfsr: Lfsr) -> int:
    """Return the cycle of the sequence whose word is 0."""
    last = 1 << (lfsr.width - 1) if lfsr.form == "fibonacci" else 1
    return 1 + logarithm(lfsr._columns, lfsr.seed, last, (1 << lfsr.width) - 1)


def _check_taps(taps: Any, width: int) -> tuple[int, ...]:
    if taps is None:
        return _TAPS[width]
    if not isinstance(taps, tuple):
        raise TypeError(f"LFSR taps must be a tuple, not {shown(taps)}")
    ordered = tuple(
        sorted((check_integer("LFSR tap", t, 1, width) for t in taps), reverse=True)
    )
    if len(set(ordered)) < len(ordered):
        raise ValueError(f"LFSR taps must differ from each other, not {taps}")
    if width not in ordered:
        raise ValueError(f"LFSR taps must include the width {width}, not {taps}")
    if ordered != _TAPS[width] and not _primitive(ordered):
        raise ValueError(f"LFSR taps must make a primitive polynomial, not {taps}")
    return ordered


@functools.lru_cache
def _primitive(taps: tuple[int, ...]) -> bool:
    """Return whether x has the order 2^n - 1 modulo ``1 + sum of x^tap``."""
    width = taps[0]
    order = (1 << width) - 1
    polynomial = 1 | sum(1 << tap for tap in taps)
    return _power_of_x(order, polynomial, width) == 1 and all(
        _power_of_x(order // factor, polynomial, width) != 1 for factor in _prime_factors(order)
    )


def _power_of_x(exponent: int, polynomial: int, degree: int) -> int:
    power = 1
    for bit in f"{exponent:b}":
        square = int(f"{power:b}", 4)  # squaring over GF(2) spreads the bits apart
        power = square << int(bit)
        for i in range(power.bit_length() - 1, degree - 1, -1):
            if power >> i & 1:
                power ^= polynomial << (i - degree)
    return power


def _prime_factors(number: int) -> list[int]:
    factors, divisor = [], 3
    while divisor * divisor <= number:
        if number % divisor == 0:
            factors.append(divisor)
            while number % divisor == 0:
                number //= divisor
        divisor += 2
    return factors + [number] * (number > 1)
