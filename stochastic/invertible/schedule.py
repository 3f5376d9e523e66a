"""Schedules of the counter's limit I0, the inverse pseudo-temperature."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import Parameters, check_flag, check_integer, check_number
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAXIMUM_LIMIT", "Schedule", "next_stage"]

MAXIMUM_LIMIT = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule(Parameters):
    """The limit I0 of all spin gates in each cycle: a list of values, each held for a while.

    Parameters
    ----------
    limits : tuple of int
        The values, each 1..2^20, one or more.
    hold : int
        Cycles for which each value is held, 1..2^20.
    repeat : bool
        Whether the list begins again after its last value. Else the last value stays.

    Notes
    -----
    A larger limit is a lower temperature. In hardware a schedule is a counter of `hold` cycles,
    an index into the list, and a small table; where each value is twice the one before, the
    table is a shift register.

    Source: N. Onizawa et al., "Fast-Converging Simulated Annealing for Ising Models Based on
    Integral Stochastic Computing", IEEE TNNLS 34(12), 2023, for the geometric ramp.

    Examples
    --------
    >>> Schedule.doubling(1, 8, hold=2).values(10).tolist()
    [1, 1, 2, 2, 4, 4, 8, 8, 8, 8]
    >>> Schedule.geometric(2, 18, steps=3, hold=1).limits
    (2, 6, 18)
    """

    limits: tuple[int, ...]
    hold: int = 1
    repeat: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.limits, tuple) or not self.limits:
            raise ValueError(
                f"Schedule limits must be a tuple of integers, not {shown(self.limits)}"
            )
        limits = tuple(
            check_integer("Schedule limit", v, 1, MAXIMUM_LIMIT) for v in self.limits
        )
        check_flag("Schedule repeat", self.repeat)
        self._set(limits=limits, hold=check_integer("Schedule hold", self.hold, 1, 2**20))

    @classmethod
    def constant(cls, limit: int) -> Schedule:
        """Return the schedule that holds one limit."""
        return cls(limits=(limit,))

    @classmethod
    def doubling(cls, first: int, last: int, *, hold: int, repeat: bool = False) -> Schedule:
        """Return the schedule `first`, 2 `first`, 4 `first` ... up to `last`."""
        first = check_integer("first limit", first, 1, MAXIMUM_LIMIT)
        last = check_integer("last limit", last, first, MAXIMUM_LIMIT)
        limits = [first]
        while 2 * limits[-1] <= last:
            limits.append(2 * limits[-1])
        return cls(limits=tuple(limits), hold=hold, repeat=repeat)

    @classmethod
    def geometric(
        cls, first: float, last: float, *, steps: int, hold: int, repeat: bool = False
    ) -> Schedule:
        """Return `steps` limits from `first` to `last` of one ratio, rounded, 1 at least."""
        for name, value in (("first limit", first), ("last limit", last)):
            if not 0 < check_number(name, value) <= MAXIMUM_LIMIT:
                raise ValueError(
                    f"{name} must be above 0 and at most {MAXIMUM_LIMIT}, not {value}"
                )
        steps = check_integer("Schedule steps", steps, 1, 2**16)
        ratio = (last / first) ** (1 / max(1, steps - 1))
        limits = tuple(max(1, round(first * ratio**k)) for k in range(steps))
        return cls(limits=limits, hold=hold, repeat=repeat)

    @property
    def maximum(self) -> int:
        """The largest limit."""
        return max(self.limits)

    @property
    def cycles(self) -> int:
        """Cycles until the last value has been held, or the list begins again."""
        return self.hold * len(self.limits)

    def values(self, cycles: int, start: int = 0) -> NDArray[np.int64]:
        """Return the limits of the cycles ``start .. start + cycles - 1``, int64."""
        steps = (start + np.arange(cycles, dtype=np.int64)) // self.hold
        last = len(self.limits)
        index = steps % last if self.repeat else np.minimum(steps, last - 1)
        return np.array(self.limits, np.int64)[index]

    def next_stage(self, held: int, stage: int) -> tuple[int, int]:
        """Return the cycles held and the place in the list after one more cycle."""
        if held + 1 < self.hold:
            return held + 1, stage
        if stage + 1 < len(self.limits):
            return 0, stage + 1
        return 0, 0 if self.repeat else stage


@compiled
def next_stage(held, stage, hold, count, repeat):
    """Return what `Schedule.next_stage` does, for kernels."""
    held += 1
    if held == hold:
        held = 0
        stage += 1
        if stage == count:
            stage = 0 if repeat else stage - 1
    return held, stage
