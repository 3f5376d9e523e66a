"""Oracles shared by several generators."""

from __future__ import annotations

import numpy as np

from stochastic import Lfsr, Rotated, Sobol, VanDerCorput

from ..entry import Expectation


def maximal_sequence(p: Lfsr | Rotated, cycles, lanes, rng) -> Expectation:
    """Expect a maximal sequence.

    Over a whole period every state occurs once, 0 only with `zero_state`. Over a shorter run
    the states satisfy the recurrence of the taps.
    """
    if p.period <= cycles:
        expected = np.full(1 << p.width, lanes)
        expected[: (1 << p.width) - p.period] = 0
        source = "a maximal sequence visits every state once per period"
        return Expectation(
            inputs={},
            measure=lambda outputs: np.bincount(
                outputs["word"][: p.period].ravel(), minlength=1 << p.width
            ),
            expected=expected,
            tolerance=0,
            source=source,
        )
    register = p.generator if isinstance(p, Rotated) else p
    source = "without the state 0, state t is the XOR of the states t - tap"

    def errors(outputs):
        count = 0
        for lane in outputs["word"].T:
            states = lane[lane != 0]
            parity = states[p.width :].copy()
            for tap in register.taps:
                parity ^= states[p.width - tap : len(states) - tap]
            count += np.count_nonzero(parity)
            count += len(lane) - len(states) > register.zero_state
        return count

    return Expectation(inputs={}, measure=errors, expected=0, tolerance=0, source=source)


def equidistribution(p: VanDerCorput | Sobol, cycles, lanes, rng) -> Expectation:
    """Expect 2^m words in an aligned window to differ in their top m bits."""
    top = min(p.width, (cycles // 2).bit_length() - 1)
    first = -p.phase % (1 << top)
    window = slice(first, first + (1 << top))
    return Expectation(
        inputs={},
        measure=lambda outputs: np.bincount(
            outputs["word"][window].ravel() >> (p.width - top), minlength=1 << top
        ),
        expected=np.full(1 << top, lanes),
        tolerance=0,
        source="(0, 1)-sequence in base 2 (Niederreiter 1992, chapter 4)",
    )
