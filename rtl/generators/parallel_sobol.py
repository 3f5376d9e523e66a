"""Sobol sequence, several words a cycle."""

from amaranth.hdl import Cat, Module, Signal

from stochastic import ParallelSobol

from ..component import Component, component

__all__ = ["ParallelSobolComponent"]


@component(ParallelSobol)
class ParallelSobolComponent(Component):
    """One register, and an XOR with a constant for every further word.

    The register changes by direction number m - 1 in every cycle, since the lowest bit of
    the cycle's number enters the Gray code there, and by one of the direction numbers from m
    on as in the serial generator.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        directions = p.serial.directions
        shift = p.count.bit_length() - 1
        later = directions[shift:]
        state = Signal(p.width)
        last = len(later) - 1
        count = Signal(max(last, 1))
        direction = Signal(p.width)
        with m.Switch(count):
            for i, value in enumerate(later[:-1]):
                with m.Case("-" * (last - 1 - i) + "0" + "1" * i):
                    m.d.comb += direction.eq(value ^ directions[shift - 1])
            with m.Default():
                m.d.comb += direction.eq(later[-1] ^ directions[shift - 1])
        with m.If(self.enable):
            m.d.sync += [state.eq(state ^ direction), count.eq(count + 1)]
        words = []
        for j in range(p.count):
            constant = 0
            for i in range(shift):
                if (j ^ j >> 1) >> i & 1:
                    constant ^= directions[i]
            words.append(state ^ constant if constant else state)
        m.d.comb += self.words.eq(Cat(*words))
        return m
