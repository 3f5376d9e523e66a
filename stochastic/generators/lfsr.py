"""Linear feedback shift register: the generator of most stochastic hardware."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from fixedpoint.circuit import check_choice, check_flag, check_integer
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
    """Linear feedback shift register of maximal length, its whole state the word.

    Parameters
    ----------
    width : int
        Bits of the register, n, 3..32.
    phase : int
        The cycle of the sequence that reset brings.
    seed : int
        Word 0 of the sequence, 1..2^n - 1.
    form : {"fibonacci", "galois"}
        Where the feedback enters; see the notes.
    zero_state : bool
        Whether the state 0 is visited too, so that the period is 2^n, not 2^n - 1.
    taps : tuple of int, optional
        Tap positions 1..n, n among them, stored in falling order. By default those that
        Xilinx application note XAPP052 lists for the width. Their polynomial
        ``1 + sum of x^tap`` must be primitive, or the register would not visit every state.

    Raises
    ------
    ValueError
        If a value is out of range or the polynomial is not primitive.

    Notes
    -----
    Bit 0 is the least significant one, tap k looks at bit k - 1.

    *Fibonacci*: the register shifts to the left, bit i to bit i + 1; the new bit 0 is the
    XOR of all tapped bits before the shift.

    *Galois*: the register shifts to the right, bit i + 1 to bit i and 0 to bit n - 1; if
    the bit 0 that falls out was 1, then all tapped bits are inverted after the shift.

    With `zero_state` the feedback (the new bit 0, or the bit that falls out) is inverted
    when all bits but the one that falls out are 0. So 0 comes between 2^(n-1) and 1 in the
    Fibonacci form, and between 1 and the sum of 2^(tap-1) in the Galois form, and all else
    is as before.

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

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; default taps go with the width."""
        if "width" in changes and self.taps == _TAPS[self.width]:
            changes.setdefault("taps", None)
        return super().replace(**changes)

    @functools.cached_property
    def mask(self) -> int:
        """The tapped bits of the register: the sum of 2^(tap-1)."""
        return sum(1 << (tap - 1) for tap in self.taps or ())

    @property
    def period(self) -> int:
        return (1 << self.width) - (not self.zero_state)

    def _next(self, state: int) -> int:
        """Return the state after `state`, the zero state aside: the reference."""
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
        # Without its zeros the sequence is that of the plain register.
        zero = _zero_cycle(self.replace(phase=0))
        before = (zero - start) % self.period
        self._fill(words[: n - (before < n)], start - (start > zero))
        if before < n:
            words[before + 1 :] = words[before:-1].copy()
            words[before] = 0
        return words

    def _fill(self, words: NDArray[np.uint32], start: int) -> None:
        # As many as are asked for at every start-up, to compare generators, need no compiled
        # kernel, whose loading alone takes longer than all the rest.
        first = words if len(words) <= FEW else words[: self.width]
        state = advance(self._columns, self.seed, start)
        for t in range(len(first)):
            first[t] = state
            state = self._next(state)
        if len(words) > len(first):
            _extend(words, len(first), np.array(self.taps, np.int64))


@compiled
def _extend(words, filled, taps):
    # Every bit of the state obeys s[t] = XOR of s[t - tap], in both forms. Squaring that
    # polynomial over GF(2) doubles every lag and adds no term, so the recurrence holds with
    # all lags times 2^k too, and then that many words can be made side by side.
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
        raise TypeError(f"LFSR taps must be a tuple, not {taps!r}")
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
    """Tell whether x has the order 2^n - 1 modulo ``1 + sum of x^tap``."""
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
