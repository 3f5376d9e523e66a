"""Simulation of a network layer with the emitted Verilog of an array of MAC units."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint import LayerTrace, MacArray
from fixedpoint.circuit.element_index import index_text

from ..simulation.bench import Bench, Item, Run
from ..tools import check_simulator, require

__all__ = ["ReplayedLayer", "array_of", "replay_layer"]

# Most bits of stimulus and response in one simulation; they take one byte each in memory.
MOST_BITS = 1 << 26


@dataclasses.dataclass(frozen=True)
class ReplayedLayer:
    """Result of the simulation of one layer's trace.

    Attributes
    ----------
    name, kind : str
        Name of the layer, and its kind: convolution or linear.
    images, outputs : int
        Numbers of simulated images and of their outputs.
    products : int
        Number of multiply-accumulate steps of these outputs, including padding.
    cycles : int
        Number of clock cycles of the array.
    bits_compared, mismatches : int
        Number of bits of the outputs, and of differing bits.
    first : str or None
        Description of the first difference.
    """

    name: str
    kind: str
    images: int
    outputs: int
    products: int
    cycles: int
    bits_compared: int
    mismatches: int
    first: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class _Tile:
    """Outputs that the array computes at a time: some pixels of some output channels."""

    pixels: slice
    channels: slice


def array_of(trace: LayerTrace, *, rows: int = 8, columns: int = 8) -> MacArray:
    """Return an array that can compute a layer, no larger than the layer can use.

    Parameters
    ----------
    trace : LayerTrace
        A layer with several groups, such as a depthwise convolution, gets inputs per unit.
    rows, columns : int
        Largest number of pixels and of output channels at a time.
    """
    images, outputs, *size = trace.outputs.shape
    return MacArray(
        rows=max(1, min(rows, images * int(np.prod(size)))),
        columns=min(columns, outputs),
        inputs_per="unit" if trace.groups > 1 else "row",
        a=trace.inputs.format,
        b=trace.weights.format,
        accumulator=trace.accumulator,
        target=trace.outputs.format,
        rounding=trace.output_rounding,
        overflow=trace.output_overflow,
    )


def replay_layer(
    trace: LayerTrace,
    array: MacArray | None = None,
    *,
    simulator: str = "verilator",
    images: int | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> ReplayedLayer:
    """Compute a layer's outputs in Verilog and compare every bit with the trace.

    The array computes R pixels of C output channels at a time, with each sum in the order of
    `AccumulatorSpec`: input channels, then kernel rows, then kernel columns. With inputs per
    row it computes a grouped convolution group by group. With inputs per unit it computes
    channels of several groups at a time. There are no idle cycles between outputs.

    Parameters
    ----------
    trace : LayerTrace
        Inputs, weights and outputs of the layer.
    array : MacArray, optional
        Array with the trace's formats and modes; by default `array_of` the trace.
    simulator : {"verilator", "icarus"}
    images : int, optional
        Number of images to simulate, the first ones of the trace; by default all.
    progress : callable
        Called with the name of a stage and the completed fraction.

    Returns
    -------
    ReplayedLayer

    Raises
    ------
    ValueError
        If the array has other formats or modes than the trace, or if there are no outputs.
    ToolError
        If the simulator is missing.
    """
    check_simulator(simulator)
    require("amaranth", "rtl")
    import rtl

    from ..simulation.simulator import simulate

    if images is not None:
        trace = trace.of_images(images)
    if not trace.outputs.size:
        raise ValueError(f"layer {trace.name} has no outputs to replay")
    default = array_of(trace)
    array = default if array is None else array
    shape = {name: getattr(array, name) for name in ("rows", "columns", "inputs_per")}
    if array != default.replace(**shape):
        raise ValueError(f"layer {trace.name} needs an array such as {default}, not {array}")
    progress("emitting Verilog", 0.0)
    item = Item(array, "mac_array", rtl.to_verilog(array, name="mac_array"), 1)
    bench = Bench((item,))
    results = {
        port.name: np.empty(_output_codes(trace).shape, np.int64) for port in array.outputs
    }
    windows = trace.windows()
    tiles = list(_tiles(trace, array))
    most_tiles = max(1, MOST_BITS // (item.bits("in") + item.bits("out")) // trace.depth)
    cycles = 0
    for begin in range(0, len(tiles), most_tiles):
        progress("building and running the simulation", begin / len(tiles))
        batch = tiles[begin : begin + most_tiles]
        inputs = _stimulus(trace, array, windows, batch)
        count = len(inputs["load"])
        run = Run(inputs, np.ones(count, bool), np.zeros(count, bool))
        response, unknown = simulate(bench, bench.stimulus([run]), simulator)
        if unknown.any():
            raise ValueError("the simulated outputs hold bits that are neither 0 nor 1")
        (outputs,) = bench.responses(response)
        for number, tile in enumerate(batch, start=1):
            for name, values in outputs.items():
                computed = values[number * trace.depth].reshape(array.rows, array.columns)
                part = results[name][tile.pixels, tile.channels]
                part[:] = computed[: part.shape[0], : part.shape[1]]
        cycles += count
    progress("done", 1.0)
    return _compare(trace, array, results, cycles)


def _tiles(trace: LayerTrace, array: MacArray) -> Iterator[_Tile]:
    """Yield the outputs computed at a time; of one group only if rows share inputs."""
    pixels, outputs = _output_codes(trace).shape
    group_size = outputs if array.inputs_per == "unit" else outputs // trace.groups
    for group in range(0, outputs, group_size):
        for channel in range(group, group + group_size, array.columns):
            channels = slice(channel, min(channel + array.columns, group + group_size))
            for pixel in range(0, pixels, array.rows):
                yield _Tile(slice(pixel, pixel + array.rows), channels)


def _output_codes(trace: LayerTrace) -> NDArray[np.int64]:
    """Return the output codes ``[pixels, channels]``; pixels in the order of `windows`."""
    codes = np.moveaxis(trace.outputs.codes, 1, -1)
    return codes.reshape(-1, trace.outputs.shape[1]).astype(np.int64)


def _stimulus(
    trace: LayerTrace, array: MacArray, windows: NDArray[np.int64], tiles: list[_Tile]
) -> dict[str, NDArray[np.int64]]:
    """Return the inputs of all cycles of some tiles; unused rows and columns get zeros."""
    depth, outputs = trace.depth, len(trace.weights)
    weights = trace.weights.codes.reshape(outputs, depth)
    group_of = np.arange(outputs) // (outputs // trace.groups)
    load = np.zeros((len(tiles), depth), np.int64)
    load[:, 0] = 1
    sum_in = np.zeros((len(tiles), depth, array.columns), np.int64)
    b = np.zeros_like(sum_in)
    shared = array.inputs_per == "row"
    a = np.zeros((len(tiles), depth, array.rows, 1 if shared else array.columns), np.int64)
    for number, tile in enumerate(tiles):
        groups = group_of[tile.channels]
        values = windows[groups[:1] if shared else groups, tile.pixels]
        a[number, :, : values.shape[1], : len(values)] = values.transpose(2, 1, 0)
        b[number, :, : len(groups)] = weights[tile.channels].T
        if trace.bias is not None:
            sum_in[number, 0, : len(groups)] = trace.bias.codes[tile.channels]
    inputs = {"load": load, "sum_in": sum_in, "a": a, "b": b}
    cycles = len(tiles) * depth
    # One more cycle: the last results follow their last clock edge.
    return {
        name: np.pad(values.reshape(cycles, -1), ((0, 1), (0, 0)))
        for name, values in inputs.items()
    }


def _compare(
    trace: LayerTrace, array: MacArray, results: dict[str, NDArray[np.int64]], cycles: int
) -> ReplayedLayer:
    # In mode ERROR a layer raises if a sum overflows, so that no output has overflowed.
    expected = {
        "result": _output_codes(trace),
        "overflowed": np.zeros_like(_output_codes(trace)),
    }
    bits = mismatches = 0
    first = None
    for port in array.outputs:
        actual_codes, expected_codes = results[port.name], expected[port.name]
        differ = (actual_codes ^ expected_codes).view(np.uint64) & np.uint64(
            (1 << port.width) - 1
        )
        bits += port.width * expected_codes.size
        mismatches += int(np.bitwise_count(differ).sum())
        differences = np.argwhere(differ)
        if first is None and len(differences):
            pixel, channel = differences[0].tolist()
            image, *at = np.unravel_index(
                pixel, (trace.outputs.shape[0], *trace.outputs.shape[2:])
            )
            index = index_text((image, channel, *at))
            first = (
                f"layer {trace.name}: {port.name} of output {index} is "
                f"{actual_codes[pixel, channel]} in hardware, not "
                f"{expected_codes[pixel, channel]}"
            )
    return ReplayedLayer(
        name=trace.name,
        kind=trace.kind,
        images=len(trace.outputs),
        outputs=trace.outputs.size,
        products=trace.products,
        cycles=cycles,
        bits_compared=bits,
        mismatches=mismatches,
        first=first,
    )
