"""A circuit between two AXI4-Streams."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import ClockDomain, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fixedpoint.circuit import Circuit

from .layout import Field, size_of
from .stream_core import StreamCore

__all__ = ["AxiStream"]


class AxiStream(wiring.Component):
    """A circuit that takes its inputs from one AXI4-Stream and gives its outputs to another.

    Parameters
    ----------
    parameters : Circuit
    align, restart : bool
        As for `StreamCore`, whose words these are.

    Notes
    -----
    Ports: the clock ``aclk``, the synchronous reset ``aresetn``, active at 0, and tdata,
    tvalid, tready and tlast of ``s_axis`` and ``m_axis``. All bytes of a word count, so there
    is no tkeep or tstrb.

    Reset state: that of the circuit; no word is on its way.
    """

    suffix = "axi_stream"
    summary = "a circuit between two AXI4-Streams"
    interface = (
        *("aclk", "aresetn"),
        *("s_axis_tdata", "s_axis_tvalid", "s_axis_tready", "s_axis_tlast"),
        *("m_axis_tdata", "m_axis_tvalid", "m_axis_tready", "m_axis_tlast"),
    )

    def __init__(
        self, parameters: Circuit, *, align: bool = False, restart: bool = False
    ) -> None:
        self.core = StreamCore(parameters, align=align, restart=restart)
        flows = {
            "s": (In, Out, size_of(self.core.inputs)),
            "m": (Out, In, size_of(self.core.outputs)),
        }
        members: dict[str, Any] = {"aclk": In(1), "aresetn": In(1)}
        for side, (ahead, back, size) in flows.items():
            members[f"{side}_axis_tdata"] = ahead(8 * size)
            members[f"{side}_axis_tvalid"] = ahead(1)
            members[f"{side}_axis_tready"] = back(1)
            members[f"{side}_axis_tlast"] = ahead(1)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = domain = ClockDomain()
        m.submodules.core = core = self.core
        source, sink = core.input, core.output
        m.d.comb += [
            domain.clk.eq(self.aclk),
            domain.rst.eq(~self.aresetn),
            source.payload.data.eq(self.s_axis_tdata),
            source.payload.last.eq(self.s_axis_tlast),
            source.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(source.ready),
            self.m_axis_tdata.eq(sink.payload.data),
            self.m_axis_tlast.eq(sink.payload.last),
            self.m_axis_tvalid.eq(sink.valid),
            sink.ready.eq(self.m_axis_tready),
        ]
        return m

    def notes(self) -> list[str]:
        """Return how the words are laid out, for a comment."""
        core = self.core
        notes = ["Each input word enables the circuit for one cycle, and gets one output word."]
        if core.align:
            words = core.parameters.latency
            notes.append(f"Results of the first words after a reset are left out: {words}.")
        if core.restart:
            notes.append("The circuit is reset behind each word with tlast.")
        for side, fields in (("s_axis_tdata", core.inputs), ("m_axis_tdata", core.outputs)):
            notes += [f"{side}, byte i in bits 8*i + 7 to 8*i"]
            notes += [f"  {_place(field)}: {field.title}" for field in fields]
            notes += [] if fields else ["  byte 0: unused"]
        return notes

    def describe(self) -> dict[str, Any]:
        """Return the layout of the words as JSON values."""
        core = self.core
        sides = {"input": core.inputs, "output": core.outputs}
        return {
            "wrapper": "axi-stream",
            "align": core.align,
            "restart": core.restart,
            "latency": core.parameters.latency,
            **{
                side: {
                    "bytes": size_of(fields),
                    "fields": [field.describe() for field in fields],
                }
                for side, fields in sides.items()
            },
        }


def _place(field: Field) -> str:
    last = field.offset + field.size - 1
    return f"byte {last}" if field.size == 1 else f"bytes {field.offset} to {last}"
