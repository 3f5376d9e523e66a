"""In-stream correlation-based divider (ISCBDIV)."""

from amaranth.hdl import Module, Signal

from stochastic import InStreamDivider

from ..component import Component, component
from .conditional_quotient import conditional_quotient

__all__ = ["InStreamDividerComponent"]


@component(InStreamDivider)
class InStreamDividerComponent(Component):
    """A counter of the dividend's ones that are held back, before CORDIV."""

    def elaborate(self, platform):
        m = Module()
        depth = self.parameters.depth
        held = Signal(range(depth + 1))
        synchronized = Signal()
        released = Signal()
        stored = Signal()
        m.d.comb += [
            stored.eq(self.dividend & ~self.divisor & (held != depth)),
            released.eq(self.divisor & ~self.dividend & (held != 0)),
            synchronized.eq(self.dividend | released),
        ]
        with m.If(self.enable):
            with m.If(stored):
                m.d.sync += held.eq(held + 1)
            with m.If(released):
                m.d.sync += held.eq(held - 1)
        conditional_quotient(
            m, self.parameters, self.enable, synchronized, self.divisor, self.quotient
        )
        return m
