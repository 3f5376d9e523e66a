"""Waveforms of the cycles around a mismatch, with expected and actual outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.circuit.files import writing

from .bench import Run

__all__ = ["write_waveform"]

AROUND = 64


def write_waveform(
    path: Path,
    parameters: Circuit,
    run: Run,
    expected: dict[str, NDArray[np.int64]],
    actual: dict[str, NDArray[np.int64]],
    *,
    lane: int,
    cycle: int,
) -> Path:
    """Write the ports of one lane as VCD, 64 cycles to either side of `cycle`.

    Each output appears three times: expected, actual, and differs.
    """
    from vcd import VCDWriter

    begin, end = max(0, cycle - AROUND), min(len(run.enable), cycle + AROUND + 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        writing(path) as file,
        VCDWriter(file, timescale="1 ns", init_timestamp=begin * 10) as writer,
    ):
        traces = []

        def trace(name: str, values: NDArray, width: int) -> None:
            variable = writer.register_var("bench", name, "wire", size=width, init=0)
            traces.append((variable, values[begin:end], (1 << width) - 1))

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
                trace(f"{name}_expected", model, port.width)
                trace(f"{name}_actual", shown, port.width)
                trace(f"{name}_differs", (model != shown).astype(np.int64), 1)
        for t in range(end - begin):
            for variable, values, mask in traces:
                writer.change(variable, (begin + t) * 10, int(values[t]) & mask)
    return path
