"""A serial port: bytes of 8 bits without parity, with one stop bit."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["Receiver", "Transmitter", "bit_cycles"]

# A receiver samples the last bit 9.5 bits after the start: both sides together may be wrong by
# half a bit in that time, and each of them gets half of it, with room for slow edges.
MOST_DEVIATION = 0.02


def bit_cycles(frequency: float, baud: int) -> int:
    """Return the clock cycles of a bit.

    Raises
    ------
    ValueError
        If no whole number of cycles is within 2 % of the rate, or a bit has less than 4.
    """
    cycles = round(frequency / baud)
    if cycles < 4 or abs(frequency / cycles / baud - 1) > MOST_DEVIATION:
        raise ValueError(
            f"a clock of {frequency / 1e6:g} MHz cannot make {baud} baud: a bit takes "
            f"{frequency / baud:.2f} cycles, which must be at least 4 and within 2 % of a "
            "whole number"
        )
    return cycles


class Receiver(wiring.Component):
    """Bytes from a serial line.

    Parameters
    ----------
    cycles : int
        Clock cycles of a bit.

    Attributes
    ----------
    rx : Signal(1), input
        The line, 1 when idle.
    valid, data : Signal(1), Signal(8), output
        A byte, for one cycle. A byte without a stop bit is left out.
    """

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"rx": In(1, init=1), "valid": Out(1), "data": Out(8)})

    def elaborate(self, platform):
        m = Module()
        line = Signal(init=1)
        idle = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)
        wait = Signal(range(self.cycles))
        left = Signal(range(11))
        m.d.sync += self.valid.eq(0)
        with m.If(left == 0):
            m.d.sync += idle.eq(line)
            # A start bit, which is sampled again in its middle. It follows a stop bit.
            with m.If(idle & ~line):
                m.d.sync += [left.eq(10), wait.eq(self.cycles // 2 - 1)]
        with m.Elif(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.Else():
            m.d.sync += [wait.eq(self.cycles - 1), left.eq(left - 1)]
            with m.If((left == 10) & line):
                m.d.sync += left.eq(0)
            with m.Elif(left == 1):
                m.d.sync += [self.valid.eq(line), idle.eq(line)]
            with m.Elif(left != 10):
                m.d.sync += self.data.eq(Cat(self.data[1:], line))
        return m


class Transmitter(wiring.Component):
    """Bytes to a serial line.

    Parameters
    ----------
    cycles : int
        Clock cycles of a bit.

    Attributes
    ----------
    tx : Signal(1), output
        The line, 1 when idle.
    input : stream of 8 bits
    """

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"tx": Out(1, init=1), "input": In(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()
        wait = Signal(range(self.cycles))
        left = Signal(range(11))
        bits = Signal(9, init=0x1FF)
        m.d.comb += self.input.ready.eq(left == 0)
        with m.If(self.input.ready):  # noqa: SIM117
            with m.If(self.input.valid):
                m.d.sync += [
                    *(self.tx.eq(0), bits.eq(Cat(self.input.payload, Const(1, 1)))),
                    *(left.eq(10), wait.eq(self.cycles - 1)),
                ]
        with m.Elif(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.Else():
            m.d.sync += [
                *(self.tx.eq(bits[0]), bits.eq(Cat(bits[1:], Const(1, 1)))),
                *(left.eq(left - 1), wait.eq(self.cycles - 1)),
            ]
        return m
