"""Models of netlists against those of the same circuits by hand, on one core.

The peer is the hand-written model. The goal is a third of the rate of the slowest of them.

    python -m benchmarks.netlists [--json FILE]
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement, best_times, main
from sim.oracles.netlists import addie, ode_solver, sc_gdc
from stochastic import Addie, Lfsr, Netlist, OdeSolver, ScGdc, Sobol

CYCLES, LANES = 4096, 64
TURNS = 10

CIRCUITS: dict[str, tuple[Callable[[Any], Netlist], Any]] = {
    "ADDIE": (addie, Addie(width=8, generator=Lfsr(width=8))),
    "gradient descent circuit": (sc_gdc, ScGdc(width=8, generator=Lfsr(width=8))),
    "ODE solver": (
        ode_solver,
        OdeSolver(
            width=8,
            generator=Sobol(width=8, phase=76),
            centre_generator=Sobol(width=8, dimension=1, phase=76),
            centre=128,
            first=0,
            second=128,
        ),
    ),
}


def measure() -> list[Measurement]:
    """Measure every circuit, by hand and as a netlist, in turns."""
    rng = np.random.default_rng(1)
    calls: dict[str, Callable[[], Any]] = {}
    for name, (make, circuit) in CIRCUITS.items():
        inputs = {p.name: rng.integers(0, 2, (CYCLES, LANES)) for p in circuit.inputs}
        by_hand = functools.partial(circuit.run, inputs, cycles=CYCLES, lanes=LANES)
        as_netlist = functools.partial(make(circuit).run, inputs, cycles=CYCLES, lanes=LANES)
        expected, found = by_hand()[0], as_netlist()[0]
        for port, values in expected.items():
            if not np.array_equal(found[port], values):
                raise SystemExit(f"{name}: the netlist differs from the circuit by hand")
        calls[f"{name}, by hand"] = by_hand
        calls[name] = as_netlist
    seconds = best_times(calls, turns=TURNS)
    rates = {name: CYCLES * LANES / time for name, time in seconds.items()}
    goal = min(rate for name, rate in rates.items() if name.endswith("by hand")) / 3
    return [
        Measurement(
            name=name,
            unit="lane-cycles/s",
            rate=rates[name],
            peer=rates[f"{name}, by hand"],
            goal=goal,
        )
        for name in CIRCUITS
    ]


if __name__ == "__main__":
    main("Models of netlists against those by hand, one core", measure)
