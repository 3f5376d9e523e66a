"""Records of optimizer steps, in the codes of the circuit's ports."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.circuit import Parameters, check_integer, json_object
from fixedpoint.circuit.archives import archive
from fixedpoint.circuit.checks import shown
from fixedpoint.circuit.files import writing
from fixedpoint.update.base import UpdateCircuit

from ..optimizers.circuit_optimizer import CircuitOptimizer

__all__ = ["Record", "Recorder", "load_records", "save_records"]

LONGEST_NAME = 1000

# Recorded arrays, and the port that carries each of them.
_ARRAYS = {
    "gradient": "gradient",
    "momentum_before": "momentum_in",
    "momentum_after": "momentum",
    "weight_before": "weight_in",
    "weight_after": "weight",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """One optimizer step of one tensor.

    Attributes
    ----------
    step : int
        Number of the optimizer's step, from 0.
    name : str
        Name of the tensor.
    rate : int
        Value of the port `rate`.
    scale : int or None
        Exponent of the gradients' scale; None while all gradients were 0, or without scales.
    position : int
        Cycles since reset at which the tensor's first group starts.
    gradient, momentum_before, momentum_after, weight_before, weight_after : int32 array ``[n]``
        Codes of the elements in logical order.
    """

    step: int
    name: str
    rate: int
    scale: int | None
    position: int
    gradient: NDArray[np.int32]
    momentum_before: NDArray[np.int32]
    momentum_after: NDArray[np.int32]
    weight_before: NDArray[np.int32]
    weight_after: NDArray[np.int32]


class Recorder:
    """Performs optimizer steps and records the chosen ones.

    Parameters
    ----------
    steps : iterable of int
        Numbers of the steps to record, from 0.

    Attributes
    ----------
    records : list of Record
        One for each recorded step and tensor with a gradient, in the order of the update.
    """

    def __init__(self, steps: Iterable[int]) -> None:
        self.steps = frozenset(steps)
        self.records: list[Record] = []

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Perform the optimizer's next step.

        Raises
        ------
        TypeError
            If the optimizer's updates are not those of a circuit.
        """
        if not isinstance(optimizer, CircuitOptimizer):
            raise TypeError(
                "only steps of an optimizer that stands for a circuit are recorded, not those "
                f"of {type(optimizer).__name__}"
            )
        if optimizer.steps not in self.steps:
            optimizer.step()
            return
        number, position = optimizer.steps, optimizer.position
        # A gradient may share memory with weights, which the step changes. Its codes are known
        # only after the step, which chooses the scale.
        before = [
            (
                t,
                t[1].grad.detach().clone(),
                optimizer.momentum_codes(t[1]),
                optimizer.weight_codes(t[1]),
            )
            for t in optimizer.tensors()
            if t[1].grad is not None
        ]
        optimizer.step()
        for (name, tensor, group), copy, momentum, weight in before:
            gradient, tensor.grad = tensor.grad, copy
            codes = optimizer.gradient_codes(tensor)
            tensor.grad = gradient
            self.records.append(
                Record(
                    step=number,
                    name=name,
                    rate=optimizer.rate(group),
                    scale=optimizer.scale_of(tensor),
                    position=position,
                    gradient=codes,
                    momentum_before=momentum,
                    momentum_after=optimizer.momentum_codes(tensor),
                    weight_before=weight,
                    weight_after=optimizer.weight_codes(tensor),
                )
            )
            position += optimizer.circuit.cycles(tensor.numel())


def save_records(
    path: str | Path, circuit: UpdateCircuit, records: Iterable[Record], run: str | None = None
) -> None:
    """Write a circuit's records atomically to one compressed ``.npz`` file.

    Parameters
    ----------
    path : path
    circuit : UpdateCircuit
    records : iterable of Record
    run : str, optional
        Digest of the run's configuration.
    """
    records = list(records)
    facts = [
        {f.name: getattr(r, f.name) for f in dataclasses.fields(r) if f.name not in _ARRAYS}
        for r in records
    ]
    arrays = {
        f"{i}/{name}": getattr(r, name) for i, r in enumerate(records) for name in _ARRAYS
    }
    text = json.dumps({"circuit": circuit.to_dict(), "run": run, "records": facts})
    # As savez_compressed, with a compression level that is five times as fast.
    with (
        writing(Path(path), "wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
    ):
        for name, array in {"facts": np.array(text), **arrays}.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load_records(
    path: str | Path, run: str | None = None
) -> tuple[UpdateCircuit, list[Record]]:
    """Read a file written by `save_records`.

    Parameters
    ----------
    path : path
    run : str, optional
        Digest of the configuration of the run that must have written the file.

    Raises
    ------
    ValueError
        If it is not a file of records, or one of another run; if values do not fit the
        circuit's ports.
    """
    message = f"{path} is not a file of records"
    with open(path, "rb") as stream, archive(stream, message) as file:
        facts = json_object(str(file["facts"]))
        records = [
            Record(**fact, **{name: file[f"{i}/{name}"] for name in _ARRAYS})
            for i, fact in enumerate(facts["records"])
        ]
        circuit = Parameters.from_dict(facts["circuit"])
    written = facts.get("run")
    if run is not None and written not in (None, run):
        raise ValueError(f"{path} holds records of the run {written}, not of {run}")
    if not isinstance(circuit, UpdateCircuit):
        raise ValueError(
            f"{path} holds records of {type(circuit).__name__}, which updates no parameters"
        )
    next_positions: dict[int, int] = {}
    try:
        for record in records:
            _check(record, circuit)
            # A replay simulates every cycle from the start of a step, so that a tensor far
            # away would take all time and memory.
            position = next_positions.get(record.step, record.position)
            if record.position != position:
                raise ValueError(
                    f"{record.name} of step {record.step} must start at cycle {position}, "
                    f"where the tensor before it ends, not at {record.position}"
                )
            next_positions[record.step] = position + circuit.cycles(record.gradient.size)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} holds a record that does not fit: {error}") from None
    return circuit, records


def _check(record: Record, circuit: UpdateCircuit) -> None:
    """Raise an error if a record has values outside the ranges of the circuit's ports."""
    ports = {port.name: dataclasses.replace(port, count=1) for port in circuit.ports}
    check_integer("step", record.step, 0, 1 << 62)
    check_integer("position", record.position, 0, 1 << 62)
    ports["rate"].check([record.rate])
    if not isinstance(record.name, str):
        raise TypeError(f"name must be a string, not {shown(record.name)}")
    if not record.name.isprintable() or len(record.name) > LONGEST_NAME:
        raise ValueError(
            f"name must be printable and of up to {LONGEST_NAME} characters, not "
            f"{shown(record.name)}"
        )
    for field, port in _ARRAYS.items():
        codes = getattr(record, field)
        if codes.shape != (record.gradient.size,):
            raise ValueError(
                f"{field} of {record.name} must have shape ({record.gradient.size},), "
                f"not {codes.shape}"
            )
        ports[port].check(codes)
