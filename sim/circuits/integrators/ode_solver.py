"""Catalogue entry of `ode_solver`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, OdeSolver, Sobol, VanDerCorput

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def exact_solution(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the exact solution of the differential equation."""
    step = 2.0**-parameters.width
    count = np.arange(cycles)
    exact = np.stack(parameters.solution(cycles))
    size = np.hypot(*(exact[:, 0] - parameters.centre * step))
    euler = size * (np.expm1(step**2 * count / 2) + step**3 * count / 3)
    # Once a counter has saturated, the solution does not apply.
    saturated = np.logical_or.accumulate((np.abs(exact - 0.5) > 0.5 + step / 2).any(axis=0))
    noise = 5 * step * np.sqrt(count / 2)
    return Expectation(
        inputs={},
        measure=lambda outputs: np.stack([outputs["y1"], outputs["y2"]]) * step,
        expected=exact[..., None],
        tolerance=np.where(saturated, np.inf, euler + noise)[:, None],
        source=(
            "y1 = a + p cos t + q sin t, y2 = a + q cos t - p sin t. In k steps of h Euler's "
            "method increases the amplitude by exp(h^2 k / 2) and the phase by h^3 k / 3; the "
            "noise of independent words has at most the variance h^2 k / 2 by Liu, Gross and "
            "Han 2020, equations (2) and (13); five standard deviations"
        ),
    )


def _solver(width, centre, first, second, phase=0):
    """Return a solver whose generators are two dimensions of the Sobol sequence."""
    return OdeSolver(
        width=width,
        generator=Sobol(width=width, phase=phase),
        centre_generator=Sobol(width=width, dimension=1, phase=phase),
        centre=centre,
        first=first,
        second=second,
    )


ENTRY = Entry(
    name="ode_solver",
    default=_solver(8, 128, 0, 128, phase=76),
    edges=(
        OdeSolver(
            width=1,
            generator=Counter(width=1),
            centre_generator=Sobol(width=1, phase=1),
            centre=1,
            first=2,
            second=0,
        ),
        _solver(3, 8, 0, 8),
        _solver(6, 0, 64, 0, phase=63),
        _solver(12, 2048, 4096, 3072),
        _solver(24, 1 << 23, 0, (1 << 24) - 1),
        OdeSolver(
            width=32,
            # In cycle 1 the word is at its end, as both counters are, and the first one falls.
            generator=VanDerCorput(width=32, phase=(1 << 32) - 2),
            centre_generator=Lfsr(width=32),
            centre=3 << 30,
            first=(1 << 32) - 1,
            second=(1 << 32) - 1,
        ),
    ),
    # An oscillation that saturates both counters at both ends.
    planted=_solver(4, 11, 16, 0, phase=3),
    oracle=exact_solution,
)
