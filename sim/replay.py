"""Recorded updates of a network, pushed through the emitted Verilog of their circuit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stochastic import MomentumSgd

from .bench import Bench, Item, Run
from .tools import check_simulator, require

if TYPE_CHECKING:
    from stochastic.training import Record

__all__ = ["Replayed", "replay"]


@dataclasses.dataclass(frozen=True)
class Replayed:
    """What the Verilog made of one recorded update.

    Attributes
    ----------
    name : str
        The tensor.
    step : int
        The training step.
    parameters : int
        Elements of the tensor.
    bits_compared, mismatches : int
        Bits of its momenta and weights after the update, and how many of them differ.
    first : str or None
        The first difference in words.
    """

    name: str
    step: int
    parameters: int
    bits_compared: int
    mismatches: int
    first: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


def _grouped(values: NDArray[np.int32], circuit: MomentumSgd) -> NDArray[np.int64]:
    """Return one row of lanes for each cycle; the last group's spare lanes are 0."""
    groups = -(-len(values) // circuit.lanes)
    rows = np.zeros((groups, circuit.lanes), np.int64)
    rows.reshape(-1)[: len(values)] = values
    return np.repeat(rows, circuit.cycles_per_step, axis=0)


def _stimulus(updates: Sequence[Record], circuit: MomentumSgd) -> dict[str, NDArray[np.int64]]:
    rows = {
        "gradient": [_grouped(u.gradient, circuit) for u in updates],
        "momentum_in": [_grouped(u.momentum_before, circuit) for u in updates],
        "weight_in": [_grouped(u.weight_before, circuit) for u in updates],
        "rate": [np.full((len(_grouped(u.gradient, circuit)), 1), u.rate) for u in updates],
    }
    # One more cycle: the last group's result stands on the ports after its last edge.
    inputs = {
        name: np.vstack([*parts, np.zeros_like(parts[-1][:1])]).astype(np.int64)
        for name, parts in rows.items()
    }
    first = np.arange(len(inputs["rate"])) % circuit.cycles_per_step == 0
    return {"load": first.astype(np.int64)[:, None], **inputs}


def _compare(
    update: Record, begin: int, outputs: dict[str, NDArray[np.int64]], circuit: MomentumSgd
) -> Replayed:
    length = circuit.cycles_per_step
    groups = -(-len(update.gradient) // circuit.lanes)
    rows = begin + length * np.arange(1, groups + 1)
    mismatches = 0
    bits = 0
    first = None
    for port in circuit.outputs:
        shown = outputs[port.name][rows].reshape(-1)[: len(update.gradient)]
        wanted = getattr(update, f"{port.name}_after").astype(np.int64)
        mask = np.uint64((1 << port.width) - 1)
        differ = (shown ^ wanted).view(np.uint64) & mask
        bits += port.width * len(wanted)
        mismatches += int(np.bitwise_count(differ).sum())
        places = np.flatnonzero(differ)
        if first is None and len(places):
            i = int(places[0])
            first = (
                f"{update.name}, step {update.step}: {port.name} of element {i} "
                f"(lane {i % circuit.lanes}, group {i // circuit.lanes}) "
                f"is {shown[i]} in hardware, not {wanted[i]}"
            )
    return Replayed(
        name=update.name,
        step=update.step,
        parameters=len(update.gradient),
        bits_compared=bits,
        mismatches=mismatches,
        first=first,
    )


def replay(
    circuit: MomentumSgd,
    updates: Sequence[Record],
    *,
    simulator: str = "verilator",
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> list[Replayed]:
    """Push recorded updates through the Verilog and compare every bit of the results.

    The tensors of one step pass one after another, without a pause, through one unit whose
    generators start where they stood when that step began; the recorded steps run side by
    side.

    Parameters
    ----------
    circuit : MomentumSgd
        What the training ran on.
    updates : sequence of stochastic.training.Record
        Any number of tensors of any number of steps, those of a step in their order.
    simulator : {"verilator", "icarus"}
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    list of Replayed
        One for each update.

    Raises
    ------
    ValueError
        If the tensors of a step do not follow each other without a gap.
    ToolError
        If the simulator is not there.
    """
    check_simulator(simulator)
    require("amaranth", "rtl")
    import rtl

    from .simulator import simulate

    steps: dict[int, list[Record]] = {}
    for update in updates:
        tensors = steps.setdefault(update.step, [])
        if tensors:
            due = tensors[-1].position + circuit.cycles(len(tensors[-1].gradient))
            if update.position != due:
                raise ValueError(
                    f"tensor {update.name} of step {update.step} must start at cycle {due}, "
                    f"where the one before it ends, not at {update.position}"
                )
        tensors.append(update)
    if not steps:
        return []
    progress("emitting Verilog", 0.0)
    units = {}
    for step, tensors in steps.items():
        start = tensors[0].position
        units[f"step{step}"] = circuit.replace(
            gradient_generator=_advanced(circuit.gradient_generator, start),
            momentum_generator=_advanced(circuit.momentum_generator, start),
        )
    texts = rtl.to_verilog_many(units)
    bench = Bench(tuple(Item(unit, name, texts[name], 1) for name, unit in units.items()))
    inputs = [_stimulus(tensors, circuit) for tensors in steps.values()]
    cycles = max(len(arrays["load"]) for arrays in inputs)
    runs = []
    for arrays in inputs:
        padded = {
            name: np.pad(array, ((0, cycles - len(array)), (0, 0)))
            for name, array in arrays.items()
        }
        runs.append(Run(padded, np.ones(cycles, bool), np.zeros(cycles, bool)))
    progress("building and running the simulation", 0.2)
    response, unknown = simulate(bench, bench.stimulus(runs), simulator)
    if unknown.any():
        raise ValueError("the simulated outputs hold bits that are neither 0 nor 1")
    results = []
    for tensors, outputs in zip(steps.values(), bench.responses(response), strict=True):
        begin = 0
        for update in tensors:
            results.append(_compare(update, begin, outputs, circuit))
            begin += circuit.cycles(len(update.gradient))
    progress("done", 1.0)
    return results


def _advanced(generator, cycles: int):
    return generator.replace(phase=(generator.phase + cycles) % generator.period)
