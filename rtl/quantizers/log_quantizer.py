"""Logarithmic quantizer."""

import math

from amaranth.hdl import Cat, Const, Module, Mux, Signal

from fixedpoint.quantizers.log_quantizer import LogQuantizer

from ..component import Component, component
from ..rounding import named_signal, sign_extend

__all__ = ["LogQuantizerComponent"]


@component(LogQuantizer)
class LogQuantizerComponent(Component):
    """A leading-one detector, a shifter, one comparison, and a table of exponent codes."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        # At least two bits, so that there is a bit below the leading one.
        number = sign_extend(self.source, 2)
        negative, magnitude = Const(0, 1), number[: len(number)]
        if p.source.signed:
            negative = named_signal(m, "negative", number[-1])
            magnitude = named_signal(
                m, "magnitude", Mux(negative, -number, number)[: len(number)]
            )

        # Shift the leading one to the top in steps of powers of two, and record the steps.
        width = len(magnitude)
        above, top = [], magnitude
        for step in reversed(range((width - 1).bit_length())):
            places = 1 << step
            empty = named_signal(m, f"empty_{places}", ~top[-places:].any())
            moved = Cat(Const(0, places), top[: width - places])
            top = named_signal(m, f"moved_{places}", Mux(empty, moved, top))
            above.insert(0, empty)

        # Round up from the threshold on, sqrt(2) or 1.5 times the leading one.
        root = math.isqrt((1 << 2 * width - 1) - 1) + 1
        up = named_signal(m, "up", top >= root if p.rounding == "log" else top[-2])
        code = Signal(p.target.exponent_width, name="code")
        with m.If(top[-1]), m.Switch(Cat(*above)):
            for places in range(width):
                low, high = self.codes(width - 1 - places)
                with m.Case(places):
                    m.d.comb += code.eq(low if low == high else Mux(up, high, low))
        if not p.target.signed:
            m.d.comb += self.exponent.eq(Mux(negative, 0, code) if p.source.signed else code)
            return m
        m.d.comb += self.exponent.eq(code)
        m.d.comb += self.sign.eq(negative & code.any())
        return m

    def codes(self, leading):
        """Return the codes of numbers with this leading one, rounded down and up."""
        target = self.parameters.target
        down = leading - self.parameters.source.frac_bits - target.minimum_exponent + 1
        if self.parameters.rounding == "linear" and down == 0:
            # Numbers from half the smallest power on are nearer to it than to zero.
            return 1, 1
        return tuple(min(max(code, 0), target.exponents) for code in (down, down + 1))
