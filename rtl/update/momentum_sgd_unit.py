"""Streaming momentum SGD: the lanes between a valid/ready input and output."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import In, Out

from stochastic import MomentumSgdUnit

from ..component import Component, component, create

__all__ = ["MomentumSgdStream", "MomentumSgdUnitComponent"]


class MomentumSgdStream(wiring.Component):
    """The unit with Amaranth streams, for `amaranth.lib.wiring.connect`.

    Attributes
    ----------
    input, output : stream
        The fields of the payloads have the names of the ports. A field holds all elements of
        a group, element 0 in the least significant bits.
    enable : Signal
    """

    def __init__(self, parameters: MomentumSgdUnit) -> None:
        self.parameters = parameters
        width = {port.name: port.width * port.count for port in parameters.ports}

        def payload(*names):
            return stream.Signature(StructLayout({n: unsigned(width[n]) for n in names}))

        super().__init__(
            {
                "enable": In(1),
                "input": In(payload("rate", "gradient", "momentum_in", "weight_in")),
                "output": Out(payload("momentum", "weight")),
            }
        )

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.circuit = circuit = create(p.circuit)
        fields = self.input.payload
        full = Signal()
        begins = Signal()
        idle = Signal()
        last = Signal()
        rate, gradient = fields.rate, fields.gradient
        if p.cycles_per_step > 1:
            cycle = Signal(range(p.cycles_per_step))
            held_rate, held_gradient = Signal.like(rate), Signal.like(gradient)
            m.d.comb += [idle.eq(cycle == 0), last.eq(cycle == p.cycles_per_step - 1)]
            with m.If(self.enable & (begins | ~idle)):
                m.d.sync += cycle.eq(Mux(last, 0, cycle + 1))
            with m.If(self.enable & begins):
                m.d.sync += [held_rate.eq(rate), held_gradient.eq(gradient)]
            rate, gradient = Mux(begins, rate, held_rate), Mux(begins, gradient, held_gradient)
        else:
            m.d.comb += [idle.eq(1), last.eq(1)]
        with m.If(self.enable):
            with m.If(begins | ~idle):
                m.d.sync += full.eq(last)
            with m.Elif(self.output.ready):
                m.d.sync += full.eq(0)
        m.d.comb += [
            self.input.ready.eq(idle & (~full | self.output.ready)),
            begins.eq(self.input.valid & self.input.ready),
            circuit.enable.eq(self.enable & (begins | ~idle)),
            circuit.load.eq(begins),
            circuit.rate.eq(rate),
            circuit.gradient.eq(gradient),
            circuit.momentum_in.eq(fields.momentum_in),
            circuit.weight_in.eq(fields.weight_in),
            self.output.valid.eq(full),
            self.output.payload.eq(Cat(circuit.momentum, circuit.weight)),
        ]
        return m


@component(MomentumSgdUnit)
class MomentumSgdUnitComponent(Component):
    """`MomentumSgdStream` with the port names of the model."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.stream = unit = MomentumSgdStream(self.parameters)
        m.d.comb += [
            unit.enable.eq(self.enable),
            unit.input.valid.eq(self.input_valid),
            unit.input.payload.eq(
                Cat(self.rate, self.gradient, self.momentum_in, self.weight_in)
            ),
            unit.output.ready.eq(self.output_ready),
            self.input_ready.eq(unit.input.ready),
            self.output_valid.eq(unit.output.valid),
            self.momentum.eq(unit.output.payload.momentum),
            self.weight.eq(unit.output.payload.weight),
        ]
        return m
