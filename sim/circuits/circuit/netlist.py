"""Catalogue entry of `netlist`: hand-written circuits made of their parts once more."""

from __future__ import annotations

from typing import Any

import numpy as np

from stochastic import (
    Addie,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    OdeSolver,
    ScGdc,
    Sobol,
    Stanh,
)
from stochastic.circuit import Netlist

from ...entry import Entry, Expectation
from ...oracles.netlists import addie, ode_solver, sc_gdc
from ...simulation.stimulus import random_stimulus
from ..integrators.addie import ENTRY as ADDIE
from ..integrators.ode_solver import ENTRY as ODE_SOLVER
from ..integrators.sc_gdc import ENTRY as SC_GDC

__all__ = ["ENTRY"]

# Netlists by the hand-written circuit that each is equal to, and the entry of that one.
REMADE: dict[Netlist, tuple[Any, Entry]] = {
    addie(circuit): (circuit, ADDIE)
    for circuit in (
        Addie(width=8, generator=Lfsr(width=8)),
        Addie(width=3, generator=Lfsr(width=3), initial=7, full_scale=False),
    )
}
REMADE |= {
    sc_gdc(circuit): (circuit, SC_GDC)
    for circuit in (
        ScGdc(width=8, generator=Lfsr(width=8), initial=128),
        ScGdc(width=4, generator=Lfsr(width=4), encoding="bipolar", initial=8),
    )
}
REMADE |= {
    ode_solver(circuit): (circuit, ODE_SOLVER)
    for circuit in (
        OdeSolver(
            width=8,
            generator=Sobol(width=8, phase=76),
            centre_generator=Sobol(width=8, dimension=1, phase=76),
            centre=128,
            first=0,
            second=128,
        ),
    )
}

# Without a loop: the tanh of the mean of x0, NOT of x0 two cycles ago, and the product of two.
NEURON = Netlist(
    parts={
        "late": Isolator(cycles=2),
        "product": Multiplier(encoding="bipolar"),
        "mean": MuxAdder(fan_in=4, generator=Lfsr(width=8)),
        "tanh": Stanh(states=8),
    },
    wires={
        "late.x": "x0",
        "product.a": "x1",
        "product.b": "x2",
        "mean.streams[0]": "x0",
        "mean.streams[1]": "late.y",
        "mean.streams[2]": "product.product",
        "mean.streams[3]": 0,
        "tanh.x": "mean.mean",
        "y": "tanh.y",
        "mean_out": "mean.mean",
    },
)


def as_by_hand(parameters, cycles, lanes, rng) -> Expectation:
    """Expect what theory says of the hand-written circuit."""
    if parameters in REMADE:
        circuit, entry = REMADE[parameters]
        return entry.oracle(circuit, cycles, lanes, rng)
    p = rng.uniform(0.2, 0.8, (3, lanes))
    x = (rng.random((3, 8192, lanes)) < p[:, None]).astype(np.int64)
    values = 2 * p - 1
    mean = (2 * values[0] + values[1] * values[2] - 1) / 4
    return Expectation(
        inputs={f"x{i}": x[i] for i in range(3)},
        measure=lambda outputs: 2 * outputs["mean_out"].mean(axis=0) - 1,
        expected=mean,
        tolerance=10 * np.sqrt(0.25 / 8192) + 2 / 256,
        source=(
            "(2 x0 + x1 x2 - 1) / 4: five standard deviations of the mean of N bits, "
            "sqrt(1 / (4 N)) each, and the word 0 that the shift register lacks"
        ),
    )


def as_by_hand_too(parameters, cycles, lanes, rng):
    """Return the stimulus of the hand-written circuit."""
    if parameters in REMADE:
        circuit, entry = REMADE[parameters]
        return entry.stimulus(circuit, cycles, lanes, rng)
    return random_stimulus(parameters, cycles, lanes, rng)


ENTRY = Entry(
    name="netlist",
    default=next(iter(REMADE)),
    edges=(*list(REMADE)[1:], NEURON),
    planted=list(REMADE)[3],
    oracle=as_by_hand,
    stimulus=as_by_hand_too,
)
