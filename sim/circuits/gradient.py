"""Catalogue entries of the circuits that integrate: gradients, and a differential equation."""

import numpy as np

from stochastic import Counter, Lfsr, LmsFilter, OdeSolver, ScGdc, Sobol, VanDerCorput

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]


def _streams(parameters, **numbers):
    """Return the ports' bits of the numbers -1, 0 and 1 of each input."""
    ports = {}
    for name, values in numbers.items():
        if parameters.encoding == "sign-magnitude":
            ports[f"{name}_sign"] = (values < 0).astype(np.int64)
        ports[name] = (values > 0 if parameters.encoding == "bipolar" else values != 0).astype(
            np.int64
        )
    return ports


def descended(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the running sum of x (t - y), away from the counter's ends."""
    kinds = {"unipolar": [0, 1], "bipolar": [-1, 1], "sign-magnitude": [-1, 0, 1]}
    x, t, y = rng.choice(kinds[parameters.encoding], (3, cycles, lanes))
    # A bipolar counter covers twice the range in as many steps.
    unit = 2 if parameters.encoding == "bipolar" else 1
    low, high = parameters.limits
    value = np.full(lanes, parameters.initial)
    shown = np.empty((cycles, lanes), np.int64)
    for cycle in range(cycles):
        shown[cycle] = value
        moved = value + x[cycle] * (t[cycle] - y[cycle]) // unit
        # Where an end would be passed, t and y are made alike.
        y[cycle] = np.where((moved < low) | (moved > high), t[cycle], y[cycle])
        value = value + x[cycle] * (t[cycle] - y[cycle]) // unit
    return Expectation(
        inputs=_streams(parameters, factor=x, excitatory=t, inhibitory=y),
        measure=lambda outputs: outputs["value"],
        expected=shown,
        tolerance=0,
        source=(
            "Liu, Gross and Han 2020, equations (2) and (10): the sum of x (t - y), exact "
            "while the counter meets no end"
        ),
    )


def drifting(parameters, cycles, lanes, rng):
    """Return streams that drive the counter up and down, to both ends if it is small."""
    shape = (cycles, lanes)
    # Up, down or nowhere, for long enough to cross a small counter's range.
    length = 8 << min(parameters.width, 7)
    stretches = -(-cycles // length)
    drift = np.repeat(rng.integers(-1, 2, (stretches, lanes)), length, axis=0)[:cycles]
    surprise = rng.random(shape) < 0.1
    x = np.where(surprise, rng.integers(-1, 2, shape), 1)
    t, y = np.where(rng.random((2, *shape)) < 0.2, rng.integers(-1, 2, (2, *shape)), 0)
    t, y = np.where(t == 0, drift, t), np.where(y == 0, -drift, y)
    inputs = _streams(parameters, factor=x, excitatory=t, inhibitory=y)
    if parameters.encoding == "unipolar":
        inputs["excitatory"], inputs["inhibitory"] = (t > 0).astype(int), (y > 0).astype(int)
    if parameters.encoding == "sign-magnitude":
        # The sign of a 0 is as good as noise.
        for name in ("factor", "excitatory", "inhibitory"):
            noise = rng.integers(0, 2, shape)
            inputs[f"{name}_sign"] = np.where(inputs[name], inputs[f"{name}_sign"], noise)
    return inputs


def oscillation(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the exact solution of the differential equation."""
    step = 2.0**-parameters.width
    count = np.arange(cycles)
    exact = np.stack(parameters.solution(cycles))
    size = np.hypot(*(exact[:, 0] - parameters.centre * step))
    euler = size * (np.expm1(step**2 * count / 2) + step**3 * count / 3)
    # Once a counter has met its end, this says nothing any more.
    left = np.logical_or.accumulate((np.abs(exact - 0.5) > 0.5 + step / 2).any(axis=0))
    noise = 5 * step * np.sqrt(count / 2)
    return Expectation(
        inputs={},
        measure=lambda outputs: np.stack([outputs["y1"], outputs["y2"]]) * step,
        expected=exact[..., None],
        tolerance=np.where(left, np.inf, euler + noise)[:, None],
        source=(
            "y1 = a + p cos t + q sin t, y2 = a + q cos t - p sin t. In k steps of h Euler's "
            "method lets the amplitude grow by exp(h^2 k / 2) and the phase by h^3 k / 3; the "
            "noise of independent words has at most the variance h^2 k / 2, by Liu, Gross "
            "and Han 2020, equations (2) and (13): five standard deviations"
        ),
    )


def identified(parameters, cycles, lanes, rng) -> Expectation:
    """Expect each weight on its way to the system's, one full-scale sample at a time."""
    taps, limit = parameters.taps, parameters.limit
    cycles = max(cycles, 4 * taps << min(parameters.width, 9))
    system = rng.integers(-limit, limit, (lanes, taps), endpoint=True)
    sample, target = np.zeros((2, cycles, lanes), np.int64)
    updates = np.zeros((lanes, taps))
    for lane in range(lanes):
        # A sample has left the delay line before the next comes in.
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
            "line: after m updates w = v (1 - (1 - h)^m), v the system's weight. Target and "
            "estimate share their words, so a counter only nears v: of its v / h steps each "
            "is done with that probability q, variance v h q (1 - q); five standard "
            "deviations, two steps of the estimate and one of the counter"
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


ENTRIES = (
    Entry(
        name="sc_gdc",
        default=ScGdc(width=8, generator=Lfsr(width=8), encoding="sign-magnitude"),
        edges=(
            ScGdc(width=8, generator=Lfsr(width=8), initial=128),
            ScGdc(width=8, generator=Lfsr(width=8), encoding="bipolar", initial=128),
            ScGdc(width=1, generator=Counter(width=1), initial=2),
            ScGdc(width=1, generator=VanDerCorput(width=1), encoding="bipolar"),
            ScGdc(width=1, generator=Counter(width=1), encoding="sign-magnitude", initial=-2),
            ScGdc(
                width=3,
                generator=Sobol(width=3, dimension=1),
                encoding="sign-magnitude",
                initial=7,
            ),
            ScGdc(width=24, generator=Sobol(width=24), initial=(1 << 24) - 2),
            ScGdc(
                width=32,
                generator=VanDerCorput(width=32),
                encoding="sign-magnitude",
                initial=-(1 << 32) + 1,
            ),
            ScGdc(
                width=32,
                generator=VanDerCorput(width=32),
                encoding="bipolar",
                initial=1 << 32,
            ),
        ),
        planted=ScGdc(width=4, generator=Lfsr(width=4), encoding="sign-magnitude"),
        oracle=descended,
        stimulus=drifting,
    ),
    Entry(
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
            _solver(12, 2048, 1024, 1024),
            _solver(24, 1 << 23, 0, (1 << 24) - 1),
            OdeSolver(
                width=32,
                generator=VanDerCorput(width=32),
                centre_generator=Lfsr(width=32),
                centre=3 << 30,
                first=1 << 32,
                second=(1 << 32) - 1,
            ),
        ),
        # An oscillation too large for the counters, which is cut at all four ends.
        planted=_solver(4, 11, 16, 0, phase=3),
        oracle=oscillation,
    ),
    Entry(
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
        planted=_filter(2, 3, 3),
        oracle=identified,
    ),
)
