"""Catalogue entry of `sexp`."""

from __future__ import annotations

import numpy as np

from stochastic import Sexp

from ...entry import Entry
from ...oracles.state_machines import expect_plain_counter

__all__ = ["ENTRY"]


def stationary_law(parameters, values, encoding):
    """Return (1 - r^(K - G)) / (1 - r^K) with r = (1 + x) / (1 - x)."""
    k, gain = parameters.states, parameters.gain
    x = values["x"]
    # The limit at 0; at both ends r is 0 or infinite.
    x = np.clip(x, -1 + 1e-15, 1 - 1e-15)
    log = np.log1p(x) - np.log1p(-x)
    # Of the two equal forms this one does not overflow.
    sign = -np.sign(log)
    below = np.expm1(sign * k * log)
    above = np.expm1(sign * (k - gain) * log)
    ratio = np.where(below == 0, (k - gain) / k, above / np.where(below == 0, 1, below))
    return np.where(sign < 0, np.exp(-gain * log) * ratio, ratio)


def mean(p, cycles, lanes, rng):
    """Expect (1 - r^(K - G)) / (1 - r^K) with r = (1 + x) / (1 - x)."""
    return expect_plain_counter(
        p,
        lanes,
        rng,
        np.arange(p.states) < p.states - p.gain,
        lambda x: stationary_law(p, {"x": x}, ""),
        "(1 - r^(K - G)) / (1 - r^K), the stationary law of the counter",
    )


ENTRY = Entry(
    name="sexp",
    default=Sexp(states=16, gain=2),
    edges=(
        Sexp(states=2, gain=1),
        Sexp(states=3, gain=1, initial=0),
        Sexp(states=5, gain=4, initial=4),
        Sexp(states=32, gain=1),
        Sexp(states=200, gain=7, initial=193),
    ),
    planted=Sexp(states=6, gain=2),
    oracle=mean,
    law=stationary_law,
)
