"""A circuit between two streams of words: sample in, sample out."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from fixedpoint.circuit import Circuit

from ..component import create
from ..verilog import WIDEST
from .layout import field_bits, lay_out, size_of

__all__ = ["StreamCore", "check_stream"]


class StreamCore(wiring.Component):
    """A circuit that is enabled for one cycle by each word, and answers each with one word.

    Word k of the output is what the golden model's `run` returns for word k of the input, both
    laid out by `lay_out`. The circuit stands still while no word can move, so that no cycle is
    lost or doubled. Outputs are registered with room for two words: a word passes in each
    clock cycle, and no signal goes through from one side to the other within a cycle.

    Parameters
    ----------
    parameters : Circuit
    align : bool
        Whether the results of the first ``latency`` words after a reset are left out. Word k
        of the output then is the result of word k of the input, with its ``last``. The results
        of the latest ``latency`` words wait inside until further words follow.
    restart : bool
        Whether the circuit is reset behind each word with ``last``, so that each packet is a
        run of its own.

    Attributes
    ----------
    input, output : stream of ``data`` and ``last``
    clear : Signal(1), input
        Resets the circuit; a word that moves in the same cycle still gets its answer.
    """

    def __init__(
        self, parameters: Circuit, *, align: bool = False, restart: bool = False
    ) -> None:
        check_stream(parameters, align, restart)
        self.parameters = parameters
        self.align = align
        self.restart = restart
        self.inputs = lay_out(parameters.inputs)
        self.outputs = lay_out(parameters.outputs)
        super().__init__(
            {
                "input": In(stream.Signature(_word(8 * size_of(self.inputs)))),
                "output": Out(stream.Signature(_word(8 * size_of(self.outputs)))),
                "clear": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        circuit = create(self.parameters)
        step = Signal()
        word = self.input.payload
        clear = Signal()
        m.d.comb += clear.eq(self.clear | (step & word.last) if self.restart else self.clear)
        m.submodules.circuit = ResetInserter(clear)(circuit)
        for field in self.inputs:
            low = 8 * field.offset
            port = getattr(circuit, field.port.name)
            m.d.comb += port.eq(word.data[low : low + field.bits])
        if self.parameters.sequential:
            m.d.comb += circuit.enable.eq(step)

        last, counts = self._aligned(m, step, word.last, clear)
        answer = Signal.like(self.output.payload)
        parts = [field_bits(field, getattr(circuit, field.port.name)) for field in self.outputs]
        m.d.comb += [answer.data.eq(Cat(*parts)), answer.last.eq(last)]

        # The second word is used only when the receiver stops, until it goes on.
        second = Signal.like(self.output.payload)
        waits = Signal()
        free = ~self.output.valid | self.output.ready
        m.d.comb += [
            self.input.ready.eq(~waits),
            step.eq(self.input.valid & self.input.ready),
        ]
        with m.If(free):
            m.d.sync += [
                self.output.valid.eq(waits | (step & counts)),
                self.output.payload.eq(Mux(waits, second, answer)),
                waits.eq(0),
            ]
        with m.Elif(step & counts):
            m.d.sync += [second.eq(answer), waits.eq(1)]
        return m

    def _aligned(self, m, step, last, clear):
        """Return ``last`` of the word whose result is shown, and whether it has one."""
        latency = self.parameters.latency
        if not self.align or not latency:
            return last, 1
        passed = Signal(range(latency + 1))
        lasts = Signal(latency)
        with m.If(clear):
            m.d.sync += [passed.eq(0), lasts.eq(0)]
        with m.Elif(step):
            m.d.sync += lasts.eq(Cat(last, lasts))
            with m.If(passed != latency):
                m.d.sync += passed.eq(passed + 1)
        return lasts[-1], passed == latency


def check_stream(parameters: Circuit, align: bool = False, restart: bool = False) -> None:
    """Refuse what no `StreamCore` can be.

    Raises
    ------
    ValueError
        If the options exclude each other, or a word is too wide.
    """
    if align and restart and parameters.latency:
        raise ValueError(
            "align and restart exclude each other for a circuit with latency, since the "
            "reset would lose the last results"
        )
    for ports in (parameters.inputs, parameters.outputs):
        bits = 8 * size_of(lay_out(ports))
        if bits > WIDEST:
            raise ValueError(
                f"a word may have {WIDEST} bits, and {type(parameters).__name__} needs {bits}"
            )


def _word(bits: int) -> data.StructLayout:
    return data.StructLayout({"data": bits, "last": 1})
