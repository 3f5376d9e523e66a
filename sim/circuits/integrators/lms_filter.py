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


# Cycles of the parts of the directed stimulus: values that equal the words, the most and the
# fewest while weights learn, samples of full scale after that, and the most for single taps.
MEETING, LONGEST, SHORTEST, FULL, SINGLE = 64, 4096, 64, 24, 1024


def ends(p):
    """Return samples and targets that bring targets, estimate and weights to their ends."""
    parts = [_meeting(p), _overshoot(p, -1), _overshoot(p, 1), _single_taps(p)]
    sample, target = np.concatenate(parts, axis=1)
    return {"sample": sample, "target": target}


def _meeting(p):
    """Return targets, then samples, that equal the words beside which they are compared.

    That is a cycle later. The other ones are at full scale.
    """
    full = np.full(MEETING, p.limit)
    targets = p.error_generator.words(MEETING + 1)[1:]
    samples = p.tap_generators[0].words(2 * MEETING + 1)[MEETING + 1 :]
    return np.concatenate([[full, targets], [samples, full]], axis=1).astype(np.int64)


def _overshoot(p, sign):
    """Return samples and targets after which the estimate is beyond its range.

    The weights learn from samples of three quarters of full scale, until few more than this
    part is left to learn. Then samples of full scale make the estimate too large. With a
    negative target this is where the largest word comes, which tells the end from its
    neighbour, if it comes soon.
    """
    learned = int(np.clip(2.6 * (1 << p.width) / p.taps, SHORTEST, LONGEST // 2))
    if sign > 0:
        learned *= 2
    else:
        words = p.error_generator.words(LONGEST + 2 * MEETING)
        largest = np.flatnonzero(words == words.max()) - 2 * MEETING
        learned = int(next((k for k in largest if k >= learned), learned + FULL)) - FULL // 2
    samples = np.full(learned + FULL, p.limit)
    samples[:learned] = 3 * p.limit // 4
    return np.stack([samples, np.full(len(samples), sign * p.limit)])


def _single_taps(p):
    """Return samples that drive each weight to its ends, if that does not take too long.

    They have half scale, and one at a time is in the line. The estimate of one
    tap at its end is half of the target, which pushes on.
    """
    updates = 8 << p.width
    if updates * p.taps > SINGLE:
        return np.zeros((2, 0), np.int64)
    rows = np.zeros((2, 2, p.taps, updates, p.taps), np.int64)
    rows[0, ..., 0] = p.limit // 2
    for tap in range(p.taps):
        rows[1, :, tap, :, tap] = np.array([[p.limit], [-p.limit]])
    return rows.reshape(2, -1)


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
    directed=ends,
)
