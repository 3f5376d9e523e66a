"""Results of a cross-check: the verdict on a circuit, and its first mismatch."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Mismatch", "Verification"]


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """The first mismatch of the hardware and its model.

    Attributes
    ----------
    name : str
        The circuit.
    parameters : dict
    seed, cycle, lane, element : int
        `lane` is the number of the instance, `element` the index within the port.
    port : str
    expected, actual : int
        The values of the model and of the simulator; `actual` is None if a bit was neither
        0 nor 1.
    command : str
        Repeats this check.
    waveform : str or None
        A VCD file of the ports around the cycle, expected beside actual.
    without_waveform : str or None
        Why there is none, if one was asked for.
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
    without_waveform: str | None = None

    def __str__(self) -> str:
        actual = "an unknown value" if self.actual is None else str(self.actual)
        where = f"cycle {self.cycle}, lane {self.lane}"
        if self.element:
            where += f", element {self.element}"
        lines = [
            f"{self.name}: port {self.port} shows {actual}, not {self.expected}, at {where}",
            f"  parameters {self.parameters}",
            f"  repeat with: {self.command}",
        ]
        if self.waveform:
            lines.append(f"  waveform: {self.waveform}")
        if self.without_waveform:
            lines.append(f"  no waveform: {self.without_waveform}")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Verification:
    """The result of the cross-check of one circuit.

    Attributes
    ----------
    name : str
        Its name in the catalogue.
    parameters : dict
        The parameters, or the default ones if several sets were checked.
    parameter_sets : int
        How many sets of parameters were checked.
    simulator : str
    cycles, lanes : int
        Of each set.
    bits_compared, mismatches : int
        Output bits of all sets, and how many of them differed.
    faults_planted, faults_caught : int
        Negative controls, planted in the entry's `planted` parameters.
    missed : tuple of str
        The faults that were not caught.
    seconds : float
        The time to build, simulate and compare; other circuits may have run meanwhile.
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
