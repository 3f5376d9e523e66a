"""Maximum of integral streams."""

from amaranth.hdl import Module, Mux, Signal, signed

from stochastic import IntegralMaximum

from ..component import Component, component, elements

__all__ = ["IntegralMaximumComponent", "larger"]


@component(IntegralMaximum)
class IntegralMaximumComponent(Component):
    """A saturating sum for each stream, a tree that selects, and a subtractor."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        integers = elements(self.values, p.inputs[0])
        sums = [Signal(signed(p.counter_bits), name=f"sum{i}") for i in range(p.fan_in)]
        level = list(zip(sums, integers, strict=True))
        while len(level) > 1:
            pairs = [larger(m, *pair) for pair in zip(level[::2], level[1::2], strict=False)]
            level = pairs + level[len(pairs) * 2 :]
        m.d.comb += self.maximum.eq(level[0][1])
        for total, integer in zip(sums, integers, strict=True):
            moved = total + (integer - self.maximum)
            # The value fits if all bits from the sign of the register up are equal.
            upper = moved[p.counter_bits - 1 :]
            with m.If(self.enable):
                with m.If(~moved[-1] & upper.any()):
                    m.d.sync += total.eq(p.limit)
                with m.Elif(moved[-1] & ~upper.all()):
                    m.d.sync += total.eq(-p.limit - 1)
                with m.Else():
                    m.d.sync += total.eq(moved)
        return m


def larger(m, a, b):
    """Return the pair of sum and value with the larger sum, `a` if they are equal."""
    second = Signal()
    m.d.comb += second.eq(b[0] > a[0])
    return Mux(second, b[0], a[0]), Mux(second, b[1], a[1])
