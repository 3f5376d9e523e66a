"""Saturating state machines: an up/down counter, its moves and outputs from tables."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal

from stochastic.circuit import StateMachine

from ..component import Component, component

__all__ = ["StateMachineComponent"]


@component(StateMachine, subclasses=True)
class StateMachineComponent(Component):
    """A state register that saturates, and one look-up for each output and direction."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        state = Signal(range(p.states), init=p.initial)
        up = Signal()
        down = Signal()
        row = Cat(*(getattr(self, name) for name in p.stream_inputs))
        look_up(m, up, p.move_table > 0, row, state)
        look_up(m, down, p.move_table < 0, row, state)
        for name, table in zip(p.stream_outputs, p.output_table, strict=True):
            look_up(m, getattr(self, name), table, row, state)
        with m.If(self.enable):
            with m.If(up & (state != p.states - 1)):
                m.d.sync += state.eq(state + 1)
            with m.If(down & (state != 0)):
                m.d.sync += state.eq(state - 1)
        return m


def look_up(m, target, table, row, state):
    """Drive a bit from a table ``[2^inputs, K]`` at the inputs' row and the state."""
    rows = [tuple(int(bit) for bit in bits) for bits in table]
    if len(set(rows)) == 1:
        m.d.comb += target.eq(selected(rows[0], state))
        return
    with m.Switch(row):
        for number, bits in enumerate(rows):
            with m.Case(number):
                m.d.comb += target.eq(selected(bits, state))


def selected(bits, state):
    """Return the bit of a table at a state; a comparison where the table is one step."""
    steps = [i for i in range(1, len(bits)) if bits[i] != bits[i - 1]]
    if not steps:
        return Const(bits[0])
    if len(steps) == 1:
        return state >= steps[0] if bits[-1] else state < steps[0]
    table = sum(bit << i for i, bit in enumerate(bits))
    return Const(table, len(bits)).bit_select(state, 1)
