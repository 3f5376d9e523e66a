"""Momentum SGD with memories for all momenta and weights of a small network."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib.memory import Memory

from stochastic import MomentumSgdMemory

from ..component import Component, component
from .momentum_sgd_unit import MomentumSgdStream

__all__ = ["MomentumSgdMemoryComponent"]


@component(MomentumSgdMemory)
class MomentumSgdMemoryComponent(Component):
    """A streaming unit that writes each group back to the row from which it was read."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        momentum_bits, weight_bits = len(self.momentum), len(self.weight)
        m.submodules.stream = unit = MomentumSgdStream(p.unit)
        m.submodules.rows = rows = Memory(
            shape=unsigned(momentum_bits + weight_bits), depth=p.depth, init=[]
        )
        due, shown = rows.read_port(domain="comb"), rows.read_port(domain="comb")
        write = rows.write_port()
        # Reset clears only these bits. A row whose bit is 0 reads as 0.
        written = Signal(p.depth)
        group = Signal(range(p.depth))
        target = Signal(range(p.depth))
        begins = Signal()
        stores = Signal()
        writes = Signal()
        row = Signal(momentum_bits + weight_bits)
        m.d.comb += [
            row.eq(Mux(written.bit_select(group, 1), due.data, 0)),
            due.addr.eq(group),
            shown.addr.eq(self.address),
            unit.enable.eq(self.enable),
            unit.output.ready.eq(1),
            unit.input.valid.eq(self.input_valid & ~self.write_valid),
            unit.input.payload.eq(Cat(self.rate, self.gradient, row)),
            self.input_ready.eq(unit.input.ready & ~self.write_valid),
            self.write_ready.eq(unit.input.ready & ~unit.output.valid),
            begins.eq(self.enable & self.input_valid & self.input_ready),
            stores.eq(self.enable & unit.output.valid),
            writes.eq(self.enable & self.write_valid & self.write_ready),
            write.en.eq(stores | writes),
            write.addr.eq(Mux(stores, target, self.address)),
            write.data.eq(
                Mux(
                    stores,
                    unit.output.payload.as_value(),
                    Cat(self.momentum_in, self.weight_in),
                )
            ),
            self.group.eq(group),
            Cat(self.momentum, self.weight).eq(
                Mux(written.bit_select(self.address, 1), shown.data, 0)
            ),
        ]
        with m.If(write.en):
            m.d.sync += written.eq(written | (1 << write.addr))
        with m.If(begins):
            m.d.sync += [
                target.eq(group),
                group.eq(Mux(group == p.depth - 1, 0, group + 1)),
            ]
        return m
