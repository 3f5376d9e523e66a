"""Sigma-delta encoder."""

from amaranth.hdl import Module, Signal

from stochastic import SigmaDeltaEncoder

from ..component import Component, component

__all__ = ["SigmaDeltaEncoderComponent"]


@component(SigmaDeltaEncoder)
class SigmaDeltaEncoderComponent(Component):
    """An adder, and a register of the lower bits of its sum."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        remainder = Signal(p.width, init=p.initial)
        total = Signal(p.width + 1)
        m.d.comb += [total.eq(remainder + self.code), self.stream.eq(total[-1])]
        with m.If(self.enable):
            m.d.sync += remainder.eq(total)
        return m
