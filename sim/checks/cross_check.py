"""Cross-check: the emitted Verilog against the golden model, every bit of every cycle."""

from __future__ import annotations

import dataclasses
import shlex
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, check_integer

from ..catalog import catalog, find
from ..entry import Entry
from ..simulation.bench import Bench, Item, Run
from ..simulation.stimulus import random_control
from ..simulation.waveform import write_waveform
from ..tools import check_simulator, require
from .faults import Fault, faults
from .verification import Mismatch, Verification

__all__ = ["compare", "verify", "verify_many"]

# Lanes cost a compiler's time and cycles a simulator's; these two balance.
CYCLES = 32_768
LANES = 4
SEED = 1

# A fault is seen in any lane, so one serves as well as many and builds faster.
FAULTY_LANES = 1

# A bench beyond this many bits takes a compiler too long; the rest goes to the next one.
BENCH_BITS = 24_000


# An entry of the catalogue, the sets of its parameters, and the one that faults are planted in.
_Target = tuple[Entry, tuple[Circuit, ...], Circuit]


@dataclasses.dataclass(frozen=True)
class _Settings:
    """What all checks of a call have in common."""

    cycles: int
    lanes: int
    simulator: str
    seed: int
    waveforms: Path | None


@dataclasses.dataclass(frozen=True)
class _Check:
    """One item of a bench: a set of parameters, and the fault in it if there is one."""

    entry: Entry
    parameters: Circuit
    fault: Fault | None
    item: Item


@dataclasses.dataclass(frozen=True)
class _Finding:
    """What the simulation showed of a check."""

    check: _Check
    bits: int
    mismatches: int
    seconds: float
    first: Mismatch | None


def _targets(names: Sequence[str] | None, parameters: Circuit | None) -> list[_Target]:
    """Return what is to be checked."""
    if parameters is not None:
        entry = _entry_of(parameters)
        return [(entry, (parameters,), entry.planted or entry.default)]
    # A circuit that is named twice is checked once.
    entries = catalog() if names is None else tuple(map(find, dict.fromkeys(names)))
    return [(entry, entry.all, entry.planted or entry.default) for entry in entries]


def _entry_of(parameters: Circuit) -> Entry:
    for entry in catalog():
        if type(entry.default) is type(parameters):
            return entry
    raise ValueError(f"{type(parameters).__name__} is not in the catalogue")


def _prepare(targets: Sequence[_Target], lanes: int, plant: int) -> list[_Check]:
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


def _simulated(
    checks: Sequence[_Check], settings: _Settings, told: set[str]
) -> Iterator[_Finding]:
    """Simulate a bench; `told` has the circuits whose first mismatch was found before."""
    from ..simulation.simulator import simulate

    begin = time.perf_counter()
    bench = Bench(tuple(check.item for check in checks))
    runs = [_run_of(check, settings.cycles, settings.seed) for check in checks]
    response, unknown = simulate(bench, bench.stimulus(runs), settings.simulator)
    actual, holes = bench.responses(response), bench.responses(unknown)
    seconds = time.perf_counter() - begin
    for check, run, outputs, hole in zip(checks, runs, actual, holes, strict=True):
        model, _ = check.parameters.run(
            run.inputs,
            cycles=settings.cycles,
            lanes=check.item.lanes,
            enable=run.enable,
            rst=run.rst,
        )
        mismatches, place = compare(model, outputs, hole, check.parameters)
        first = None
        if place is not None and check.fault is None and check.entry.name not in told:
            told.add(check.entry.name)
            first = _mismatch(check, settings, run, place, model, outputs, hole)
        yield _Finding(
            check=check,
            bits=check.item.bits("out") * settings.cycles,
            mismatches=mismatches,
            seconds=seconds * check.item.bits("out") / bench.response_bits,
            first=first,
        )


def _mismatch(
    check: _Check,
    settings: _Settings,
    run: Run,
    place: tuple[int, int, str],
    model: dict[str, NDArray[np.int64]],
    outputs: dict[str, NDArray[np.int64]],
    unknown: dict[str, NDArray[np.int64]],
) -> Mismatch:
    """Describe the place where a circuit first differs, and keep a waveform if asked to."""
    cycle, column, name = place
    port = next(port for port in check.parameters.outputs if port.name == name)
    lane, element = divmod(column, port.count)
    wave = None
    if settings.waveforms is not None:
        path = settings.waveforms / f"{check.entry.name}.vcd"
        wave = write_waveform(
            path, check.parameters, run, model, outputs, lane=lane, cycle=cycle
        )
    return Mismatch(
        name=check.entry.name,
        parameters=check.parameters.to_dict(),
        seed=settings.seed,
        cycle=cycle,
        lane=lane,
        element=element,
        port=name,
        expected=int(model[name][cycle, column]),
        actual=None if unknown[name][cycle, column] else int(outputs[name][cycle, column]),
        command=_command(check, settings),
        waveform=None if wave is None else str(wave),
    )


def _command(check: _Check, settings: _Settings) -> str:
    """Return the command that repeats a check."""
    what = ["goldstream", "verify", check.entry.name]
    if check.parameters != check.entry.default:
        what += ["--parameters", check.parameters.to_json()]
    for name, value in (
        ("--sim", settings.simulator),
        ("--cycles", settings.cycles),
        ("--lanes", settings.lanes),
        ("--seed", settings.seed),
    ):
        what += [name, str(value)]
    return shlex.join(what)


def _verdict(
    target: _Target, findings: Sequence[_Finding], settings: _Settings
) -> Verification:
    """Sum up what was found of one circuit."""
    entry, sets, _ = target
    mine = [finding for finding in findings if finding.check.entry is entry]
    sound = [finding for finding in mine if finding.check.fault is None]
    planted = [(f.check.fault, f.mismatches) for f in mine if f.check.fault is not None]
    missed = tuple(
        f"{fault.kind} in line {fault.line}: {fault.before} -> {fault.after}"
        for fault, mismatches in planted
        if not mismatches
    )
    return Verification(
        name=entry.name,
        parameters=sets[0].to_dict(),
        parameter_sets=len(sets),
        simulator=settings.simulator,
        cycles=settings.cycles,
        lanes=settings.lanes,
        bits_compared=sum(finding.bits for finding in sound),
        mismatches=sum(finding.mismatches for finding in sound),
        faults_planted=len(planted),
        faults_caught=len(planted) - len(missed),
        missed=missed,
        seconds=round(sum(finding.seconds for finding in mine), 3),
        first=next((f.first for f in sound if f.first is not None), None),
    )


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
    settings = _Settings(
        cycles=check_integer("cycles", cycles, 1, 10**9),
        lanes=check_integer("lanes", lanes, 1, 4096),
        simulator=simulator,
        seed=check_integer("seed", seed, 0, 2**63 - 1),
        waveforms=waveforms,
    )
    plant = check_integer("number of faults", plant, 0, 1000)
    targets = _targets(names, parameters)
    check_simulator(simulator)
    require("amaranth", "rtl")

    progress("emitting Verilog", 0.0)
    groups = _benches(_prepare(targets, settings.lanes, plant))
    findings: list[_Finding] = []
    told: set[str] = set()
    for number, group in enumerate(groups):
        progress(f"bench {number + 1} of {len(groups)}", number / len(groups))
        findings += _simulated(group, settings, told)
    progress("done", 1.0)
    return [_verdict(target, findings, settings) for target in targets]


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
