"""Parameters and stimuli of the circuits that round an exact value."""

from __future__ import annotations

from itertools import cycle

from fixedpoint import (
    FixedAdder,
    FixedMultiplier,
    FloatToFixed,
    Overflow,
    Requantizer,
    Rounding,
)
from stochastic import Lfsr

from ..entry import Entry
from .float_reference import random_codes


def random_operands(p, cycles, lanes, rng):
    """Return random codes of both operands, and their values."""
    inputs = {n: random_codes(rng, getattr(p, n), (cycles, lanes), bits=12) for n in ("a", "b")}
    return inputs, *(inputs[n] * 2.0 ** -getattr(p, n).frac_bits for n in ("a", "b"))


FORMATS = {
    Requantizer: ("source", "target"),
    FixedAdder: ("a", "b", "target"),
    FixedMultiplier: ("a", "b", "target"),
    FloatToFixed: ("target",),
}


def quantizer_of(kind, formats, rounding, overflow, generator=None):
    """Return a circuit from the names of its formats and modes."""
    return kind(
        **dict(zip(FORMATS[kind], formats.split(), strict=True)),
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        generator=generator,
    )


def quantizer_entry(name, kind, oracle, default, edges, planted, **further):
    """Return a catalogue entry, with circuits given as arguments of `quantizer_of`."""
    return Entry(
        name=name,
        default=quantizer_of(kind, *default),
        edges=tuple(quantizer_of(kind, *edge) for edge in edges),
        planted=quantizer_of(kind, *planted),
        oracle=oracle,
        **further,
    )


def every_rounding(*formats):
    """Yield every rounding, with overflow modes and formats in rotation."""
    turns = zip(Rounding, cycle(Overflow), *map(cycle, formats), strict=False)
    for rounding, overflow, *names in turns:
        generator = Lfsr(width=5) if rounding is Rounding.STOCHASTIC else None
        yield " ".join(names), rounding, overflow, generator
