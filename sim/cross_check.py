"""Cross-check: the emitted Verilog against the golden model, every bit of every cycle."""

from __future__ import annotations

import dataclasses
import shlex
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from fixedpoint.parameters import check_integer

from .bench import Bench, Item, Run
from .catalog import catalog, find
from .entry import Entry
from .faults import Fault, faults
from .stimulus import random_control
from .tools import check_simulator, require
from .waveform import write_waveform

__all__ = ["Mismatch", "Verification", "compare", "verify", "verify_many"]

# Lanes cost a compiler's time and cycles a simulator's; these two balance.
CYCLES = 32_768
LANES = 4
SEED = 1

# A fault is seen in any lane, so one serves as well as many and builds faster.
FAULTY_LANES = 1

# A bench beyond this many bits takes a compiler too long; the rest goes to the next one.
BENCH_BITS = 24_000


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """The first place where the hardware differs from its model.

    Attributes
    ----------
    name : str
        The circuit.
    parameters : dict
    seed, cycle, lane, element : int
        `lane` counts instances, `element` the places of a port of several.
    port : str
    expected, actual : int
        What the model says, and what the simulator showed; `actual` is None where a bit
        was neither 0 nor 1.
    command : str
        Repeats this check alone.
    waveform : str or None
        A VCD file of the ports around the cycle, expected beside actual.
    """

    name: str
    parameters: dict[str, Any]
    seed: int
    cycle: int
    lane: int
    element: int
    port: str
    expected: int
    actual: int | None
    command: str
    waveform: str | None = None

    def __str__(self) -> str:
        actual = "an unknown value" if self.actual is None else str(self.actual)
        place = f"cycle {self.cycle}, lane {self.lane}"
        if self.element:
            place += f", element {self.element}"
        lines = [
            f"{self.name}: port {self.port} shows {actual}, not {self.expected}, at {place}",
            f"  parameters {self.parameters}",
            f"  repeat with: {self.command}",
        ]
        if self.waveform:
            lines.append(f"  waveform: {self.waveform}")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Verification:
    """What the cross-check of one circuit found.

    Attributes
    ----------
    name : str
        Its name in the catalogue.
    parameters : dict
        The parameters, or the default ones where several sets were checked.
    parameter_sets : int
        How many sets of parameters were checked.
    simulator : str
    cycles, lanes : int
        Of each set.
    bits_compared, mismatches : int
        Output bits of all sets, and how many of them differed.
    faults_planted, faults_caught : int
        Negative controls, planted in the parameters that the entry names for it.
    missed : tuple of str
        The faults that were not caught.
    seconds : float
        The circuit's share, by bits, of the time that its benches took.
    first : Mismatch or None
    """

    name: str
    parameters: dict[str, Any]
    parameter_sets: int
    simulator: str
    cycles: int
    lanes: int
    bits_compared: int
    mismatches: int
    faults_planted: int
    faults_caught: int
    missed: tuple[str, ...]
    seconds: float
    first: Mismatch | None

    @property
    def passed(self) -> bool:
        """Whether all bits were equal and all faults were caught."""
        return not self.mismatches and self.faults_caught == self.faults_planted

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class _Check:
    """One item of a bench: a set of parameters, and the fault in it if there is one."""

    entry: Entry
    parameters: Circuit
    fault: Fault | None
    item: Item


def _entry_of(parameters: Circuit) -> Entry:
    for entry in catalog():
        if type(entry.default) is type(parameters):
            return entry
    raise ValueError(f"{type(parameters).__name__} is not in the catalogue")


def _prepare(
    targets: Sequence[tuple[Entry, tuple[Circuit, ...], Circuit]], lanes: int, plant: int
) -> list[_Check]:
    """Emit the Verilog of everything to be checked, faults included."""
    import rtl

    named: dict[str, tuple[Entry, Circuit, bool]] = {}
    for i, (entry, sets, sound) in enumerate(targets):
        for j, parameters in enumerate(sets):
            named[f"check{i}_{j}"] = (entry, parameters, False)
        named[f"sound{i}"] = (entry, sound, True)
    texts = rtl.to_verilog_many({name: row[1] for name, row in named.items()})
    checks = []
    for name, (entry, parameters, planted) in named.items():
        text = texts[name]
        if not planted:
            checks.append(_Check(entry, parameters, None, Item(parameters, name, text, lanes)))
            continue
        for k, fault in enumerate(faults(text, plant)):
            module = f"{name}_fault{k}"
            item = Item(
                parameters,
                module,
                fault.verilog.replace(name, module),
                min(lanes, FAULTY_LANES),
            )
            checks.append(_Check(entry, parameters, fault, item))
    return checks


