"""The figures of one task of a study."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Parameters
from stochastic.circuit import Netlist
from stochastic.generators.generator import Generator

from ..catalog import find
from ..circuit_files import load_circuits
from ..entry import Entry, no_oracle
from .generator_choice import generators_named
from .input_values import input_values
from .netlist_law import law_of
from .outputs import measured_values
from .study import COLUMNS, Study, Task
from .theory import binomial_rmse, discrepancy_bound
from .value_ports import ValuePort, value_ports, with_encoding

__all__ = ["ONLY_WITH_LAW", "check_circuit", "evaluate", "has_law"]

# What only a study of a circuit with a law can vary.
ONLY_WITH_LAW = ("generators", "widths", "encodings", "fault_rates", "inputs")
PERCENTILES = (50, 90, 99)

Row = dict[str, Any]


def evaluate(study: Study, task: Task, sources: Sequence[str] = ()) -> list[Row]:
    """Return one row for each length and output; the same ones in every process.

    Parameters
    ----------
    study : Study
    task : Task
    sources : sequence of str
        Files that define circuits of the user.
    """
    for path in sources:
        load_circuits(Path(path))
    entry = _entry(study)
    rows = _of_law(study, task, entry) if has_law(entry) else _of_oracle(study, task, entry)
    own = {
        "circuit": study.circuit,
        "parameters": study.parameters,
        "seed": task.seed,
        "inputs": study.inputs,
    }
    return [{name: (own | row)[name] for name in COLUMNS} for row in rows]


def _entry(study: Study) -> Entry:
    parameters = Parameters.from_dict(json.loads(study.parameters))
    assert isinstance(parameters, Circuit)
    entry = find(study.circuit)
    if isinstance(parameters, Netlist) and parameters not in entry.all:
        # Netlists have nothing in common with each other.
        entry = dataclasses.replace(entry, oracle=no_oracle)
    return entry.with_parameters(parameters)


def has_law(entry: Entry) -> bool:
    """Return whether a circuit computes a function of real values that is known."""
    return law_of(entry) is not None and bool(value_ports(entry.default, "unipolar"))


def check_circuit(study: Study) -> None:
    """Raise a ValueError for what the circuit of a study does not offer, before it begins."""
    entry = _entry(study)
    if not has_law(entry):
        for name in ONLY_WITH_LAW:
            default = Study.__dataclass_fields__[name].default
            if getattr(study, name) != default:
                raise ValueError(
                    f"{study.circuit} has no law of values, so that its study compares its "
                    f"oracle and takes no {name}"
                )
        if entry.oracle is no_oracle:
            raise ValueError(
                f"{study.circuit} has neither a law nor an oracle to compare it with: give its "
                "sim.Entry one"
            )
        return
    checked: set[Any] = set()
    for task in study.tasks():
        place = (task.generators, task.width, task.encoding)
        if place not in checked:
            checked.add(place)
            circuit, ports, _ = _prepared(study, task, entry)
        if task.encoding not in checked:
            checked.add(task.encoding)
            rng = np.random.default_rng(0)
            _exact(
                entry,
                circuit,
                input_values(study.inputs, study.samples, ports, rng),
                _common(task),
            )


def _common(task: Task) -> str:
    return task.encoding or "unipolar"


def _prepared(study: Study, task: Task, entry: Entry) -> tuple[Any, list[ValuePort], Any]:
    """Return the circuit, its inputs, and the generators of its streams."""
    circuit, common = with_encoding(entry.default, task.encoding)
    ports = value_ports(circuit, common)
    assert ports is not None
    count = sum(port.port.count for port in ports if not port.coded)
    if not count:
        for name in ("generators", "widths", "fault_rates"):
            if getattr(study, name) != Study.__dataclass_fields__[name].default:
                raise ValueError(
                    f"{study.circuit} takes no streams from outside, so that its study takes "
                    f"no {name}"
                )
    taken = [g for g in circuit.generators if isinstance(g, Generator)]
    generators = generators_named(task.generators, count, task.width, task.seed, taken)
    return circuit, ports, generators


def _exact(
    entry: Entry, circuit: Circuit, values: dict[str, NDArray[np.float64]], common: str
) -> dict[str, NDArray[np.float64]]:
    """Return what the law says of the outputs."""
    law = law_of(entry.with_parameters(circuit))
    assert law is not None
    with np.errstate(all="ignore"):
        found = law(circuit, values, common)
    if not isinstance(found, dict):
        found = {circuit.outputs[0].name: found}
    return {name: np.asarray(value, np.float64) for name, value in found.items()}


def _of_law(study: Study, task: Task, entry: Entry) -> list[Row]:
    circuit, ports, generators = _prepared(study, task, entry)
    common = _common(task)
    # Every task of a seed has the same values, so that differences are those of the circuits.
    values = input_values(
        study.inputs, study.samples, ports, np.random.default_rng([task.seed, 1])
    )
    exact = _exact(entry, circuit, values, common)
    defined = np.all([np.isfinite(value) for value in exact.values()], axis=0)
    if not defined.any():
        raise ValueError(
            f"{study.circuit} is defined for none of the inputs: its law gives no value"
        )
    values = {name: value[defined] for name, value in values.items()}
    exact = {name: value[defined] for name, value in exact.items()}
    encodings = {
        name: encoding or common
        for name, encoding in getattr(circuit, "encodings", {}).items()
        if any(port.name == name for port in circuit.outputs)
    }
    if hasattr(circuit, "encoding"):
        encodings |= {p.name: circuit.encoding for p in circuit.outputs if p.width == 1}
    found, correlation = measured_values(
        circuit,
        ports,
        values,
        generators,
        study.lengths,
        task.fault_rate,
        encodings,
        np.random.default_rng([task.seed, 2, task.number]),
    )
    rows = []
    for output, expected in exact.items():
        encoding = encodings.get(output)
        bound = None
        if generators and encoding in ("unipolar", "bipolar") and not task.fault_rate:
            law = law_of(entry.with_parameters(circuit))
            bound = discrepancy_bound(
                circuit, ports, law, generators, study.lengths, output, encoding
            )
        for place, length in enumerate(study.lengths):
            error = found[output][place] - expected
            error = error[np.isfinite(error)]
            rows.append(
                {
                    "output": output,
                    "generators": task.generators if generators else None,
                    "generator_parameters": json.dumps([g.to_dict() for g in generators]),
                    "width": task.width if generators else None,
                    "encoding": encoding,
                    "fault_rate": task.fault_rate,
                    "length": length,
                    **_figures(error),
                    "scc": None if correlation is None else float(correlation[place]),
                    "binomial_rmse": None
                    if encoding is None
                    else binomial_rmse(expected, length, encoding),
                    "discrepancy_bound": None if bound is None else float(bound[place]),
                    "in_tolerance": None,
                    "source": "law",
                }
            )
    return rows


def _of_oracle(study: Study, task: Task, entry: Entry) -> list[Row]:
    rows: list[Row] = []
    for length in study.lengths:
        rng = np.random.default_rng([task.seed, 1])
        theory = entry.oracle(entry.default, length, study.samples, rng)
        cycles = len(next(iter(theory.inputs.values()))) if theory.inputs else length
        if any(row["length"] == cycles for row in rows):
            # The oracle chooses the length itself.
            continue
        outputs, _ = entry.default.run(theory.inputs, cycles=cycles, lanes=study.samples)
        measured, expected = np.broadcast_arrays(theory.measure(outputs), theory.expected)
        error = (measured.astype(np.float64) - expected).reshape(-1)
        tolerance = np.broadcast_to(theory.tolerance, expected.shape).reshape(-1)
        rows.append(
            {
                "output": "oracle",
                "generators": None,
                "generator_parameters": None,
                "width": None,
                "encoding": None,
                "fault_rate": None,
                "length": cycles,
                **_figures(error),
                "scc": None,
                "binomial_rmse": None,
                "discrepancy_bound": None,
                "in_tolerance": float((np.abs(error) <= tolerance).mean()),
                "source": theory.source,
            }
        )
    return rows


def _figures(error: NDArray[np.float64]) -> Row:
    """Return the figures of some errors, with standard errors of bias and RMS error."""
    size = np.abs(error)
    square = error**2
    rmse = float(np.sqrt(square.mean()))
    root = np.sqrt(len(error))
    return {
        "samples": len(error),
        "bias": float(error.mean()),
        "bias_error": float(error.std() / root),
        "rmse": rmse,
        "rmse_error": float(square.std() / (2 * rmse * root)) if rmse else 0.0,
        "worst": float(size.max()),
        **{
            f"p{percent}": float(np.percentile(size, percent, method="higher"))
            for percent in PERCENTILES
        },
    }
