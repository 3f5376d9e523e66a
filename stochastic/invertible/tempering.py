"""Parallel tempering: replicas at different limits that exchange them."""

from __future__ import annotations

import numpy as np

from fixedpoint.circuit import check_integer

from .annealing import PLANS
from .hamiltonian import Hamiltonian
from .noise import Noise
from .seeds import split_seed
from .spin_engine import SpinEngine
from .spin_programs import EnergyWatch

__all__ = ["inverse_temperature", "temper"]


def inverse_temperature(limit: float, noise: Noise) -> float:
    """Return the inverse temperature beta of spin gates: I0 over the variance of the noise.

    A counter that moves by a field I and noise of the variance v, between -I0 and I0, has in
    the diffusion limit the law exp(2 I T / v), so that the odds of +1 are exp(2 I I0 / v).
    Those of the Boltzmann law are exp(2 beta I).
    """
    variance = noise.weight**2 * noise.density / (1 << noise.density_bits)
    return limit / variance


def temper(
    hamiltonian: Hamiltonian,
    cycles: int,
    *,
    ladder: int = 16,
    replicas: int = 512,
    period: int = 20,
    seed: int = 1,
    threads: int = 1,
) -> SpinEngine:
    """Run replicas on a ladder of limits; each of them keeps its state of least energy.

    Parameters
    ----------
    hamiltonian : Hamiltonian
    cycles : int
        Rounded up to a multiple of `period`; a greedy descent follows.
    ladder : int
        Different limits, 2..64, of one ratio; each has ``replicas / ladder`` replicas.
    period : int
        Cycles between two exchanges, 1..2^20.
    seed, threads : int

    Returns
    -------
    SpinEngine
        Its `best_spins` and `best_energies` are of the scaled Hamiltonian, which has the same
        states.

    Notes
    -----
    Two neighbours on the ladder exchange their limits with the probability
    min(1, exp((beta_a - beta_b)(E_a - E_b))). It is that of exact tempering, with the
    `inverse_temperature` of the diffusion limit; that spin gates do not sample the Boltzmann
    law exactly makes it a heuristic.
    """
    cycles = check_integer("cycles", cycles, 0, 2**40)
    ladder = check_integer("ladder", ladder, 2, 64)
    period = check_integer("period", period, 1, 2**20)
    plan = PLANS["serial"]
    scaled, noise = plan.scaled(hamiltonian), plan.noise_of(hamiltonian)
    sigma, _ = plan.sizes(hamiltonian)
    first, last = (max(1.0, plan.scale * sigma * part) for part in (plan.first, plan.last))
    limits = np.rint(np.geomspace(first, last, ladder)).astype(np.int64)
    engine = SpinEngine(
        scaled,
        noise=noise,
        limit=int(limits.max()),
        replicas=replicas,
        seed=seed,
        order=plan.order,
        threads=threads,
        watch=EnergyWatch(hamiltonian=scaled, every=period),
    )
    betas = np.array([inverse_temperature(float(limit), noise) for limit in limits])
    chains = replicas // ladder
    # rungs[c, k]: which replica of chain c is at limit k.
    rungs = np.arange(chains * ladder).reshape(chains, ladder)
    own = np.ones(replicas, np.int64)
    rng = np.random.Generator(np.random.PCG64(int(split_seed(seed, 1, start=2**20)[0])))
    for turn in range(-(-cycles // period)):
        own[rungs] = limits
        engine.set_limits(own)
        engine.run(np.zeros(period, np.int64))
        energies = engine.watched_energies
        for k in range(turn % 2, ladder - 1, 2):
            a, b = rungs[:, k].copy(), rungs[:, k + 1].copy()
            gain = (betas[k] - betas[k + 1]) * (energies[a] - energies[b])
            swap = rng.random(chains) < np.exp(np.minimum(0.0, gain))
            rungs[:, k] = np.where(swap, b, a)
            rungs[:, k + 1] = np.where(swap, a, b)
    engine.descend(8)
    return engine
