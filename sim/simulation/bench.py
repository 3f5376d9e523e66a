"""Many circuits in one simulation: a wrapper with one stimulus bus and one response bus.

The buses are fed from a file and written to a file by the simulator itself: through cocotb's
handles every bit of a bus is a character, and a cycle takes ten times as long.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port

from .port_bits import from_bits, to_bits

__all__ = ["Bench", "Item", "Run"]

# The files of a simulation, in its working directory.
STIMULUS, RESPONSE = "stimulus.bin", "response.bin"


@dataclasses.dataclass(frozen=True)
class Item:
    """One circuit on the bench.

    Attributes
    ----------
    parameters : Circuit
    module : str
        Name of the Verilog top module, of its own among all items.
    verilog : str
        Its text.
    lanes : int
        How many instances stand side by side.
    """

    parameters: Circuit
    module: str
    verilog: str
    lanes: int

    def ports(self, direction: str) -> tuple[Port, ...]:
        """Return the data ports of one direction."""
        return tuple(p for p in self.parameters.ports if p.direction == direction)

    def bits(self, direction: str) -> int:
        """Return the bits of this item on the bus of a direction, "in" or "out"."""
        data = sum(p.width * p.count for p in self.ports(direction)) * self.lanes
        control = 2 if direction == "in" and self.parameters.sequential else 0
        return data + control


@dataclasses.dataclass(frozen=True)
class Run:
    """What goes into an item: its inputs, enable and rst of every cycle."""

    inputs: dict[str, NDArray[np.int64]]
    enable: NDArray[np.bool_]
    rst: NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Bench:
    """A wrapper module around items, and the layout of its two buses.

    At each rising edge of its clock the wrapper writes the response bus, as it stood before
    the edge, and applies the next row of the stimulus: what a register before the circuit
    and one behind it would do, so that every simulator shows the same values, whether an
    output is a register or not. The first edge finds all inputs 0, reset and enable with
    them, and only applies the first row.
    """

    items: tuple[Item, ...]

    def _places(self, direction: str) -> Iterator[tuple[Item, int]]:
        place = 0
        for item in self.items:
            yield item, place
            place += item.bits(direction)

    @property
    def stimulus_bytes(self) -> int:
        """Width of the stimulus bus in bytes, at least 1."""
        return max(1, -(-sum(item.bits("in") for item in self.items) // 8))

    @property
    def response_bits(self) -> int:
        """Width of the response bus."""
        return sum(item.bits("out") for item in self.items)

    def verilog(self) -> str:
        """Return the wrapper, all items in it, as one Verilog text; the top is ``bench``."""
        bits = f"[{8 * self.stimulus_bytes - 1}:0]"
        # The clock is all that is reachable through VPI: half the build, twice the speed.
        wrapper = f"""\
module bench(input clk /* verilator public_flat_rw */);
  reg {bits} stimulus = 0;
  reg {bits} next = 0;
  wire [{self.response_bits - 1}:0] response;
  integer source, sink, count;
  initial begin
    source = $fopen("{STIMULUS}", "rb");
    sink = $fopen("{RESPONSE}", "wb");
  end
  always @(posedge clk) begin
    $fwrite(sink, "%z", response);
    count = $fread(next, source);
    stimulus <= next;
  end
  circuits side_by_side(.clk(clk), .stimulus(stimulus), .response(response));
endmodule
"""
        return self.circuits() + wrapper

    def circuits(self) -> str:
        """Return all items, side by side in one module, as one Verilog text.

        The module is ``circuits``, with the ports ``clk``, ``stimulus`` and ``response``.
        """
        lines = [
            "module circuits(",
            "  input clk,",
            f"  input [{8 * self.stimulus_bytes - 1}:0] stimulus,",
            f"  output [{self.response_bits - 1}:0] response",
            ");",
        ]
        outputs = dict(zip(self.items, (p for _, p in self._places("out")), strict=True))
        for number, (item, place) in enumerate(self._places("in")):
            pins: list[list[str]] = [[] for _ in range(item.lanes)]
            if item.parameters.sequential:
                for lane in pins:
                    lane += [
                        ".clk(clk)",
                        f".rst(stimulus[{place}])",
                        f".enable(stimulus[{place + 1}])",
                    ]
                place += 2
            for bus, at, ports in (
                ("stimulus", place, item.ports("in")),
                ("response", outputs[item], item.ports("out")),
            ):
                for port in ports:
                    size = port.width * port.count
                    for lane in pins:
                        lane.append(f".{port.name}({bus}[{at + size - 1}:{at}])")
                        at += size
            for index, lane in enumerate(pins):
                lines.append(f"  {item.module} item{number}_lane{index}({', '.join(lane)});")
        lines.append("endmodule")
        seen = dict.fromkeys(item.verilog for item in self.items)
        return "\n".join([*seen, *lines, ""])

    def stimulus(self, runs: Sequence[Run]) -> NDArray[np.uint8]:
        """Return the stimulus of every cycle, packed eight bits a byte, bit 0 first."""
        cycles = len(runs[0].enable)
        bits = np.zeros((cycles, 8 * self.stimulus_bytes), np.uint8)
        for run, (item, place) in zip(runs, self._places("in"), strict=True):
            if item.parameters.sequential:
                bits[:, place] = run.rst
                bits[:, place + 1] = run.enable
                place += 2
            for port in item.ports("in"):
                values = to_bits(run.inputs[port.name], port.width)
                bits[:, place : place + values.shape[1]] = values
                place += values.shape[1]
        return np.packbits(bits, axis=1, bitorder="little")

    def write_stimulus(self, directory: Path, packed: NDArray[np.uint8]) -> None:
        """Write a stimulus as the simulators read it: a cycle's last byte first."""
        np.ascontiguousarray(packed[:, ::-1]).tofile(directory / STIMULUS)

    def read_response(self, directory: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Read what a simulation has written, the edge that applied the first row left out.

        Returns
        -------
        response, unknown : uint8 array ``[cycles, bytes]``
            Values of the response bus, bit 0 first, and which of them were neither 0 nor 1.
        """
        # Verilog's %z: 32 bits of the bus as a word of values and a word of unknown ones.
        words = np.fromfile(directory / RESPONSE, "<u4")
        halves = words.reshape(-1, -(-self.response_bits // 32), 2)[1:]
        values, unknown = (np.ascontiguousarray(halves[:, :, i]) for i in range(2))
        return values.view(np.uint8), unknown.view(np.uint8)

    def responses(self, packed: NDArray[np.uint8]) -> list[dict[str, NDArray[np.int64]]]:
        """Return each item's outputs, as its golden model would give them."""
        found = []
        for item, place in self._places("out"):
            outputs = {}
            for port in item.ports("out"):
                size = port.width * port.count * item.lanes
                first, last = place // 8, -(-(place + size) // 8)
                bits = np.unpackbits(packed[:, first:last], axis=1, bitorder="little")
                offset = place - first * 8
                bits = bits[:, offset : offset + size]
                outputs[port.name] = from_bits(bits, port.width, port.signed)
                place += size
            found.append(outputs)
        return found
