"""Many circuits in one simulation: a wrapper with one stimulus bus and one response bus.

The simulator itself reads the buses from a file and writes them to a file: through cocotb's
handles every bit of a bus is a character, and a cycle takes ten times as long.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port

from .port_bits import differing_bits, pack, unpack

__all__ = ["Bench", "Difference", "Item", "Run", "Variant"]

# The files of a simulation, in its working directory.
STIMULUS, RESPONSE = "stimulus.bin", "response.bin"


@dataclasses.dataclass(frozen=True)
class Variant:
    """Another module with the ports of an item, such as the same circuit with a fault.

    Attributes
    ----------
    module : str
        Name of the Verilog top module.
    verilog : str
        Its text.
    """

    module: str
    verilog: str


@dataclasses.dataclass(frozen=True)
class Item:
    """One circuit on the bench.

    Attributes
    ----------
    parameters : Circuit
    module : str
        Name of the Verilog top module, unique on the bench.
    verilog : str
        Its text.
    lanes : int
        How many instances stand side by side.
    variants : tuple of Variant
        Modules that stand beside the item, each once. They have the stimulus of lane 0.
    """

    parameters: Circuit
    module: str
    verilog: str
    lanes: int
    variants: tuple[Variant, ...] = ()

    def ports(self, direction: str) -> tuple[Port, ...]:
        """Return the data ports of one direction."""
        return tuple(p for p in self.parameters.ports if p.direction == direction)

    def lane_bits(self, direction: str) -> int:
        """Return the bits of the data ports of one lane in a direction, "in" or "out"."""
        return sum(p.width * p.count for p in self.ports(direction))

    def bits(self, direction: str) -> int:
        """Return the bits of all lanes on the bus of a direction, "in" or "out"."""
        control = 2 if direction == "in" and self.parameters.sequential else 0
        return self.lane_bits(direction) * self.lanes + control


@dataclasses.dataclass(frozen=True)
class Run:
    """The inputs of an item and its enable and rst in every cycle."""

    inputs: dict[str, NDArray[np.int64]]
    enable: NDArray[np.bool_]
    rst: NDArray[np.bool_]


class Difference(NamedTuple):
    """How a response differs from the expected one.

    Attributes
    ----------
    bits : int
        How many bits differ or are unknown.
    cycle : int
        The first cycle with such a bit, or -1.
    """

    bits: int
    cycle: int


class _Offsets(NamedTuple):
    """The lowest bits of an item on the buses: its inputs, outputs and variants' outputs."""

    inputs: int
    outputs: int
    variants: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Bench:
    """A wrapper module around items, and the layout of its two buses.

    At each rising edge of its clock the wrapper writes the response bus, as it stood before
    the edge, and applies the next row of the stimulus. A register before the circuit and one
    behind it would do the same, so every simulator shows the same values, whether an output
    is a register or not. At the first edge all inputs are 0, including reset and enable; it
    only applies the first row.

    The buses are as wide as full words of 64 bits. Unused bits are 0.
    """

    items: tuple[Item, ...]

    @functools.cached_property
    def _offsets(self) -> tuple[_Offsets, ...]:
        offsets = []
        inputs = outputs = 0
        for item in self.items:
            own, each = item.bits("out"), item.lane_bits("out")
            variants = tuple(outputs + own + i * each for i in range(len(item.variants)))
            offsets.append(_Offsets(inputs, outputs, variants))
            inputs += item.bits("in")
            outputs += own + each * len(item.variants)
        return (*offsets, _Offsets(inputs, outputs, ()))

    @property
    def stimulus_bits(self) -> int:
        """Width of the stimulus bus."""
        return 64 * max(1, -(-self._offsets[-1].inputs // 64))

    @property
    def response_bits(self) -> int:
        """Width of the response bus."""
        return 64 * max(1, -(-self._offsets[-1].outputs // 64))

    def verilog(self) -> str:
        """Return the wrapper and all items in it as one Verilog text; the top is ``bench``."""
        bits = f"[{self.stimulus_bits - 1}:0]"
        # VPI reaches the clock alone: that halves the build and doubles the speed.
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

    def circuits(self, shared: Mapping[str, int] | None = None) -> str:
        """Return all items, side by side in one module, as one Verilog text.

        The module is ``circuits``, with the ports ``clk``, ``stimulus`` and ``response``.

        Parameters
        ----------
        shared : mapping of str to int, optional
            Further inputs, which all items and variants have, and their widths.
        """
        shared = shared or {}
        lines = [
            "module circuits(",
            "  input clk,",
            *(f"  input [{width - 1}:0] {name}," for name, width in shared.items()),
            f"  input [{self.stimulus_bits - 1}:0] stimulus,",
            f"  output [{self.response_bits - 1}:0] response",
            ");",
        ]
        for item, offsets in zip(self.items, self._offsets, strict=False):
            for lane in range(item.lanes):
                pins = _pins(item, offsets.inputs, offsets.outputs, lane, item.lanes, shared)
                lines.append(f"  {item.module} {item.module}_lane{lane}({pins});")
            for variant, outputs in zip(item.variants, offsets.variants, strict=True):
                pins = _pins(item, offsets.inputs, outputs, 0, 1, shared)
                lines.append(f"  {variant.module} {variant.module}_lane0({pins});")
        used = self._offsets[-1].outputs
        if used < self.response_bits:
            unused = f"response[{self.response_bits - 1}:{used}]"
            lines.append(f"  assign {unused} = {self.response_bits - used}'d0;")
        lines.append("endmodule")
        texts: dict[str, None] = {}
        for item in self.items:
            texts[item.verilog] = None
            texts |= dict.fromkeys(variant.verilog for variant in item.variants)
        return "\n".join([*texts, *lines, ""])

    def stimulus(self, runs: Sequence[Run]) -> NDArray[np.uint64]:
        """Return the stimulus bus of every cycle, one run for each item.

        Returns
        -------
        uint64 array ``[cycles, words]``, bit 0 of the bus first
        """
        bus = np.zeros((len(runs[0].enable), self.stimulus_bits // 64), np.uint64)
        for run, item, offsets in zip(runs, self.items, self._offsets, strict=False):
            offset = offsets.inputs
            if item.parameters.sequential:
                control = np.stack([run.rst, run.enable], axis=1).astype(np.int64)
                pack(control, 1, offset, bus)
                offset += 2
            for port in item.ports("in"):
                values = run.inputs[port.name]
                pack(np.ascontiguousarray(values, np.int64), port.width, offset, bus)
                offset += port.width * port.count * item.lanes
        return bus

    def differences(
        self,
        expected: Sequence[Mapping[str, NDArray[np.int64]]],
        response: NDArray[np.uint64],
        unknown: NDArray[np.uint64],
    ) -> list[tuple[Difference, ...]]:
        """Compare the response with the outputs that are expected of each item.

        Parameters
        ----------
        expected : sequence of dict of str to int64 array ``[cycles, lanes * count]``
            The outputs of each item by port; its variants are compared with lane 0.
        response, unknown : uint64 array ``[cycles, words]``
            The response bus, and the bits of it that are neither 0 nor 1.

        Returns
        -------
        list of tuple of Difference
            For each item its own difference, then those of its variants.
        """
        bus = self.pack_outputs(expected)
        found = []
        for item, offsets in zip(self.items, self._offsets, strict=False):
            parts = [(offsets.outputs, item.lanes), *((o, 1) for o in offsets.variants)]
            differences = []
            for offset, lanes in parts:
                size = item.lane_bits("out") * lanes
                bits, cycle = differing_bits(bus, response, unknown, offset, size)
                differences.append(Difference(bits, cycle))
            found.append(tuple(differences))
        return found

    def pack_outputs(
        self, outputs: Sequence[Mapping[str, NDArray[np.int64]]]
    ) -> NDArray[np.uint64]:
        """Return the response bus if each item and its variants have these outputs."""
        cycles = len(next(iter(outputs[0].values())))
        bus = np.zeros((cycles, self.response_bits // 64), np.uint64)
        for item, offsets, shown in zip(self.items, self._offsets, outputs, strict=False):
            _pack_outputs(item, shown, item.lanes, offsets.outputs, bus)
            for offset in offsets.variants:
                _pack_outputs(item, shown, 1, offset, bus)
        return bus

    def write_stimulus(self, directory: Path, bus: NDArray[np.uint64]) -> None:
        """Write a stimulus as the simulators read it: a cycle's last byte first."""
        bytes_ = np.ascontiguousarray(bus, "<u8").view(np.uint8)
        np.ascontiguousarray(bytes_[:, ::-1]).tofile(directory / STIMULUS)

    def read_response(self, directory: Path) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Read what a simulation has written, except at the edge that applied the first row.

        Returns
        -------
        response, unknown : uint64 array ``[cycles, words]``
            The response bus, and the bits of it that were neither 0 nor 1.
        """
        # Verilog's %z: 32 bits of the bus as a word of values and a word of unknown ones.
        words = np.fromfile(directory / RESPONSE, "<u4")
        halves = words.reshape(-1, self.response_bits // 32, 2)[1:]
        values, unknown = (np.ascontiguousarray(halves[:, :, i]) for i in range(2))
        return values.view("<u8"), unknown.view("<u8")

    def responses(self, bus: NDArray[np.uint64]) -> list[dict[str, NDArray[np.int64]]]:
        """Return each item's outputs as its golden model returns them."""
        found = []
        for item, offsets in zip(self.items, self._offsets, strict=False):
            outputs = {}
            offset = offsets.outputs
            for port in item.ports("out"):
                values = np.empty((len(bus), port.count * item.lanes), np.int64)
                unpack(bus, port.width, offset, port.signed, values)
                outputs[port.name] = values
                offset += port.width * values.shape[1]
            found.append(outputs)
        return found


def _pins(
    item: Item, inputs: int, outputs: int, lane: int, lanes: int, shared: Iterable[str]
) -> str:
    """Return the connections of one instance.

    Parameters
    ----------
    item : Item
    inputs, outputs : int
        The lowest bits of the item's inputs and of its, or its variant's, outputs.
    lane : int
        Which instance it is.
    lanes : int
        How many instances' outputs lie side by side from bit `outputs` on.
    shared : iterable of str
        Inputs that all items have.
    """
    pins = [f".{name}({name})" for name in shared]
    if item.parameters.sequential:
        pins += [".clk(clk)", f".rst(stimulus[{inputs}])", f".enable(stimulus[{inputs + 1}])"]
        inputs += 2
    for bus, offset, direction, instances in (
        ("stimulus", inputs, "in", item.lanes),
        ("response", outputs, "out", lanes),
    ):
        for port in item.ports(direction):
            size = port.width * port.count
            low = offset + lane * size
            pins.append(f".{port.name}({bus}[{low + size - 1}:{low}])")
            offset += size * instances
    return ", ".join(pins)


def _pack_outputs(
    item: Item,
    outputs: Mapping[str, NDArray[np.int64]],
    lanes: int,
    offset: int,
    bus: NDArray[np.uint64],
) -> None:
    """Write the outputs of the first lanes of an item to a bus from bit `offset` on."""
    for port in item.ports("out"):
        values = outputs[port.name][:, : lanes * port.count]
        pack(np.ascontiguousarray(values, np.int64), port.width, offset, bus)
        offset += port.width * lanes * port.count
