"""Library and netlist with which OpenSTA takes the activity of every net as it is given.

OpenSTA 2.0 keeps the activities of input ports, and computes those behind gates anew, as if the
inputs of a gate were independent. It also counts the energies of a rising and of a falling
transition together for each transition. Both are undone here, without a change of loads and
slopes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["ACTIVITIES", "gate_outputs", "power_library", "power_netlist"]

# The port with the activities of all gates, and the pin of a gate that takes one, by output.
ACTIVITIES = "goldstream_activity"
PIN = "GOLDSTREAM_{}"

ADDED = """  pin({pin})  {{
    direction : input;
    capacitance : 0;
    rise_capacitance : 0;
    fall_capacitance : 0;
  }}
"""
CELL = re.compile(r"(?=^cell ?\()", re.MULTILINE)
# A line inside of a group that ends with a brace after two or four spaces.
IN_CELL, IN_PIN = r"(?:(?!^  \}).*\n)*", r"(?:(?!^    \}).*\n)*"
PINS = re.compile(rf"^  pin ?\((\w+)\) *\{{\n{IN_CELL}^  \}}\n", re.MULTILINE)
OUTPUT = re.compile(rf"^  pin ?\((\w+)\) *\{{\n{IN_CELL}?^ *function : .*\n", re.MULTILINE)
STATE = re.compile(rf"^  (?:ff|latch) ?\([^)]*\) *\{{\n{IN_CELL}^  \}}\n", re.MULTILINE)
FUNCTION = re.compile(r"^( *function : )\".*\";", re.MULTILINE)
POWER = re.compile(rf"^    internal_power ?\(\) *\{{\n{IN_PIN}^    \}}\n", re.MULTILINE)
VALUES = re.compile(r"values *\([^)]*\)")
NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
INSTANCE = re.compile(r"^  (\w+) (\w+) \((\n(?:    .*\n)*?)  \);", re.MULTILINE)


def power_library(text: str) -> str:
    """Return a Liberty library for power alone.

    The function of an output is an added input, whose activity is thus that of a gate's
    output. Registers have no state, so that the activity of their outputs stays as it is set,
    and their added input is left open. Energies
    are the mean of a rising and a falling transition, and of all inputs that may have caused
    it.

    Parameters
    ----------
    text : str
        In the form of the OSU library: a pin's group is closed by a line of two spaces and a
        brace.
    """
    first, *cells = CELL.split(text)
    return first + "".join(map(_power_cell, cells))


def _power_cell(text: str) -> str:
    gate = STATE.search(text) is None
    outputs = [found[1] for found in OUTPUT.finditer(text)]

    def power_pin(found: re.Match[str]) -> str:
        body, name = found[0], found[1]
        related = len(POWER.findall(body))
        # OpenSTA gives a gate half of each table, and all others whole ones.
        factor = 1 / related if gate and name in outputs and related else 0.5
        body = POWER.sub(lambda power: _scaled(power[0], factor), body)
        if name in outputs:
            pin = PIN.format(name)
            body = FUNCTION.sub(rf'\1"{pin}";', body) + ADDED.format(pin=pin)
        return body

    return PINS.sub(power_pin, STATE.sub("", text))


def _scaled(text: str, factor: float) -> str:
    def scale(values: re.Match[str]) -> str:
        return NUMBER.sub(lambda n: f"{float(n[0]) * factor:.9g}", values[0])

    return VALUES.sub(scale, text)


def gate_outputs(library: str) -> dict[str, tuple[str, ...]]:
    """Return the outputs of each cell of a library that is a gate, by the cell's name."""
    found = {}
    for cell in CELL.split(library)[1:]:
        name = re.match(r"cell ?\((\w+)\)", cell)
        if name is not None and STATE.search(cell) is None:
            found[name[1]] = tuple(match[1] for match in OUTPUT.finditer(cell))
    return found


def power_netlist(
    text: str, module: str, gates: Mapping[str, tuple[str, ...]]
) -> tuple[str, dict[str, str]]:
    """Return a netlist whose gates take their activities from ports, and which ones.

    Parameters
    ----------
    text : str
        As Yosys writes it, of one module.
    module : str
    gates : mapping of str to tuple of str
        From `gate_outputs`.

    Returns
    -------
    netlist : str
    ports : dict of str to str
        The port of each gate's output, such as ``n5/Y``.
    """
    ports: dict[str, str] = {}

    def connections(kind: str, name: str, body: str) -> Iterator[str]:
        for output in gates.get(kind, ()):
            if re.search(rf"\.{output}\(", body):
                port = f"{ACTIVITIES}[{len(ports)}]"
                ports[f"{name}/{output}"] = port
                yield f",\n    .{PIN.format(output)}({port})\n"

    def connect(found: re.Match[str]) -> str:
        kind, name, body = found.groups()
        added = "".join(connections(kind, name, body)).replace("\n,", ",")
        return f"  {kind} {name} ({body.rstrip()}{added or chr(10)}  );"

    text = INSTANCE.sub(connect, text)
    if ports:
        start = text.index(f"module {module}(")
        end = text.index(");", start)
        wires = f"\n  input [{len(ports) - 1}:0] {ACTIVITIES};"
        text = f"{text[:end]}, {ACTIVITIES});{wires}{text[end + 2 :]}"
    return text, ports