def _benches(checks: list[_Check]) -> list[list[_Check]]:
    groups: list[list[_Check]] = [[]]
    size = 0
    for check in checks:
        bits = check.item.bits("in") + check.item.bits("out")
        if groups[-1] and size + bits > BENCH_BITS:
            groups.append([])
            size = 0
        groups[-1].append(check)
        size += bits
    return groups


def _run_of(check: _Check, cycles: int, seed: int) -> Run:
    """Return the stimulus of a set of parameters, whatever else is on the bench."""
    key = zlib.crc32(check.parameters.to_json().encode())
    rng = np.random.default_rng([seed, key])
    inputs = check.entry.stimulus(check.parameters, cycles, check.item.lanes, rng)
    arrays = {p.name: p.check(inputs[p.name]) for p in check.parameters.inputs}
    return Run(arrays, *random_control(cycles, rng))


def compare(
    expected: dict[str, NDArray[np.int64]],
    actual: dict[str, NDArray[np.int64]],
    unknown: dict[str, NDArray[np.int64]],
    parameters: Circuit,
) -> tuple[int, tuple[int, int, str] | None]:
    """Count the bits that differ, and find the first of them.

    Parameters
    ----------
    expected, actual, unknown : dict of str to int64 array ``[cycles, columns]``
        For each output port: the model's values, the simulator's, and a mask of the bits
        that were neither 0 nor 1, which always count as different.

    Returns
    -------
    mismatches : int
    first : (cycle, column, port) or None
    """
    mismatches = 0
    first: tuple[int, int, str] | None = None
    for port in parameters.outputs:
        mask = np.uint64((1 << port.width) - 1)
        differ = (expected[port.name] ^ actual[port.name]).view(np.uint64) & mask
        differ |= unknown[port.name].view(np.uint64) & mask
        mismatches += int(np.bitwise_count(differ).sum())
        cycles = np.flatnonzero(differ.any(axis=1))
        if len(cycles) and (first is None or cycles[0] < first[0]):
            cycle = int(cycles[0])
            first = (cycle, int(np.flatnonzero(differ[cycle])[0]), port.name)
    return mismatches, first


def _command(check: _Check, cycles: int, lanes: int, seed: int, simulator: str) -> str:
    what = ["goldstream", "verify", check.entry.name]
    if check.parameters != check.entry.default:
        what += ["--parameters", check.parameters.to_json()]
    options = ["--sim", simulator, "--cycles", cycles, "--lanes", lanes, "--seed", seed]
    return shlex.join([str(word) for word in (*what, *options)])


