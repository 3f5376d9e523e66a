"""Waveforms of the cycles around a mismatch, with expected and actual outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.circuit.files import check_directory, writing

from .bench import Run

__all__ = ["write_waveform"]

AROUND = 64


def write_waveform(
    path: Path,
    parameters: Circuit,
    run: Run,
    expected: dict[str, NDArray[np.int64]],
    actual: dict[str, NDArray[np.int64]],
    unknown: dict[str, NDArray[np.int64]],
    *,
    lane: int,
    cycle: int,
) -> Path:
    """Write the ports of one lane as VCD, 64 cycles to either side of `cycle`.

    Each output appears three times: expected, actual, and differs. Bits of `actual` that
    `unknown` has are x, and differ.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    from vcd import VCDWriter

    begin, end = max(0, cycle - AROUND), min(len(run.enable), cycle + AROUND + 1)
    check_directory(path.parent, "directory of waveforms")
    with (
        writing(path) as file,
        VCDWriter(file, timescale="1 ns", init_timestamp=begin * 10) as writer,
    ):
        traces = []

        def trace(name: str, values: NDArray, width: int, holes: NDArray | None = None) -> None:
            variable = writer.register_var("bench", name, "wire", size=width, init=0)
            holes = np.zeros_like(values) if holes is None else holes
            traces.append((variable, values[begin:end], holes[begin:end], width))

        if parameters.sequential:
            trace("rst", run.rst.astype(np.int64), 1)
            trace("enable", run.enable.astype(np.int64), 1)
        for port in parameters.ports:
            columns = slice(lane * port.count, (lane + 1) * port.count)
            for element in range(port.count):
                suffix = f"_{element}" if port.count > 1 else ""
                name = port.name + suffix
                if port.direction == "in":
                    trace(name, run.inputs[port.name][:, columns][:, element], port.width)
                    continue
                model = expected[port.name][:, columns][:, element]
                shown = actual[port.name][:, columns][:, element]
                holes = unknown[port.name][:, columns][:, element]
                differs = (model != shown) | (holes != 0)
                trace(f"{name}_expected", model, port.width)
                trace(f"{name}_actual", shown, port.width, holes)
                trace(f"{name}_differs", differs.astype(np.int64), 1)
        for t in range(end - begin):
            for variable, values, holes, width in traces:
                bits = _bits(int(values[t]), int(holes[t]), width)
                writer.change(variable, (begin + t) * 10, bits)
    return path


def _bits(value: int, holes: int, width: int) -> str:
    """Return the bits of a value, with x for those of `holes`."""
    return "".join(
        "x" if holes >> bit & 1 else str(value >> bit & 1) for bit in reversed(range(width))
    )
