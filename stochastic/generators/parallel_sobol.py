"""Sobol generator of several words a cycle."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from .sobol import Sobol

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ParallelSobol"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ParallelSobol(Circuit):
    """Parallel Sobol generator: 2, 4 or 8 consecutive words of the sequence in each cycle.

    Parameters
    ----------
    width : int
        Bits of a word, n, 2..24; 2^n is more than `count`.
    count : int
        K, the words a cycle: 2, 4 or 8.
    dimension : int
        As for `Sobol`.

    Notes
    -----
    Port: ``words``, K elements of n bits. Element j of cycle t is word K t + j of
    ``Sobol(width, dimension)``. Latency 0; the sequence repeats after 2^n / K cycles.

    With K = 2^m, all elements change by the same words from cycle to cycle: by direction
    numbers m - 1 and m + i, where i is the index of the lowest zero of the cycle's number.
    So element 0 needs the register of a serial generator, and element j is element 0 XOR the
    constant word j: K words a cycle cost inverters in addition.

    Source: S. Liu and J. Han, "Toward Energy-Efficient Stochastic Circuits Using Parallel
    Sobol Sequences", IEEE Transactions on VLSI Systems 26(7), 2018, for the parallel
    generator. The rule above follows from the Gray code of K t + j.

    Examples
    --------
    >>> from stochastic import ParallelSobol
    >>> ParallelSobol(width=3, count=4).words(2).tolist()
    [[0, 4, 6, 2], [3, 7, 5, 1]]
    """

    width: int
    count: int
    dimension: int = 0

    def __post_init__(self) -> None:
        name = "ParallelSobol"
        count = check_integer(f"{name} count", self.count, 2, 8)
        if count not in (2, 4, 8):
            raise ValueError(f"{name} count must be 2, 4 or 8, not {count}")
        least = count.bit_length()
        width = check_integer(f"{name} width of {count} words", self.width, least, 24)
        self._set(count=count, width=width)
        self._set(dimension=self.serial.dimension)

    @property
    def serial(self) -> Sobol:
        """The generator of the same sequence, one word a cycle."""
        return Sobol(width=self.width, dimension=self.dimension)

    @property
    def offsets(self) -> tuple[int, ...]:
        """The constant words by which the elements differ from element 0."""
        return tuple(self.serial.words(self.count).tolist())

    @property
    def steps(self) -> tuple[int, ...]:
        """By what all elements change, for each index of the lowest zero of the cycle."""
        directions = self.serial.directions
        shift = self.count.bit_length() - 1
        return tuple(v ^ directions[shift - 1] for v in directions[shift:])

    def words(self, n: int, start: int = 0) -> NDArray[np.uint32]:
        """Return the words of cycles ``start .. start + n - 1``, uint32 ``[n, count]``."""
        n = check_integer("number of cycles", n, 0, 2**44)
        start = check_integer("start cycle", start, 0, 2**60 - 1)
        return self.serial.words(n * self.count, start * self.count).reshape(n, self.count)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.output("words", self.width, count=self.count, meaning="words, in their order"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(name="word", width=self.width),
            Register(name="cycle", width=self.width - self.count.bit_length() + 1),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word, cycle = registers["word"], registers["cycle"]
        steps = self.steps
        zero = next((i for i in range(len(steps)) if not cycle >> i & 1), len(steps) - 1)
        after = {"word": word ^ steps[zero], "cycle": (cycle + 1) % (1 << len(steps))}
        return after, {"words": [word ^ offset for offset in self.offsets]}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run(
            enable,
            np.array(self.steps, np.int64),
            np.array(self.offsets, np.int64),
            registers["word"],
            registers["cycle"],
            outputs["words"],
        )


@compiled
def _run(enable, steps, offsets, word, cycle, shown):
    cycles, columns = shown.shape
    count = len(offsets)
    mask = (1 << len(steps)) - 1
    for t in range(cycles):
        for lane in range(columns // count):
            for j in range(count):
                shown[t, lane * count + j] = word[lane] ^ offsets[j]
            if enable[t]:
                zero = 0
                while zero < len(steps) - 1 and cycle[lane] >> zero & 1:
                    zero += 1
                word[lane] ^= steps[zero]
                cycle[lane] = (cycle[lane] + 1) & mask
