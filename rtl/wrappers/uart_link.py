"""A circuit behind a serial port."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fixedpoint.circuit import Circuit

from .layout import size_of
from .stream_core import StreamCore
from .uart import Receiver, Transmitter

__all__ = ["PROTOCOL", "UartLink"]

# The version of the protocol, and its commands.
PROTOCOL = 1
IDENTIFY, RESET, STEP, REPEAT, UNKNOWN = (ord(letter) for letter in "IRSN?")


class UartLink(wiring.Component):
    """A circuit whose inputs come from a serial line and whose outputs go to another.

    The host sends a command and waits for its answer. Numbers have their lowest byte first,
    and words are laid out by `lay_out`.

    ========================  ==============================================================
    ``I``                     ``gold``, version of the protocol (1 byte), bytes of an input
                              word and of an output word (2 each), digest (8)
    ``R``                     the circuit is reset; ``R``
    ``S`` WORD                the circuit is enabled for one cycle with these inputs; its
                              outputs in that cycle
    ``N`` COUNT WORD          the same for COUNT cycles (4 bytes); the outputs of the last one
    any other byte            ``?``
    ========================  ==============================================================

    A command that stops in the middle is forgotten after a time of silence, and a COUNT of 0
    returns the latest outputs again.

    Parameters
    ----------
    parameters : Circuit
    digest : str
        Hexadecimal digest of the circuit's Verilog, at least 16 digits.
    cycles : int
        Clock cycles of a bit.
    patience : int
        Clock cycles of silence after which an unfinished command is forgotten.

    Attributes
    ----------
    rx, tx : Signal(1)
    """

    def __init__(self, parameters: Circuit, digest: str, cycles: int, patience: int) -> None:
        self.parameters = parameters
        self.digest = bytes.fromhex(digest[:16])
        self.cycles = cycles
        self.patience = patience
        self.core = StreamCore(parameters)
        self.input_bytes = size_of(self.core.inputs)
        self.output_bytes = size_of(self.core.outputs)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1)})

    @property
    def identity(self) -> bytes:
        """The answer to ``I``."""
        sizes = (self.input_bytes, self.output_bytes)
        words = b"".join(size.to_bytes(2, "little") for size in sizes)
        return b"gold" + bytes([PROTOCOL]) + words + self.digest

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver = receiver = Receiver(self.cycles)
        m.submodules.transmitter = transmitter = Transmitter(self.cycles)
        m.submodules.core = core = self.core
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]

        word = Signal(8 * self.input_bytes)
        latest = Signal(8 * self.output_bytes)
        count = Signal(32)
        # Bytes of the command that are missing, and of the answer that are left.
        missing = Signal(range(self.input_bytes + 5))
        answer = Signal(8 * max(self.output_bytes, len(self.identity)))
        left = Signal(range(len(answer) // 8 + 1))
        silence = Signal(range(self.patience + 1))

        m.d.comb += core.input.payload.data.eq(word)
        m.d.comb += [core.output.ready.eq(1), transmitter.input.payload.eq(answer[:8])]
        with m.If(core.output.valid):
            m.d.sync += latest.eq(core.output.payload.data)

        def reply(data: Any, size: int) -> list:
            return [answer.eq(data), left.eq(size)]

        with m.FSM():
            with m.State("COMMAND"), m.If(receiver.valid):
                m.d.sync += silence.eq(0)
                m.next = "ANSWER"
                with m.Switch(receiver.data):
                    with m.Case(IDENTIFY):
                        identity = int.from_bytes(self.identity, "little")
                        m.d.sync += reply(Const(identity, len(answer)), len(self.identity))
                    with m.Case(RESET):
                        m.d.comb += core.clear.eq(1)
                        m.d.sync += [*reply(RESET, 1), latest.eq(0)]
                    with m.Case(STEP):
                        m.d.sync += [count.eq(1), missing.eq(self.input_bytes)]
                        m.next = "WORD"
                    with m.Case(REPEAT):
                        m.d.sync += missing.eq(4)
                        m.next = "COUNT"
                    with m.Default():
                        m.d.sync += reply(UNKNOWN, 1)
            for state, register, size, following in (
                ("COUNT", count, self.input_bytes, "WORD"),
                ("WORD", word, 0, "RUN"),
            ):
                with m.State(state):
                    with m.If(receiver.valid):
                        shifted = Cat(register, receiver.data)[8:]
                        m.d.sync += [
                            *(register.eq(shifted), silence.eq(0)),
                            missing.eq(missing - 1),
                        ]
                        with m.If(missing == 1):
                            m.d.sync += missing.eq(size)
                            m.next = following
                    with m.Elif(silence == self.patience):
                        m.next = "COMMAND"
                    with m.Else():
                        m.d.sync += silence.eq(silence + 1)
            with m.State("RUN"):
                m.d.comb += core.input.valid.eq(count != 0)
                with m.If(core.input.valid & core.input.ready):
                    m.d.sync += count.eq(count - 1)
                with m.If((count == 0) & ~core.output.valid):
                    m.d.sync += reply(latest, self.output_bytes)
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += transmitter.input.valid.eq(left != 0)
                with m.If(left == 0):
                    m.next = "COMMAND"
                with m.Elif(transmitter.input.ready):
                    m.d.sync += [answer.eq(answer[8:]), left.eq(left - 1)]
        return m
