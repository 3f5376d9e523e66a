"""A circuit behind AXI4-Lite registers."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, ClockDomain, Const, Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fixedpoint.circuit import Circuit

from ..component import create
from .layout import field_bits
from .register_map import IDENTITY, MAP_VERSION, RegisterMap

__all__ = ["AxiLite"]

# Responses: done, and an address that has no register of this access.
OKAY, SLVERR = 0, 2


class AxiLite(wiring.Component):
    """A circuit with its inputs, outputs and control in the registers of a `RegisterMap`.

    Parameters
    ----------
    parameters : Circuit
    digest : str
        Hexadecimal digest of the circuit's Verilog, at least 16 digits.

    Notes
    -----
    Ports: the clock ``aclk``, the synchronous reset ``aresetn``, active at 0, and the five
    channels of ``s_axi``, with awprot and arprot, which do not count.

    The circuit stands still until CONTROL or STEPS enables it. Outputs are those of the latest
    enabled cycle, as the golden model's `run` returns them, or 0 before the first one. An
    access to an address without a register, and a write to one that can be read only, get
    SLVERR and have no effect. Bytes of a write without a strobe keep their values in inputs,
    and count as 0 in CONTROL and STEPS.

    A transfer of each direction takes three clock cycles. No signal goes through from an input
    to an output within a cycle.
    """

    suffix = "axi_lite"
    summary = "a circuit behind AXI4-Lite registers"

    def __init__(self, parameters: Circuit, digest: str) -> None:
        self.parameters = parameters
        self.map = RegisterMap.of(parameters)
        self.digest = bytes.fromhex(digest[:16])
        address, word = self.map.address_bits, 32
        channels: dict[str, list[tuple[str, Any]]] = {
            "aw": [("awaddr", In(address)), ("awprot", In(3))],
            "w": [("wdata", In(word)), ("wstrb", In(word // 8))],
            "b": [("bresp", Out(2))],
            "ar": [("araddr", In(address)), ("arprot", In(3))],
            "r": [("rdata", Out(word)), ("rresp", Out(2))],
        }
        members = {"aclk": In(1), "aresetn": In(1)}
        for channel, signals in channels.items():
            ahead, back = (Out, In) if channel in "br" else (In, Out)
            signals = [*signals, (f"{channel}valid", ahead(1)), (f"{channel}ready", back(1))]
            members |= {f"s_axi_{name}": member for name, member in signals}
        self.interface = tuple(members)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = domain = ClockDomain()
        m.d.comb += [domain.clk.eq(self.aclk), domain.rst.eq(~self.aresetn)]
        circuit = create(self.parameters)
        clear = Signal()
        m.submodules.circuit = ResetInserter(clear)(circuit)

        run = Signal()
        steps = Signal(32)
        cycles = Signal(32)
        busy = Signal()
        m.d.comb += busy.eq(run | (steps != 0))
        if self.parameters.sequential:
            m.d.comb += circuit.enable.eq(busy)
        with m.If(busy):
            m.d.sync += [cycles.eq(cycles + 1)]
            with m.If(steps != 0):
                m.d.sync += steps.eq(steps - 1)
        inputs = [self._input(circuit, field, m) for field in self.map.inputs]
        outputs = [self._output(circuit, field, m, busy, clear) for field in self.map.outputs]

        self._write(m, run, steps, clear, inputs)
        with m.If(clear):
            m.d.sync += [run.eq(0), steps.eq(0), cycles.eq(0)]
        digest = [Const(int.from_bytes(self.digest[i : i + 4], "little"), 32) for i in (0, 4)]
        words = dict(
            zip(
                (register.offset for register in self.map.registers),
                (
                    *(Const(IDENTITY, 32), Const(MAP_VERSION, 32), *digest),
                    *(run, steps, busy, cycles),
                ),
                strict=True,
            )
        )
        fields = (*self.map.inputs, *self.map.outputs)
        for field, value in zip(fields, (*inputs, *outputs), strict=True):
            for i in range(field.size // 4):
                words[field.offset + 4 * i] = value[32 * i : 32 * (i + 1)]
        self._read(m, words)
        return m

    def _input(self, circuit, field, m):
        """Return the register of an input, with the unused bits of its last word."""
        register = Signal(8 * field.size, name=f"{field.port.name}_register")
        m.d.comb += getattr(circuit, field.port.name).eq(register[: field.bits])
        return register

    def _output(self, circuit, field, m, busy, clear):
        """Return what an output was in the latest enabled cycle, as whole words."""
        port = getattr(circuit, field.port.name)
        register = Signal(field.bits, name=f"{field.port.name}_register")
        with m.If(clear):
            m.d.sync += register.eq(0)
        with m.Elif(busy):
            m.d.sync += register.eq(port)
        return field_bits(field, register)

    def _write(self, m, run, steps, clear, inputs):
        address = Signal.like(self.s_axi_awaddr, name="write_address")
        addressed = Signal(name="write_addressed")
        data = Signal(32, name="write_data")
        strobes = Signal(4, name="write_strobes")
        given = Signal(name="write_given")
        m.d.comb += [self.s_axi_awready.eq(~addressed), self.s_axi_wready.eq(~given)]
        with m.If(self.s_axi_awvalid & self.s_axi_awready):
            m.d.sync += [address.eq(self.s_axi_awaddr), addressed.eq(1)]
        with m.If(self.s_axi_wvalid & self.s_axi_wready):
            m.d.sync += [data.eq(self.s_axi_wdata), strobes.eq(self.s_axi_wstrb), given.eq(1)]
        with m.If(self.s_axi_bready):
            m.d.sync += self.s_axi_bvalid.eq(0)
        free = ~self.s_axi_bvalid | self.s_axi_bready
        mask = Signal(32, name="write_mask")
        whole = Signal(32, name="write_masked")
        m.d.comb += [
            mask.eq(Cat(strobe.replicate(8) for strobe in strobes)),
            whole.eq(data & mask),
        ]
        with m.If(addressed & given & free):
            m.d.sync += [
                addressed.eq(0),
                given.eq(0),
                self.s_axi_bvalid.eq(1),
                self.s_axi_bresp.eq(OKAY),
            ]
            with m.Switch(address[2:]):
                with m.Case(self._number("CONTROL")):
                    m.d.sync += run.eq(whole[0])
                    m.d.comb += clear.eq(whole[1])
                with m.Case(self._number("STEPS")):
                    m.d.sync += steps.eq(whole)
                for field, register in zip(self.map.inputs, inputs, strict=True):
                    for i in range(field.size // 4):
                        part = register[32 * i : 32 * (i + 1)]
                        with m.Case(field.offset // 4 + i):
                            m.d.sync += part.eq((part & ~mask) | whole)
                with m.Default():
                    m.d.sync += self.s_axi_bresp.eq(SLVERR)

    def _read(self, m, words):
        address = Signal.like(self.s_axi_araddr, name="read_address")
        addressed = Signal(name="read_addressed")
        m.d.comb += self.s_axi_arready.eq(~addressed)
        with m.If(self.s_axi_arvalid & self.s_axi_arready):
            m.d.sync += [address.eq(self.s_axi_araddr), addressed.eq(1)]
        with m.If(self.s_axi_rready):
            m.d.sync += self.s_axi_rvalid.eq(0)
        with m.If(addressed & (~self.s_axi_rvalid | self.s_axi_rready)):
            m.d.sync += [
                addressed.eq(0),
                self.s_axi_rvalid.eq(1),
                self.s_axi_rdata.eq(0),
                self.s_axi_rresp.eq(OKAY),
            ]
            with m.Switch(address[2:]):
                for offset, value in words.items():
                    with m.Case(offset // 4):
                        m.d.sync += self.s_axi_rdata.eq(value)
                with m.Default():
                    m.d.sync += self.s_axi_rresp.eq(SLVERR)

    def _number(self, name: str) -> int:
        return next(r.offset // 4 for r in self.map.registers if r.name == name)

    def notes(self) -> list[str]:
        """Return the registers, for a comment."""
        notes = ["Registers of 32 bits, by their addresses in bytes"]
        for register in self.map.registers:
            notes.append(
                f"  {register.offset:#04x} {register.name}, {register.access}: "
                f"{register.meaning}"
            )
            notes += [f"  bit {bit}, {name}: {text}" for name, bit, text in register.bits]
        for access, fields in (("read-write", self.map.inputs), ("read", self.map.outputs)):
            notes += [f"  {field.offset:#04x} {field.title}, {access}" for field in fields]
        return notes

    def describe(self) -> dict[str, Any]:
        """Return the register map as JSON values."""
        return {**self.map.describe(), "digest": self.digest.hex()}
