"""Catalogue entries of the gates that calculate with streams."""

import numpy as np

from stochastic import Lfsr, Multiplier, MuxAdder, Sobol, VanDerCorput

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]


def product(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the product of the means of independent streams."""
    cycles = max(cycles, 1024)
    p, q = rng.uniform(0.1, 0.9, (2, lanes))
    one = p * q
    inputs = {"a": rng.random((cycles, lanes)) < p, "b": rng.random((cycles, lanes)) < q}
    scale, offset = 1, 0
    if parameters.encoding == "bipolar":
        one, scale, offset = p * q + (1 - p) * (1 - q), 2, -1
    if parameters.encoding == "sign-magnitude":
        for name in ("a_sign", "b_sign"):
            inputs[name] = np.tile(rng.integers(0, 2, lanes), (cycles, 1))
        scale = np.prod([1 - 2 * inputs[name][0] for name in ("a_sign", "b_sign")], axis=0)

    def measure(outputs):
        if parameters.encoding == "sign-magnitude":
            return (outputs["product"] * (1 - 2 * outputs["product_sign"])).mean(axis=0)
        return scale * outputs["product"].mean(axis=0) + offset

    return Expectation(
        inputs={name: values.astype(np.int64) for name, values in inputs.items()},
        measure=measure,
        expected=scale * one + offset,
        tolerance=5 * np.abs(scale) * np.sqrt(one * (1 - one) / cycles),
        source=(
            "p q for AND, (2 p - 1)(2 q - 1) for XNOR; five standard deviations of the mean "
            "of N independent bits, sqrt(r (1 - r) / N) with r the probability of a one"
        ),
    )


def mean(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the mean of all inputs' means."""
    k, generator = parameters.fan_in, parameters.generator
    words = 1 << generator.width
    # Whole periods, or of a longer one its beginning.
    whole = generator.period * -(-4096 // generator.period)
    cycles = whole if generator.period <= 4096 else 4096
    p = rng.random((lanes, k))
    rest = words % k
    bias = rest * (k - rest) / (k * words) + (generator.period < words) / words
    average = p.mean(axis=1)
    return Expectation(
        inputs={"streams": (rng.random((cycles, lanes * k)) < p.reshape(-1)).astype(np.int64)},
        measure=lambda outputs: outputs["mean"].mean(axis=0),
        expected=average,
        tolerance=bias + 5 * np.sqrt(average * (1 - average) / cycles),
        source=(
            "mean p of the K inputs, variance p (1 - p) / N; five standard deviations, and "
            "r (K - r) / (K 2^n) with r = 2^n mod K for inputs that more words pick than "
            "others, and 2^-n where the generator has no word 0"
        ),
    )


ENTRIES = (
    Entry(
        name="multiplier",
        default=Multiplier(),
        edges=(Multiplier(encoding="bipolar"), Multiplier(encoding="sign-magnitude")),
        oracle=product,
    ),
    Entry(
        name="mux_adder",
        default=MuxAdder(fan_in=4, generator=Lfsr(width=8)),
        edges=(
            MuxAdder(fan_in=2, generator=VanDerCorput(width=1)),
            MuxAdder(fan_in=3, generator=VanDerCorput(width=2)),
            MuxAdder(fan_in=5, generator=Sobol(width=8, dimension=1)),
            MuxAdder(fan_in=8, generator=Lfsr(width=3)),
            MuxAdder(fan_in=16, generator=Lfsr(width=10, zero_state=True)),
            MuxAdder(fan_in=65, generator=VanDerCorput(width=32)),
        ),
        oracle=mean,
    ),
)
