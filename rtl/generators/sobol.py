"""Sobol sequence in Gray-code order."""

from functools import reduce
from operator import xor

from amaranth.hdl import Module, Signal

from stochastic import Sobol

from ..component import Component, component

__all__ = ["SobolComponent"]


@component(Sobol)
class SobolComponent(Component):
    """A register that is XORed with the direction number of the counter's lowest zero bit.

    The counter is one bit narrower than the word. When all of its bits are 1, the last
    direction number applies, in the middle of the period as well as at its end.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        directions = p.directions
        cycle = p.phase % (1 << p.width)
        gray = cycle ^ cycle >> 1
        first = reduce(xor, (v for i, v in enumerate(directions) if gray >> i & 1), 0)
        state = Signal(p.width, init=first)
        last = p.width - 1
        count = Signal(max(last, 1), init=cycle % (1 << last))
        direction = Signal(p.width)
        with m.Switch(count):
            for i, value in enumerate(directions[:-1]):
                with m.Case("-" * (last - 1 - i) + "0" + "1" * i):
                    m.d.comb += direction.eq(value)
            with m.Default():
                m.d.comb += direction.eq(directions[-1])
        with m.If(self.enable):
            m.d.sync += [state.eq(state ^ direction), count.eq(count + 1)]
        m.d.comb += self.word.eq(state)
        return m
