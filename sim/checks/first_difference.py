"""The first difference of two runs, in words."""

from __future__ import annotations

import numpy as np

from fixedpoint.circuit import Circuit

__all__ = ["first_difference"]


def first_difference(circuit: Circuit, expected: dict, shown: dict, start: int = 0) -> str:
    """Return the first cycle, port and element that differ; empty if none does.

    Parameters
    ----------
    circuit : Circuit
        Whose output ports are compared.
    expected, shown : dict of str to int array ``[cycles, count]``
        Of the model and of the Verilog.
    start : int
        The number of the first cycle.
    """
    first: tuple[int, str, int] | None = None
    for port in circuit.outputs:
        wrong = np.argwhere(expected[port.name] != shown[port.name])
        if len(wrong) and (first is None or wrong[0][0] < first[0]):
            first = int(wrong[0][0]), port.name, int(wrong[0][1])
    if first is None:
        return ""
    t, name, k = first
    return (
        f"cycle {start + t}: {name}[{k}] of the Verilog is {shown[name][t, k]}, "
        f"of the model {expected[name][t, k]}"
    )
