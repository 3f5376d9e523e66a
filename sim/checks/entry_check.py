"""The cross-check of one catalogue entry: its bench against its golden model."""

from __future__ import annotations

import dataclasses
import shlex
import time
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

from ..catalog import catalog, file_of
from ..entry import Entry
from ..simulation.bench import Item, Run
from ..simulation.stimulus import planned_run
from ..simulation.user_verilog import UserVerilog
from ..simulation.waveform import write_waveform
from .entry_bench import EntryBench
from .verification import Mismatch, Verification

__all__ = ["Settings", "check_entry"]

Outputs = dict[str, NDArray[np.int64]]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What all checks of a call share; see `verify_many`."""

    cycles: int
    lanes: int
    simulator: str
    seed: int
    waveforms: Path | None


def check_entry(prepared: EntryBench, settings: Settings) -> Verification:
    """Simulate an entry's bench, run the models on the same stimulus, and compare.

    Raises
    ------
    ValueError
        If there are too few cycles to compare one.
    """
    from ..simulation.simulator import simulate

    begin = time.perf_counter()
    entry, bench, checked = prepared.entry, prepared.bench, prepared.checked
    given = prepared.given
    runs = [_run(entry, item, settings) for item in bench.items]
    begun = 0
    if given is not None:
        runs = [given.drive(run) for run in runs]
        begun = _end_of_reset(entry.default, runs[0])
    if begun >= settings.cycles:
        raise ValueError(
            f"cycles must be at least {begun + 1}, so that one is compared after the first "
            f"reset, not {settings.cycles}"
        )
    response, unknown = simulate(bench, bench.stimulus(runs), settings.simulator)
    expected = [
        _expected(item, run, settings) for item, run in zip(bench.items, runs, strict=True)
    ]
    # Registers may hold anything before.
    response[:begun] = bench.pack_outputs(expected)[:begun]
    unknown[:begun] = 0
    differences = bench.differences(expected, response, unknown)
    wrong = [i for i in range(len(checked)) if differences[i][0].bits]
    first = None
    if wrong:
        i = wrong[0]
        actual, holes = (bench.responses(bus)[i] for bus in (response, unknown))
        cycle = differences[i][0].cycle
        first = _mismatch(
            entry, checked[i], settings, runs[i], cycle, expected[i], actual, holes, given
        )
    missed = tuple(
        str(fault)
        for fault, difference in zip(
            prepared.faults, differences[prepared.planted][1:], strict=True
        )
        if not difference.bits
    )
    return Verification(
        name=entry.name,
        parameters=entry.default.to_dict(),
        parameter_sets=len(checked),
        simulator=settings.simulator,
        cycles=settings.cycles,
        lanes=settings.lanes,
        bits_compared=sum(item.bits("out") for item in checked) * (settings.cycles - begun),
        mismatches=sum(differences[i][0].bits for i in wrong),
        faults_planted=len(prepared.faults),
        faults_caught=len(prepared.faults) - len(missed),
        missed=missed,
        seconds=round(time.perf_counter() - begin, 3),
        first=first,
    )


def _run(entry: Entry, item: Item, settings: Settings) -> Run:
    """Return the stimulus of a parameter set, which depends on it and the seed alone."""
    key = zlib.crc32(item.parameters.to_json().encode())
    rng = np.random.default_rng([settings.seed, key])
    cycles, lanes = settings.cycles, item.lanes
    return planned_run(item.parameters, cycles, lanes, rng, entry.stimulus, entry.directed)


def _end_of_reset(parameters: Circuit, run: Run) -> int:
    """Return the number of cycles until the first reset has taken effect, if there is one."""
    if not (parameters.sequential and run.rst.any()):
        return 0
    return int(run.rst.argmax()) + 1


def _expected(item: Item, run: Run, settings: Settings) -> Outputs:
    outputs, _ = item.parameters.run(
        run.inputs,
        cycles=settings.cycles,
        lanes=item.lanes,
        enable=run.enable,
        rst=run.rst,
    )
    return outputs


def _mismatch(
    entry: Entry,
    item: Item,
    settings: Settings,
    run: Run,
    cycle: int,
    expected: Outputs,
    actual: Outputs,
    unknown: Outputs,
    given: UserVerilog | None,
) -> Mismatch:
    """Describe the first mismatch of a parameter set, and write a waveform if asked to."""
    wrong = {
        name: (expected[name][cycle] != actual[name][cycle]) | (unknown[name][cycle] != 0)
        for name in expected
    }
    port = next(port for port in item.ports("out") if wrong[port.name].any())
    column = int(wrong[port.name].argmax())
    lane, element = divmod(column, port.count)
    wave = without = None
    if settings.waveforms is not None:
        try:
            wave = write_waveform(
                settings.waveforms / f"{entry.name}.vcd",
                item.parameters,
                run,
                expected,
                actual,
                unknown,
                lane=lane,
                cycle=cycle,
            )
        except ValueError as error:
            # The mismatch is what matters.
            without = str(error)
    known = not unknown[port.name][cycle, column]
    return Mismatch(
        name=entry.name,
        parameters=item.parameters.to_dict(),
        seed=settings.seed,
        cycle=cycle,
        lane=lane,
        element=element,
        port=port.name,
        expected=int(expected[port.name][cycle, column]),
        actual=int(actual[port.name][cycle, column]) if known else None,
        command=_command(entry, item.parameters, settings, given),
        waveform=None if wave is None else str(wave),
        without_waveform=without,
    )


def _command(
    entry: Entry, parameters: Circuit, settings: Settings, given: UserVerilog | None
) -> str:
    """Return the command that repeats the check of one parameter set."""
    known = next((e for e in catalog() if e.name == entry.name), None)
    if known is None or type(known.default) is not type(parameters):
        return _python_command(parameters, settings)
    command = ["goldstream", "verify", entry.name]
    if (file := file_of(known)) is not None:
        command += ["--from", str(file)]
    if parameters != known.default:
        command += ["--parameters", parameters.to_json()]
    if given is not None:
        command += given.options
    for name, value in (
        ("--sim", settings.simulator),
        ("--cycles", settings.cycles),
        ("--lanes", settings.lanes),
        ("--seed", settings.seed),
    ):
        command += [name, str(value)]
    return shlex.join(command)


def _python_command(parameters: Circuit, settings: Settings) -> str:
    """Return the command for a circuit that the command line does not know."""
    values = {
        name: getattr(settings, name) for name in ("simulator", "cycles", "lanes", "seed")
    }
    options = ", ".join(f"{name}={value!r}" for name, value in values.items())
    code = (
        f"import {type(parameters).__module__}, sim; "
        "from fixedpoint.circuit import Parameters; "
        f"parameters = Parameters.from_json({parameters.to_json()!r}); "
        f"print(sim.verify(parameters, {options}))"
    )
    return shlex.join(["python", "-c", code])
