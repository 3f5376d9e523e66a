"""Catalogue entry of `sexp`."""

from __future__ import annotations

import numpy as np

from stochastic import Sexp

from ...entry import Entry
from ...oracles.state_machines import expect_plain_counter

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect (1 - r^(K - G)) / (1 - r^K) with r = (1 + x) / (1 - x)."""

    def law(x):
        log = np.log((1 + x) / (1 - x))
        # Of the two equal forms this one does not overflow.
        sign = -np.sign(log)
        ratio = np.expm1(sign * (p.states - p.gain) * log) / np.expm1(sign * p.states * log)
        return np.where(sign < 0, np.exp(-p.gain * log) * ratio, ratio)

    return expect_plain_counter(
        p,
        lanes,
        rng,
        np.arange(p.states) < p.states - p.gain,
        law,
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
)
