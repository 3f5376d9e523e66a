"""How long registers take to come to rest, as the golden model tells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["Walker"]

Inputs = Callable[[int], dict[str, NDArray[np.int64]]]

# Cycles of the first look at the registers. Each further one takes longer by a quarter.
FIRST = 32


class Walker:
    """A golden model that is driven from one state to the next.

    Parameters
    ----------
    parameters : Circuit
    """

    def __init__(self, parameters: Circuit) -> None:
        self._parameters = parameters
        self._state = parameters.reset(1)

    def walk(self, inputs: Inputs, cycles: int) -> None:
        """Run some cycles.

        Parameters
        ----------
        inputs : callable
            From a number of cycles to the inputs.
        cycles : int
        """
        _, self._state = self._parameters.run(
            inputs(cycles), cycles=cycles, lanes=1, state=self._state
        )

    def settle(self, inputs: Inputs, limit: int) -> int:
        """Run until no register changes, or up to a limit.

        Parameters
        ----------
        inputs : callable
            From an even number of cycles to the inputs.
        limit : int
            The most cycles.

        Returns
        -------
        int
            The cycles after which those registers rest that come to rest at all. A register
            that still changes near the limit, such as the counter of a window, does not.
        """
        names = [r.name for r in self._parameters.registers]
        changed = dict.fromkeys(names, 0)
        total, length = 0, FIRST
        while total < limit:
            before = self._state.registers
            self.walk(inputs, length)
            middle = self._state.registers
            self.walk(inputs, 2)
            total += length + 2
            after = self._state.registers
            for name in names:
                old, new = before[name], after[name]
                if not (np.array_equal(old, new) and np.array_equal(middle[name], new)):
                    changed[name] = total
            if not names or max(changed.values()) < total * 3 // 4:
                break
            length += length // 8 * 2
        return max((t for t in changed.values() if t < total * 3 // 4), default=0)
