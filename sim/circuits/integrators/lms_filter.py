"""Catalogue entry of `lms_filter`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, LmsFilter, Sobol, VanDerCorput

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def learned_weights(parameters, cycles, lanes, rng) -> Expectation:
    """Expect each weight to approach the system's weight, with single full-scale samples."""
    taps, limit = parameters.taps, parameters.limit
    cycles = max(cycles, 4 * taps << min(parameters.width, 9))
    system = rng.integers(-limit, limit, (lanes, taps), endpoint=True)
    sample, target = np.zeros((2, cycles, lanes), np.int64)
    updates = np.zeros((lanes, taps))
    for lane in range(lanes):
        # A sample leaves the delay line before the next one enters.
        gaps = taps + rng.geometric(2 / (2 + taps), cycles // taps)
        starts = np.cumsum(gaps)
        starts = starts[starts < cycles - taps - 1]
        sign = rng.choice([-1, 1], len(starts))
        sample[starts, lane] = limit * sign
        for tap in range(taps):
            target[starts + tap, lane] = sign * system[lane, tap]
        updates[lane] = len(starts)
    weights = system / limit
    left = (1 - 2.0**-parameters.width) ** updates
    deviation = np.sqrt(np.abs(weights) * left * (1 - left) * 2.0**-parameters.width)
    return Expectation(
        inputs={"sample": sample, "target": target},
        measure=lambda outputs: outputs["weights"][-1] / parameters.weight_limit,
        expected=(weights * (1 - left)).reshape(-1),
        tolerance=(5 * deviation + 2 / limit + 2.0**-parameters.width).reshape(-1),
        source=(
            "Liu, Gross and Han 2020, equation (10) with a single sample of -1 or 1 in the "
            "line: after m updates w = v q with q = 1 - (1 - h)^m and the system's weight v. "
            "Target and estimate share their words, so that a counter only moves towards v: "
            "each of its v / h steps is done with probability q, which gives the variance "
            "v h q (1 - q); five standard deviations, two steps of the estimate and one of the "
            "counter"
        ),
    )


def _filter(taps, width, bits, **changes):
    """Return a filter whose generators are two dimensions of the Sobol sequence."""
    return LmsFilter(
        taps=taps,
        width=width,
        sample_generator=Sobol(width=bits),
        error_generator=Sobol(width=bits, dimension=1),
        **changes,
    )


def overshoot(p):
    """Return samples and targets after which the estimate is beyond its range, on both sides.

    The weights learn from samples of half scale. Then samples of full scale double the
    estimate.
    """
    sample, target = (port.range for port in p.inputs)
    learned = min(4 << p.width, 2048)
    half, full = sample[1] // 2, sample[1]
    samples = [half] * learned + [full] * 24
    return {
        "sample": np.array(2 * samples),
        "target": np.repeat(target, len(samples)),
    }


ENTRY = Entry(
    name="lms_filter",
    default=_filter(8, 10, 8),
    edges=(
        LmsFilter(
            taps=1,
            width=1,
            sample_generator=Counter(width=1),
            error_generator=Counter(width=1, direction="down"),
        ),
        _filter(2, 3, 6, sharing="per-tap"),
        _filter(5, 4, 2),
        LmsFilter(
            taps=16,
            width=14,
            sample_generator=Lfsr(width=14),
            error_generator=Lfsr(width=14, form="galois", seed=11),
            sharing="per-tap",
        ),
        LmsFilter(
            taps=3,
            width=20,
            sample_generator=VanDerCorput(width=16),
            error_generator=Sobol(width=16, dimension=1),
        ),
    ),
    planted=_filter(2, 2, 2),
    oracle=learned_weights,
    directed=overshoot,
)
