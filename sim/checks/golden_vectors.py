"""Golden vectors: a stimulus, what the model answers, and the faults that they show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

from ..entry import Entry
from ..simulation.bench import Bench, Item, Run
from ..simulation.stimulus import bench_cycles, planned_run
from .fault_schemata import SELECT, SELECT_BITS, with_faults
from .faults import Fault

__all__ = ["Vectors", "catching_cycles", "golden_vectors"]

# The outputs of the first cycle are not compared: the reset takes effect at its end.
BEGIN = 1


@dataclasses.dataclass(frozen=True)
class Vectors:
    """Golden vectors of one circuit.

    Attributes
    ----------
    parameters : Circuit
    run : Run
        The stimulus, one lane.
    outputs : dict of str to int64 array ``[cycles, count]``
        The outputs of the golden model.
    """

    parameters: Circuit
    run: Run
    outputs: dict[str, NDArray[np.int64]]

    @property
    def cycles(self) -> int:
        """Their length."""
        return len(self.run.enable)

    def padded(self, cycles: int) -> Vectors:
        """Return longer vectors, with zeros at the end."""

        def longer(values: NDArray) -> NDArray:
            return np.pad(values, [(0, cycles - len(values)), *[(0, 0)] * (values.ndim - 1)])

        inputs = {name: longer(values) for name, values in self.run.inputs.items()}
        outputs = {name: longer(values) for name, values in self.outputs.items()}
        run = Run(inputs, longer(self.run.enable), longer(self.run.rst))
        return Vectors(self.parameters, run, outputs)


def golden_vectors(
    entry: Entry, parameters: Circuit, cycles: int | None = None, seed: int = 1
) -> Vectors:
    """Return the vectors of an emitted bench.

    Parameters
    ----------
    entry : Entry
        Its stimulus is the random part.
    parameters : Circuit
    cycles : int, optional
        By default as many as the circuit needs; see `bench_cycles`.
    seed : int
    """
    cycles = cycles or bench_cycles(parameters, entry.directed)
    rng = np.random.default_rng(seed)
    run = planned_run(parameters, cycles, 1, rng, entry.stimulus, entry.directed)
    outputs, _ = parameters.run(
        run.inputs, cycles=cycles, lanes=1, enable=run.enable, rst=run.rst
    )
    return Vectors(parameters, run, outputs)


def catching_cycles(
    vectors: Sequence[Vectors],
    modules: Sequence[str],
    verilog: Sequence[str],
    planted: Sequence[Sequence[Fault]],
) -> list[list[int]]:
    """Return for each fault the first cycle in which the vectors show it.

    Parameters
    ----------
    vectors : sequence of Vectors
    modules, verilog : sequence of str
        For each of them the top module and the sound text. The modules of all texts have
        different names.
    planted : sequence of sequence of Fault
        The faults of each text.

    Returns
    -------
    list of list of int
        The cycle, or -1 for a fault that is not shown.

    Raises
    ------
    ToolError
        If Verilator or a compiler is missing or fails.
    RuntimeError
        If a sound circuit differs from its vectors.
    """
    from ..simulation.selectable_bench import SelectableBench

    cycles = max(each.cycles for each in vectors)
    padded = [each.padded(cycles) for each in vectors]
    bench = Bench(
        tuple(
            Item(each.parameters, module, with_faults(text, faults), 1)
            for each, module, text, faults in zip(
                vectors, modules, verilog, planted, strict=True
            )
        )
    )
    circuits = SelectableBench(bench, SELECT, SELECT_BITS)
    stimulus = bench.stimulus([each.run for each in padded])
    outputs = [{k: v[BEGIN:] for k, v in each.outputs.items()} for each in padded]

    def first(fault: int) -> list[int]:
        response = circuits.run(stimulus, fault)[BEGIN:]
        found = bench.differences(outputs, response, np.zeros_like(response))
        cycles = [own.cycle + BEGIN if own.bits else -1 for (own,) in found]
        return [c if c < v.cycles else -1 for c, v in zip(cycles, vectors, strict=True)]

    sound = first(0)
    if max(sound) >= 0:
        wrong = next(m for m, cycle in zip(modules, sound, strict=True) if cycle >= 0)
        raise RuntimeError(f"the Verilog of {wrong} differs from its golden vectors")
    most = max(map(len, planted))
    columns = [first(number) for number in range(1, most + 1)]
    return [[columns[k][i] for k in range(len(faults))] for i, faults in enumerate(planted)]
