"""Converter from IEEE 754 single precision to fixed point."""

from amaranth.hdl import Cat, Module, Mux, Signal

from fixedpoint import Overflow
from fixedpoint.quantizers.float_to_fixed import FloatToFixed

from ..component import Component, component
from ..rounding import add_generator, fit_value, named_signal, round_value

__all__ = ["FloatToFixedComponent"]


@component(FloatToFixed)
class FloatToFixedComponent(Component):
    """A shifter that brings the significand to the target's binary point, and rounding."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        random = p.generator is not None
        word = add_generator(m, "generator", p.generator, self.enable) if random else None
        fraction, exponent, negative = self.value[:23], self.value[23:31], self.value[31]
        normal = named_signal(m, "normal", exponent.any())
        special = named_signal(m, "special", exponent.all())

        # Bits kept below the target's last bit. A number that is shifted further down is
        # below 2^-1, or with STOCHASTIC below the words' last bit. All modes treat such small
        # numbers alike, so the shift can stop there.
        below = 24 + (len(word) if random else 1)
        # If a number is shifted up by the target's width or more, the target's bits are 0.
        places = (below + p.target.width).bit_length()
        # Subnormal numbers have the exponent of the smallest normal numbers, 1.
        least = Cat(exponent[0] | ~normal, exponent[1:])
        offset = below + p.target.frac_bits - 150
        ends = range(min(offset, -1), max(offset + 256, 2 << places))
        place = Signal(ends, name="place")
        m.d.comb += place.eq(least + offset)
        too_high = named_signal(m, "too_high", place[places:-1].any())
        shift = Mux(place[-1], 0, place[:places] | too_high.replicate(places))

        magnitude = named_signal(m, "magnitude", Cat(fraction, normal) << shift)
        number = round_value(m, Mux(negative, -magnitude, magnitude), below, p.rounding, word)
        result, overflowed = fit_value(m, number, p.target, p.overflow)
        m.d.comb += [
            self.result.eq(Mux(special, 0, result)),
            self.nan.eq(special & fraction.any()),
            self.infinite.eq(special & ~fraction.any()),
        ]
        if p.overflow is Overflow.ERROR:
            m.d.comb += self.overflowed.eq(overflowed & ~special)
        return m
