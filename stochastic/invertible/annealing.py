"""Annealing plans: from a Hamiltonian to its noise and its schedule of limits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import Parameters, check_choice, check_integer

from .hamiltonian import Hamiltonian
from .noise import LARGEST_WEIGHT, Noise
from .schedule import Schedule
from .spin_engine import ORDERS, SpinEngine

if TYPE_CHECKING:
    from .spin_programs import Watch

__all__ = ["PLANS", "AnnealingPlan"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnealingPlan(Parameters):
    """How noise and limits follow from a Hamiltonian.

    With sigma the mean over all spins of sqrt(h_i^2 + sum_j J_ij^2), the size of a field whose
    terms have random signs, and mu the size of the mean of sum_j J_ij:

    Parameters
    ----------
    noise : float
        The noise weight divided by sigma.
    first, last : float
        The first and the last limit divided by sigma, without mu.
    common_field : float
        How many mu are added to both limits. Where all weights have one sign this keeps the
        spins from flipping all at once for ever.
    tolerance : float
        How many sigma are taken off mu first: so large a common field the noise breaks up.
    density, density_bits : int
        As in `Noise`.
    scale : int
        All of h, J, noise and limits are multiplied by this, for finer steps of the limit and
        the noise.
    steps : int
        Values of the schedule.
    order : {"synchronous", "serial"}
        As in `SpinEngine`.
    ring, coupling : int, float
        Replicas that form a ring, and its last coupling divided by sigma; it rises evenly.
    descent : int
        Sweeps of greedy descent at the end.

    Notes
    -----
    Source of sigma, mu and the published defaults: N. Onizawa et al., "Fast-Converging
    Simulated Annealing for Ising Models Based on Integral Stochastic Computing", IEEE TNNLS
    34(12), 2023, and the program ``ssa.py`` of the same group.
    """

    noise: float
    first: float
    last: float
    common_field: float = 0.0
    tolerance: float = 0.0
    density: int = 1
    density_bits: int = 0
    scale: int = 1
    steps: int = 100
    order: str = "synchronous"
    ring: int = 1
    coupling: float = 0.0
    descent: int = 0

    def __post_init__(self) -> None:
        for name in ("noise", "first", "last", "common_field", "tolerance", "coupling"):
            value = getattr(self, name)
            if not 0 <= value <= 1000:
                raise ValueError(
                    f"AnnealingPlan {name} must be between 0 and 1000, not {value}"
                )
        check_choice("AnnealingPlan order", self.order, ORDERS)
        for name, most in (("scale", 1000), ("steps", 2**16), ("ring", 64)):
            check_integer(f"AnnealingPlan {name}", getattr(self, name), 1, most)
        check_integer("AnnealingPlan descent", self.descent, 0, 2**16)

    def scaled(self, hamiltonian: Hamiltonian) -> Hamiltonian:
        """Return the Hamiltonian times `scale`."""
        return Hamiltonian(
            h=tuple(self.scale * v for v in hamiltonian.h),
            J=tuple((i, j, self.scale * v) for i, j, v in hamiltonian.J),
        )

    def sizes(self, hamiltonian: Hamiltonian) -> tuple[float, float]:
        """Return sigma and mu."""
        starts, _, weights = hamiltonian.rows
        index = np.repeat(np.arange(hamiltonian.size), np.diff(starts))
        # Without weights the count is one of integers.
        squares = np.bincount(index, weights.astype(float) ** 2, hamiltonian.size).astype(float)
        squares += np.array(hamiltonian.h, float) ** 2
        sigma = max(1e-9, float(np.sqrt(squares).mean()))
        return sigma, abs(float(weights.sum())) / hamiltonian.size

    def noise_of(self, hamiltonian: Hamiltonian) -> Noise:
        """Return the noise, rounded, of weight 1 or more.

        Raises
        ------
        ValueError
            If the coefficients are so large that the weight would exceed that of `Noise`.
        """
        sigma, _ = self.sizes(hamiltonian)
        weight = max(1, round(self.scale * self.noise * sigma))
        if weight > LARGEST_WEIGHT:
            most = LARGEST_WEIGHT / (self.scale * self.noise)
            raise ValueError(
                f"the mean size of a field must be at most {most:.0f} for this noise, "
                f"not {sigma:.0f}: divide the coefficients, or take the solver metropolis"
            )
        return Noise(weight=weight, density=self.density, density_bits=self.density_bits)

    def schedule(self, hamiltonian: Hamiltonian, cycles: int) -> Schedule:
        """Return the geometric schedule over so many cycles."""
        sigma, mu = self.sizes(hamiltonian)
        mu = self.common_field * max(0.0, mu - self.tolerance * sigma)
        first, last = (self.scale * (part * sigma + mu) for part in (self.first, self.last))
        steps = min(self.steps, cycles)
        return Schedule.geometric(
            max(1.0, first), max(1.0, last), steps=steps, hold=max(1, cycles // steps)
        )

    def anneal(
        self,
        hamiltonian: Hamiltonian,
        cycles: int,
        *,
        replicas: int = 128,
        seed: int = 1,
        threads: int = 1,
        watch: Watch | None = None,
    ) -> SpinEngine:
        """Return an engine after one run of `cycles` cycles, and the descent."""
        cycles = check_integer("cycles", cycles, 1, 2**40)
        schedule = self.schedule(hamiltonian, cycles)
        sigma, _ = self.sizes(hamiltonian)
        coupling = round(self.scale * self.coupling * sigma) if self.ring > 1 else 0
        engine = SpinEngine(
            self.scaled(hamiltonian) if self.scale > 1 else hamiltonian,
            noise=self.noise_of(hamiltonian),
            limit=schedule.maximum,
            replicas=replicas,
            seed=seed,
            order=self.order,
            ring=self.ring,
            coupling=coupling,
            watch=watch,
            threads=threads,
        )
        couplings = None
        if coupling:
            couplings = np.arange(cycles, dtype=np.int64) * (coupling + 1) // cycles
        engine.run(schedule, cycles, couplings=couplings)
        if self.descent:
            engine.descend(self.descent)
        return engine


PLANS: dict[str, AnnealingPlan] = {
    # The published defaults: 0.67 sigma of dense noise, limits 0.01 sigma + mu to 2 sigma + mu.
    "published": AnnealingPlan(
        noise=0.67448975, first=0.01, last=2.0, common_field=1.0, scale=8, steps=1000
    ),
    # The same dynamics with more noise and colder at the end.
    "ssa": AnnealingPlan(
        noise=1.15, first=0.5, last=4.0, common_field=1.0, tolerance=3.0, scale=8, steps=500
    ),
    # Sparse noise, a greedy descent, and rings of eight replicas that couple more and more.
    "ssqa": AnnealingPlan(
        noise=1.45,
        first=0.8,
        last=3.0,
        common_field=0.2,
        density=3,
        density_bits=2,
        scale=4,
        ring=8,
        coupling=0.5,
        descent=8,
    ),
    # One spin after the other, in software alone.
    "serial": AnnealingPlan(
        noise=1.2,
        first=0.25,
        last=4,
        density=1,
        density_bits=1,
        scale=2,
        order="serial",
        descent=8,
    ),
    "serial_dense": AnnealingPlan(
        noise=0.8, first=0.5, last=3, scale=4, order="serial", descent=8
    ),
}
