"""A layer of a network, pushed through the emitted Verilog of an array of MAC units."""

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

# Bits of stimulus and response in one simulation: these buses stand in memory, a byte a bit.
_BITS = 1 << 26


@dataclasses.dataclass(frozen=True)
class ReplayedLayer:
    """What the Verilog made of one layer's trace.

    Attributes
    ----------
    name, kind : str
        The layer and whether it is a convolution or linear.
    images, outputs : int
        How many images passed, and how many outputs they gave.
    products : int
        Multiply-accumulate steps of these outputs, padding included.
    cycles : int
        Of the array's clock.
    bits_compared, mismatches : int
        Bits of the outputs, and how many of them differ.
    first : str or None
        The first difference in words.
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
    """The outputs that the array makes at a time: some pixels of some output channels."""

    pixels: slice
    channels: slice


def array_of(trace: LayerTrace, *, rows: int = 8, columns: int = 8) -> MacArray:
    """Return an array that can run a layer, no larger than the layer can use.

    Parameters
    ----------
    trace : LayerTrace
        One of several groups, as depthwise convolutions are, gets inputs for each unit.
    rows, columns : int
        Most pixels, and most output channels, at a time.
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

    The array makes R pixels of C output channels at a time, each sum in the order of
    `AccumulatorSpec`: input channels, then kernel rows, then kernel columns. With inputs for
    each row it runs a convolution in groups group by group; with inputs for each unit the
    channels of several groups stand side by side. No cycle is lost between outputs.

    Parameters
    ----------
    trace : LayerTrace
        What the layer has computed.
    array : MacArray, optional
        In the trace's formats and modes; by default `array_of` the trace.
    simulator : {"verilator", "icarus"}
    images : int, optional
        How many of the trace's images pass, the first ones; by default all.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    ReplayedLayer

    Raises
    ------
    ValueError
        If the array computes in other formats or modes than the trace, or there are no
        outputs.
    ToolError
        If the simulator is not there.
    """
    check_simulator(simulator)
    require("amaranth", "rtl")
    import rtl

    from ..simulation.simulator import simulate

    if images is not None:
        trace = trace.of_images(images)
    if not trace.outputs.size:
        raise ValueError(f"layer {trace.name} has no outputs to replay")
    fitting = array_of(trace)
    array = fitting if array is None else array
    shape = {name: getattr(array, name) for name in ("rows", "columns", "inputs_per")}
    if array != fitting.replace(**shape):
        raise ValueError(
            f"layer {trace.name} needs an array such as {fitting}, other than {array}"
        )
    progress("emitting Verilog", 0.0)
    item = Item(array, "mac_array", rtl.to_verilog(array, name="mac_array"), 1)
    bench = Bench((item,))
    found = {port.name: np.empty(_flat(trace).shape, np.int64) for port in array.outputs}
    windows = trace.windows()
    tiles = list(_tiles(trace, array))
    most = max(1, _BITS // (item.bits("in") + item.bits("out")) // trace.depth)
    cycles = 0
    for begin in range(0, len(tiles), most):
        progress("building and running the simulation", begin / len(tiles))
        some = tiles[begin : begin + most]
        inputs = _stimulus(trace, array, windows, some)
        taken = len(inputs["load"])
        run = Run(inputs, np.ones(taken, bool), np.zeros(taken, bool))
        response, unknown = simulate(bench, bench.stimulus([run]), simulator)
        if unknown.any():
            raise ValueError("the simulated outputs hold bits that are neither 0 nor 1")
        (outputs,) = bench.responses(response)
        for number, tile in enumerate(some, start=1):
            for name, values in outputs.items():
                made = values[number * trace.depth].reshape(array.rows, array.columns)
                place = found[name][tile.pixels, tile.channels]
                place[:] = made[: place.shape[0], : place.shape[1]]
        cycles += taken
    progress("done", 1.0)
    return _compared(trace, array, found, cycles)


def _tiles(trace: LayerTrace, array: MacArray) -> Iterator[_Tile]:
    """Yield the outputs that pass together; channels of one group where rows share inputs."""
    pixels, outputs = _flat(trace).shape
    each = outputs if array.inputs_per == "unit" else outputs // trace.groups
    for group in range(0, outputs, each):
        for channel in range(group, group + each, array.columns):
            channels = slice(channel, min(channel + array.columns, group + each))
            for pixel in range(0, pixels, array.rows):
                yield _Tile(slice(pixel, pixel + array.rows), channels)


def _flat(trace: LayerTrace) -> NDArray[np.int64]:
    """Return the trace's output codes ``[pixels, channels]``, as `windows` counts pixels."""
    codes = np.moveaxis(trace.outputs.codes, 1, -1)
    return codes.reshape(-1, trace.outputs.shape[1]).astype(np.int64)


def _stimulus(
    trace: LayerTrace, array: MacArray, windows: NDArray[np.int64], tiles: list[_Tile]
) -> dict[str, NDArray[np.int64]]:
    """Return the inputs of all cycles of some tiles; rows and columns to spare get zeros."""
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
        seen = windows[groups[:1] if shared else groups, tile.pixels]
        a[number, :, : seen.shape[1], : len(seen)] = seen.transpose(2, 1, 0)
        b[number, :, : len(groups)] = weights[tile.channels].T
        if trace.bias is not None:
            sum_in[number, 0, : len(groups)] = trace.bias.codes[tile.channels]
    inputs = {"load": load, "sum_in": sum_in, "a": a, "b": b}
    cycles = len(tiles) * depth
    # One more cycle: the last results stand on the port after their last edge.
    return {
        name: np.pad(values.reshape(cycles, -1), ((0, 1), (0, 0)))
        for name, values in inputs.items()
    }


def _compared(
    trace: LayerTrace, array: MacArray, found: dict[str, NDArray[np.int64]], cycles: int
) -> ReplayedLayer:
    # In mode ERROR a layer computes nothing that overflows, or raises.
    wanted = {"result": _flat(trace), "overflowed": np.zeros_like(_flat(trace))}
    bits = mismatches = 0
    first = None
    for port in array.outputs:
        shown, due = found[port.name], wanted[port.name]
        differ = (shown ^ due).view(np.uint64) & np.uint64((1 << port.width) - 1)
        bits += port.width * due.size
        mismatches += int(np.bitwise_count(differ).sum())
        places = np.argwhere(differ)
        if first is None and len(places):
            pixel, channel = places[0].tolist()
            image, *at = np.unravel_index(
                pixel, (trace.outputs.shape[0], *trace.outputs.shape[2:])
            )
            index = index_text((image, channel, *at))
            first = (
                f"layer {trace.name}: {port.name} of output {index} is "
                f"{shown[pixel, channel]} in hardware, not {due[pixel, channel]}"
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
