"""Timing diagrams: the first cycles of a golden model, as WaveJSON and as SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Port

from ..entry import Entry

__all__ = ["CYCLES", "wave_json", "wave_svg"]

CYCLES = 14
# How many elements of a port with several have a line of their own.
ELEMENTS = 2
# How many stimuli are tried; the one with the most changes tells the most.
SEEDS = 12


def wave_json(entry: Entry, cycles: int = CYCLES) -> dict[str, Any]:
    """Return the first cycles of a circuit in WaveDrom's form.

    Parameters
    ----------
    entry : Entry
        Its default parameters and its stimulus are used. Among some seeds of the stimulus, the
        diagram has the one under which the ports change most often.
    cycles : int
        A sequential circuit is reset in the first of them.

    Returns
    -------
    dict
        With the key ``signal``: clk, rst and enable if the circuit is sequential, then inputs
        and outputs. Of ports with several elements the first two are shown.
    """
    circuit = entry.default
    rst = np.zeros(cycles, bool)
    rst[0] = circuit.sequential
    best: dict[str, NDArray[np.int64]] = {}
    most = -1
    for seed in range(SEEDS):
        inputs = entry.stimulus(circuit, cycles, 1, np.random.default_rng(seed))
        outputs, _ = circuit.run(inputs, cycles=cycles, lanes=1, rst=rst)
        values = {**inputs, **outputs}
        changes = sum(
            int(np.count_nonzero(np.diff(column[:, :ELEMENTS], axis=0)))
            * (2 if name in outputs else 1)
            for name, column in values.items()
        )
        if changes > most:
            best, most = values, changes
    signals: list[dict[str, Any]] = []
    if circuit.sequential:
        signals += [
            {"name": "clk", "wave": "p" + "." * (cycles - 1)},
            {"name": "rst", "wave": _bits(rst.astype(np.int64))},
            {"name": "enable", "wave": "1" + "." * (cycles - 1)},
        ]
    for port in circuit.ports:
        signals += _port_signals(port, best[port.name], circuit.sequential)
    return {"signal": signals}


def _port_signals(
    port: Port, values: NDArray[np.int64], sequential: bool
) -> list[dict[str, Any]]:
    """Return a line for each element that is shown; outputs are unknown before the reset."""
    lines: list[dict[str, Any]] = []
    unknown = sequential and port.direction == "out"
    for element in range(min(port.count, ELEMENTS)):
        name = port.name if port.count == 1 else f"{port.name}[{element}]"
        column = values[:, element]
        if port.width == 1 and not port.signed:
            wave = _bits(column[1:] if unknown else column)
            lines.append({"name": name, "wave": "x" + wave if unknown else wave})
        else:
            wave, data = _words(column[1:] if unknown else column)
            lines.append({"name": name, "wave": "x" + wave if unknown else wave, "data": data})
    return lines


def _bits(values: NDArray[np.int64]) -> str:
    wave = ""
    for place, value in enumerate(values):
        same = place and value == values[place - 1]
        wave += "." if same else str(int(value))
    return wave


def _words(values: NDArray[np.int64]) -> tuple[str, list[str]]:
    wave, data = "", []
    for place, value in enumerate(values):
        if place and value == values[place - 1]:
            wave += "."
        else:
            wave += "="
            data.append(str(int(value)))
    return wave, data


def wave_svg(diagram: dict[str, Any]) -> str:
    """Return a diagram as an SVG element without styles, which the page gives.

    Words that are too long for their place have a smaller scale: the diagram is made wider.
    """
    import wavedrom

    scale = max(1, -(-max(_widths(diagram["signal"]), default=1) // 5))
    text = wavedrom.render(json.dumps({**diagram, "config": {"hscale": scale}})).tostring()
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    # Rules of a page reach shapes by their own class alone, and must reach nothing else.
    text = re.sub(r'class="(s\d+)"', r'class="wave-\1"', text)
    used = set(re.findall(r'xlink:href="#([^"]+)"', text))

    def kept(found: re.Match[str]) -> str:
        return found[0] if found[1] in used else ""

    # The definitions hold every shape that there is; a diagram needs some.
    defs = re.search(r"<defs>.*?</defs>", text, re.DOTALL)
    if defs is not None:
        shapes = re.sub(r'<g id="([^"]+)">(?:(?!</?g\b).)*</g>', kept, defs[0], flags=re.DOTALL)
        text = text.replace(defs[0], shapes)
    return text


def _widths(signals: Sequence[dict[str, Any]]) -> list[int]:
    """Return the characters of each word by the cycles that it has room for."""
    widths = []
    for signal in signals:
        rooms = [1 + len(dots) for dots in re.findall(r"=(\.*)", signal["wave"])]
        for word, room in zip(signal.get("data", ()), rooms, strict=True):
            widths.append(-(-len(word) // room))
    return widths
