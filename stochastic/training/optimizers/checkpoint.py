"""Checks of optimizer checkpoints before they are loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch

from fixedpoint.circuit import Parameters
from fixedpoint.update.base import UpdateCircuit

__all__ = ["COUNTS", "check_state", "tensor_numbers"]

# Entries of a state beside torch's own and what identifies the circuit and its tensors.
COUNTS = ("scale_interval", "position", "steps", "scale_history")


def tensor_numbers(state_dict: dict[str, Any]) -> list[int]:
    """Return the numbers of the tensors in a state, in the order of the update."""
    return [number for group in state_dict["param_groups"] for number in group["params"]]


def check_state(
    optimizer: str,
    state_dict: dict[str, Any],
    identity: dict[str, Any],
    circuit: UpdateCircuit,
    group_keys: Sequence[str],
    momentum_dtype: torch.dtype,
) -> None:
    """Check that a state belongs to an optimizer.

    Parameters
    ----------
    optimizer : str
        Name of the optimizer's class.
    state_dict : dict
        What `CircuitOptimizer.state_dict` returned.
    identity : dict
        Entries that must be equal: ``circuit``, ``tensors`` and the settings.
    circuit : UpdateCircuit
    group_keys : sequence of str
        Entries that every parameter group must have.
    momentum_dtype : torch.dtype

    Raises
    ------
    ValueError
        If an entry is missing, differs or does not fit the tensors.
    """
    for key in ("state", "param_groups", *identity, *COUNTS):
        if key not in state_dict:
            raise ValueError(f"the state is not one of {optimizer}: it has no {key!r}")
    _check_identity(state_dict, identity, circuit)
    for i, group in enumerate(state_dict["param_groups"]):
        # Further entries, which torch adds to its defaults when it loads a state, may differ.
        for key in group_keys:
            if key not in group:
                raise ValueError(f"group {i} of the state has no {key!r}")
    tensors = [(name, tuple(shape)) for name, shape in state_dict["tensors"]]
    _check_momenta(state_dict, tensors, momentum_dtype)


def _check_identity(
    state_dict: dict[str, Any], identity: dict[str, Any], circuit: UpdateCircuit
) -> None:
    if not _describes(state_dict["circuit"], circuit):
        difference = _difference(state_dict["circuit"], circuit)
        raise ValueError(f"the state is of another circuit: {difference}")
    for name, value in identity.items():
        if name not in ("circuit", "tensors") and state_dict[name] != value:
            raise ValueError(
                f"the state has {name} {state_dict[name]}, but the optimizer has {value}"
            )
    saved = [(name, tuple(shape)) for name, shape in state_dict["tensors"]]
    if len(saved) != len(identity["tensors"]):
        raise ValueError(
            f"the state is of {len(saved)} tensors, but the optimizer has "
            f"{len(identity['tensors'])}"
        )
    for i, (theirs, ours) in enumerate(zip(saved, identity["tensors"], strict=True)):
        if theirs != ours:
            raise ValueError(
                f"the state's tensor {i} is {theirs[0]} of shape {theirs[1]}, but the "
                f"optimizer's is {ours[0]} of shape {ours[1]}"
            )


def _check_momenta(
    state_dict: dict[str, Any],
    tensors: Sequence[tuple[str, tuple[int, ...]]],
    dtype: torch.dtype,
) -> None:
    numbers = tensor_numbers(state_dict)
    if len(numbers) != len(tensors):
        raise ValueError(
            f"the groups of the state hold {len(numbers)} tensors, not {len(tensors)}"
        )
    for number, (name, shape) in zip(numbers, tensors, strict=True):
        entry = state_dict["state"].get(number)
        if entry is None:
            continue
        for key in ("momentum", "scale"):
            if key not in entry:
                raise ValueError(f"the state of {name} has no {key!r}")
        momentum = entry["momentum"]
        if momentum.dtype != dtype or tuple(momentum.shape) != shape:
            raise ValueError(
                f"the momentum of {name} must be {dtype} of shape {shape}, not "
                f"{momentum.dtype} of shape {tuple(momentum.shape)}"
            )


def _describes(saved: Any, circuit: UpdateCircuit) -> bool:
    """Return whether a JSON text, perhaps with a former class name, is that of a circuit."""
    try:
        return Parameters.from_json(saved) == circuit
    except (OverflowError, TypeError, ValueError):
        return False


def _difference(saved: Any, circuit: UpdateCircuit) -> str:
    """Return in words the first difference of a circuit from one written as JSON."""
    ours = json.loads(circuit.to_json())
    try:
        theirs = dict(json.loads(saved))
    except (TypeError, ValueError):
        return f"its description is {saved!r}"
    for key in {**theirs, **ours}:
        if theirs.get(key) != ours.get(key):
            return f"its {key} is {theirs.get(key)!r}, but the optimizer's is {ours.get(key)!r}"
    return f"its description is {saved!r}"