def verify_many(
    names: Sequence[str] | None = None,
    *,
    parameters: Circuit | None = None,
    cycles: int = CYCLES,
    lanes: int = LANES,
    simulator: str = "verilator",
    seed: int = SEED,
    plant: int = 12,
    waveforms: Path | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> list[Verification]:
    """Cross-check circuits, many to a simulation.

    Parameters
    ----------
    names : sequence of str, optional
        Circuits of the catalogue, each with its default and edge parameters; by default
        all of them.
    parameters : Circuit, optional
        One set of parameters to check instead.
    cycles, lanes : int
        How long, and how many instances side by side, each with stimulus of its own.
    simulator : {"verilator", "icarus"}
    seed : int
        Of the stimulus. A circuit's stimulus depends on it and on its parameters alone.
    plant : int
        Most faults planted in each circuit; 0 for none.
    waveforms : pathlib.Path, optional
        Directory for the waveforms of mismatches; by default none are kept.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    list of Verification

    Raises
    ------
    ValueError
        If a name is unknown or a number is out of range.
    ToolError
        If the simulator is not there.
    """
    cycles = check_integer("cycles", cycles, 1, 10**9)
    lanes = check_integer("lanes", lanes, 1, 4096)
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    plant = check_integer("number of faults", plant, 0, 1000)
    targets: list[tuple[Entry, tuple[Circuit, ...], Circuit]]
    if parameters is not None:
        entry = _entry_of(parameters)
        targets = [(entry, (parameters,), entry.planted or entry.default)]
    else:
        # A circuit that is named twice is checked once.
        entries = catalog() if names is None else tuple(map(find, dict.fromkeys(names)))
        targets = [(e, e.all, e.planted or e.default) for e in entries]
    check_simulator(simulator)
    require("amaranth", "rtl")
    from .simulator import simulate

    progress("emitting Verilog", 0.0)
    checks = _prepare(targets, lanes, plant)
    found: dict[int, tuple[int, tuple[int, int, str] | None, int, float]] = {}
    first_of: dict[str, Mismatch] = {}
    place = {id(check): number for number, check in enumerate(checks)}
    groups = _benches(checks)
    for number, group in enumerate(groups):
        progress(f"bench {number + 1} of {len(groups)}", number / len(groups))
        begin = time.perf_counter()
        bench = Bench(tuple(check.item for check in group))
        runs = [_run_of(check, cycles, seed) for check in group]
        response, unknown = simulate(bench, bench.stimulus(runs), simulator)
        actual, holes = bench.responses(response), bench.responses(unknown)
        seconds = time.perf_counter() - begin
        for check, run, outputs, hole in zip(group, runs, actual, holes, strict=True):
            model, _ = check.parameters.run(
                run.inputs,
                cycles=cycles,
                lanes=check.item.lanes,
                enable=run.enable,
                rst=run.rst,
            )
            mismatches, first = compare(model, outputs, hole, check.parameters)
            bits = check.item.bits("out") * cycles
            share = seconds * check.item.bits("out") / bench.response_bits
            found[place[id(check)]] = (mismatches, first, bits, share)
            if first is None or check.fault is not None or check.entry.name in first_of:
                continue
            cycle, column, port_name = first
            port = next(p for p in check.parameters.outputs if p.name == port_name)
            wave = None
            if waveforms is not None:
                lane = column // port.count
                wave = write_waveform(
                    waveforms / f"{check.entry.name}.vcd",
                    check.parameters,
                    run,
                    model,
                    outputs,
                    lane=lane,
                    cycle=cycle,
                )
            holed = bool(hole[port_name][cycle, column])
            first_of[check.entry.name] = Mismatch(
                name=check.entry.name,
                parameters=check.parameters.to_dict(),
                seed=seed,
                cycle=cycle,
                lane=column // port.count,
                element=column % port.count,
                port=port_name,
                expected=int(model[port_name][cycle, column]),
                actual=None if holed else int(outputs[port_name][cycle, column]),
                command=_command(check, cycles, lanes, seed, simulator),
                waveform=None if wave is None else str(wave),
            )
    progress("done", 1.0)
    results = []
    for entry, sets, _ in targets:
        mine = [(c, *found[place[id(c)]]) for c in checks if c.entry is entry]
        sound = [row for row in mine if row[0].fault is None]
        planted = [row for row in mine if row[0].fault is not None]
        missed = tuple(
            f"{c.fault.kind} in line {c.fault.line}: {c.fault.before} -> {c.fault.after}"
            for c, mismatches, *_ in planted
            if c.fault is not None and not mismatches
        )
        results.append(
            Verification(
                name=entry.name,
                parameters=sets[0].to_dict(),
                parameter_sets=len(sets),
                simulator=simulator,
                cycles=cycles,
                lanes=lanes,
                bits_compared=sum(row[3] for row in sound),
                mismatches=sum(row[1] for row in sound),
                faults_planted=len(planted),
                faults_caught=len(planted) - len(missed),
                missed=missed,
                seconds=round(sum(row[4] for row in mine), 3),
                first=first_of.get(entry.name),
            )
        )
    return results


def verify(
    parameters_or_name: Circuit | str,
    *,
    cycles: int = CYCLES,
    lanes: int = LANES,
    simulator: str = "verilator",
    seed: int = SEED,
    plant: int = 12,
    waveforms: Path | None = None,
) -> Verification:
    """Cross-check one circuit: a name of the catalogue, or any circuit's parameters.

    See `verify_many` for the other parameters and the errors.

    Returns
    -------
    Verification
    """
    named = isinstance(parameters_or_name, str)
    return verify_many(
        [parameters_or_name] if named else None,  # type: ignore[list-item]
        parameters=None if named else parameters_or_name,  # type: ignore[arg-type]
        cycles=cycles,
        lanes=lanes,
        simulator=simulator,
        seed=seed,
        plant=plant,
        waveforms=waveforms,
    )[0]
