"""Saturating counters that integers move."""

from amaranth.hdl import Module, Signal

from stochastic.integral.integral_state_machine import IntegralStateMachine

from ..component import Component, component

__all__ = ["IntegralStateMachineComponent"]


@component(IntegralStateMachine, subclasses=True)
class IntegralStateMachineComponent(Component):
    """An adder, two comparators that saturate, and one for the output."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        state = Signal(range(p.states), init=p.initial)
        moved = state + self.value
        reached = state >= p.threshold
        m.d.comb += self.y.eq(reached if p.upper else ~reached)
        with m.If(self.enable):
            m.d.sync += state.eq(moved)
            with m.If(moved >= p.states):
                m.d.sync += state.eq(p.states - 1)
            if p.encoding == "bipolar":
                with m.If(moved[-1]):
                    m.d.sync += state.eq(0)
        return m
