"""What a cross-check found: the verdict on a circuit, and where it first went wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Mismatch", "Verification"]


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
