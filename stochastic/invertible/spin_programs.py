"""What the bit-sliced engine computes, as full adders: fields of spins, energies, products."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fixedpoint.circuit import check_integer

from .hamiltonian import Hamiltonian, check_spin, sparse_rows
from .noise import Noise
from .plane_program import ONES, PlaneProgram, add_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EnergyWatch", "ProductWatch", "Programs", "Watch", "spin_programs"]


class Programs(NamedTuple):
    """Each spin's full adders ``code[starts[i]:starts[i + 1]]``, and the bits of its sum."""

    starts: NDArray[np.int64]
    code: NDArray[Any]
    widths: NDArray[np.int64]


def spin_programs(
    hamiltonian: Hamiltonian,
    directed: tuple[tuple[int, int, int], ...],
    noise: Noise,
    bits: int,
    coupling_bits: int,
    places: dict[str, int],
) -> tuple[Programs, int]:
    """Return the full adders that sum each spin's counter, field, noise and coupling.

    With c = 1 for m = +1, a term w m is 2 w c - w, or 2 |w| (1 - c) - |w| where w < 0; the
    noise is 2 n (r and active) + n (not active) - n; and the counter is its `bits` lower bits
    plus c 2^bits - 2^bits. So the sum is one of planes with positive weights and a constant,
    modulo 2^width.

    Returns
    -------
    programs : Programs
    scratch_end : int
        One past the last plane that they use.
    """
    n, weight = hamiltonian.size, noise.weight
    links = [*hamiltonian.J, *((j, i, w) for i, j, w in hamiltonian.J), *directed]
    begins, neighbours, weights = (a.tolist() for a in sparse_rows(n, links, directed=True))
    program = PlaneProgram(places["scratch"] + 1)
    starts, widths = [0], []
    most = (1 << coupling_bits) - 1
    for i in range(n):
        row = range(begins[i], begins[i + 1])
        size = sum(abs(weights[e]) for e in row)
        constant = hamiltonian.h[i] - size - weight - (1 << bits) - most
        reach = (1 << bits) + abs(hamiltonian.h[i]) + size + weight + most
        width = reach.bit_length() + 1
        columns: list[list[int]] = [[] for _ in range(width)]
        for e in row:
            plane = places["spins"] + 2 * neighbours[e] + (weights[e] < 0)
            add_bits(columns, plane, 2 * abs(weights[e]))
        random = places["random" if noise.density_bits else "state"]
        add_bits(columns, random, 2 * weight)
        if noise.density_bits:
            add_bits(columns, places["idle"], weight)
        for bit in range(coupling_bits):
            columns[bit] += [places["coupled"] + 2 * bit, places["coupled"] + 2 * bit + 1]
        add_bits(columns, ONES, constant % (1 << width))
        for bit in range(bits):
            columns[bit].append(places["counters"] + i * bits + bit)
        columns[bits].append(places["spins"] + 2 * i)
        program.total(columns, places["sums"], width)
        starts.append(len(program.code))
        widths.append(width)
    programs = Programs(
        np.array(starts, np.int64),
        np.array(program.code, np.int64).reshape(-1, 8),
        np.array(widths, np.int64),
    )
    return programs, program.scratch_end


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watch:
    """A number that is computed from the spins of each replica every few cycles.

    Parameters
    ----------
    every : int
        Cycles from one computation to the next, 1..2^31.
    """

    every: int = 1

    def __post_init__(self) -> None:
        check_integer("Watch every", self.every, 1, 2**31)

    # Whether a replica is done when the number is `target`, or improves as it falls.
    answer = False
    target = 0

    def check(self, size: int) -> None:
        """Refuse a watch that reads a spin which a network of `size` spins does not have."""
        raise NotImplementedError

    @property
    def bits(self) -> int:
        """Bits of the number."""
        raise NotImplementedError

    def compile(self, program: PlaneProgram, places: dict[str, int]) -> int:
        """Append the full adders and return the number's bits."""
        raise NotImplementedError

    def energy(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the energy for values of the number."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnergyWatch(Watch):
    """Keep each replica's state of least energy.

    The number is half the energy above that of a state which satisfies every term, if there
    is one: the sum of the coefficients of all terms that are not satisfied.
    """

    hamiltonian: Hamiltonian

    def check(self, size: int) -> None:
        if self.hamiltonian.size > size:
            raise ValueError(
                f"an EnergyWatch of {self.hamiltonian.size} spins must not watch {size} spins"
            )

    @property
    def total(self) -> int:
        """The sum of all coefficients without their signs."""
        h = self.hamiltonian
        return sum(map(abs, h.h)) + sum(abs(weight) for _, _, weight in h.J)

    @property
    def bits(self) -> int:
        return max(1, self.total.bit_length())

    def energy(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        return 2 * values - self.total

    def compile(self, program: PlaneProgram, places: dict[str, int]) -> int:
        spins = places["spins"]
        columns: list[list[int]] = [[]]
        for i, bias in enumerate(self.hamiltonian.h):
            add_bits(columns, spins + 2 * i + (bias > 0), abs(bias))
        program.reduce(columns)
        for i, j, weight in self.hamiltonian.J:
            # A bit that is added in several columns must be kept, so it is made anew.
            for bit in range(abs(weight).bit_length()):
                if abs(weight) >> bit & 1:
                    plane = program.exclusive_or(spins + 2 * i, spins + 2 * j + (weight < 0))
                    add_bits(columns, plane, 1 << bit)
            program.reduce(columns)
        program.total(columns, places["result"], self.bits)
        return self.bits


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProductWatch(Watch):
    """Stop a replica when the product of two numbers among its spins is the target.

    Parameters
    ----------
    first, second : tuple of int
        The spins of each number's bits, the lowest first; -1 for a bit that is 0 and -2 for
        one that is 1.
    product : int
        The target, 0 or more, of at most as many bits as both numbers have.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    product: int

    answer = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("ProductWatch product", self.product, 0, (1 << self.bits) - 1)

    def check(self, size: int) -> None:
        for spin in (*self.first, *self.second):
            if spin not in (-1, -2):
                check_spin("ProductWatch", spin, size)

    @property
    def target(self) -> int:  # type: ignore[override]
        return self.product

    @property
    def bits(self) -> int:
        return len(self.first) + len(self.second)

    def compile(self, program: PlaneProgram, places: dict[str, int]) -> int:
        def plane(spin: int) -> int:
            return -1 - spin if spin < 0 else places["spins"] + 2 * spin

        columns: list[list[int]] = [[] for _ in range(self.bits)]
        for i, a in enumerate(self.first):
            for j, b in enumerate(self.second):
                columns[i + j].append(program.both(plane(a), plane(b)))
        program.total(columns, places["result"], self.bits)
        return self.bits
