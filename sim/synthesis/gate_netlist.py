"""A netlist of cells as Boolean operations in the order in which they can be computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .yosys import read_json

__all__ = ["GateNetlist", "read_netlist"]

# Operations are ((a ^ A) & (b ^ B)) ^ Y or (a ^ b) ^ Y, with A, B and Y all zeros or all ones:
# a 1 in the first place tells the second form, and the others are A, B and Y.
OPERATIONS = {
    "$_BUF_": (0, 0, 0, 0),
    "$_NOT_": (0, 0, 0, 1),
    "$_AND_": (0, 0, 0, 0),
    "$_NAND_": (0, 0, 0, 1),
    "$_OR_": (0, 1, 1, 1),
    "$_NOR_": (0, 1, 1, 0),
    "$_ANDNOT_": (0, 0, 1, 0),
    "$_ORNOT_": (0, 1, 0, 1),
    "$_XOR_": (1, 0, 0, 0),
    "$_XNOR_": (1, 0, 0, 1),
}

FLIP_FLOP = "$_DFF_P_"

# Yosys numbers nets from 2 on, and writes constants as text.
CONSTANTS = {"0": 0, "1": 1, "x": 0, "z": 0}


@dataclasses.dataclass(frozen=True)
class GateNetlist:
    """A netlist of cells for simulation.

    Attributes
    ----------
    size : int
        Number of nets. Net 0 is 0, and net 1 is 1.
    operations : int32 array ``[n, 3]``
        Nets a, b and y of each operation, every one behind those that it depends on.
    forms : uint8 array ``[n, 4]``
        Whether the operation is XOR, and whether a, b and y are inverted.
    flip_flops : int32 array ``[n, 2]``
        Nets D and Q.
    initial : uint8 array ``[n]``
        What each flip-flop holds before the first cycle.
    ports : dict of str to list of int
        The nets of each port, lowest bit first.
    drivers : dict of str to int
        The net of each pin of a cell that drives one, by ``cell/pin``.
    """

    size: int
    operations: NDArray[np.int32]
    forms: NDArray[np.uint8]
    flip_flops: NDArray[np.int32]
    initial: NDArray[np.uint8]
    ports: dict[str, list[int]]
    drivers: dict[str, int]


def read_netlist(folder: Path, module: str) -> GateNetlist:
    """Read ``netlist.json`` and the functions of its cells from ``cells.json``.

    Raises
    ------
    RuntimeError
        If a cell has a function other than gates and rising-edge flip-flops, or if gates
        form a loop.
    """
    top = read_json(folder / "netlist.json")["modules"][module]
    library = read_json(folder / "cells.json")["modules"]
    names = {"\\" + name.lstrip("\\"): body for name, body in library.items()}
    size = 1 + max([1, *_bits(top)])
    operations: list[tuple[int, int, int, tuple[int, ...]]] = []
    flip_flops: list[tuple[int, int]] = []
    drivers = {}
    for cell, facts in top["cells"].items():
        body = names["\\" + facts["type"].lstrip("\\")]
        ports = body["ports"]
        nets: dict[Any, int] = {}
        # Inputs come first: inside of a buffer the output is the same net.
        for pin, (bit,) in sorted(
            facts["connections"].items(), key=lambda item: ports[item[0]]["direction"]
        ):
            (inside,), net = ports[pin]["bits"], CONSTANTS.get(bit, bit)
            if ports[pin]["direction"] == "output":
                drivers[f"{cell}/{pin}"] = net
                if inside in nets:
                    operations.append((nets[inside], nets[inside], net, OPERATIONS["$_BUF_"]))
                    continue
            nets[inside] = net
        for part in _needed(body, nets):
            for bit in part["connections"].values():
                if bit[0] not in nets:
                    nets[bit[0]] = CONSTANTS.get(bit[0], size)
                    size += bit[0] not in CONSTANTS
            pins = {pin: nets[bit] for pin, (bit,) in part["connections"].items()}
            if part["type"] == FLIP_FLOP:
                flip_flops.append((pins["D"], pins["Q"]))
            elif part["type"] in OPERATIONS:
                a = pins["A"]
                form = OPERATIONS[part["type"]]
                operations.append((a, pins.get("B", a), pins["Y"], form))
            else:
                raise RuntimeError(f"the cell {facts['type']} has a part {part['type']}")
    ordered = _ordered(operations, {q for _, q in flip_flops})
    initial = _initial(top)
    return GateNetlist(
        size=size,
        operations=np.array([o[:3] for o in ordered], np.int32).reshape(-1, 3),
        forms=np.array([o[3] for o in ordered], np.uint8).reshape(-1, 4),
        flip_flops=np.array(flip_flops, np.int32).reshape(-1, 2),
        initial=np.array([initial.get(q, 0) for _, q in flip_flops], np.uint8),
        ports={
            name: [CONSTANTS.get(bit, bit) for bit in port["bits"]]
            for name, port in top["ports"].items()
        },
        drivers=drivers,
    )


def _bits(top: Mapping[str, Any]) -> Iterable[int]:
    """Yield the numbers of all nets."""
    groups = [port["bits"] for port in top["ports"].values()]
    groups += [bits for cell in top["cells"].values() for bits in cell["connections"].values()]
    yield from (bit for group in groups for bit in group if isinstance(bit, int))


def _needed(body: Mapping[str, Any], nets: Mapping[Any, int]) -> list[Mapping[str, Any]]:
    """Return the parts of a cell that its connected outputs depend on."""
    parts = {}
    for part in body["cells"].values():
        output = "Q" if "Q" in part["connections"] else "Y"
        parts[part["connections"][output][0]] = part
    wanted = [
        port["bits"][0]
        for port in body["ports"].values()
        if port["direction"] == "output" and port["bits"][0] in nets
    ]
    found: dict[Any, Mapping[str, Any]] = {}
    for bit in wanted:
        if bit in parts and bit not in found:
            found[bit] = parts[bit]
            # The list grows while it is read.
            wanted += [b for (b,) in parts[bit]["connections"].values()]
    return list(found.values())


def _ordered(
    operations: list[tuple[int, int, int, tuple[int, ...]]], states: set[int]
) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """Return operations so that each comes behind those that drive its inputs."""
    driver = {operation[2]: number for number, operation in enumerate(operations)}
    waiting = [0] * len(operations)
    readers: dict[int, list[int]] = {}
    for number, (a, b, *_) in enumerate(operations):
        for net in (a, b):
            if net in driver and net not in states:
                waiting[number] += 1
                readers.setdefault(driver[net], []).append(number)
    ready = [number for number, count in enumerate(waiting) if not count]
    for number in ready:
        for reader in readers.get(number, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(ready) < len(operations):
        raise RuntimeError("gates of the netlist form a loop")
    return [operations[number] for number in ready]


def _initial(top: Mapping[str, Any]) -> dict[int, int]:
    """Return the initial values of nets, which Yosys writes highest bit first."""
    found = {}
    for facts in top["netnames"].values():
        text = str(facts["attributes"].get("init", ""))[::-1]
        for bit, value in zip(facts["bits"], text, strict=False):
            if isinstance(bit, int) and value in "01":
                found[bit] = int(value)
    return found
