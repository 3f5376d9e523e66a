"""Catalogue entries of the converters between binary numbers and streams."""

import numpy as np

from stochastic import Counter, Lfsr, Sng, Sobol, StochasticToBinary, VanDerCorput

from ..entry import Entry, Expectation
from ..stimulus import random_stimulus

__all__ = ["ENTRIES"]


def converted(parameters, cycles, lanes, rng) -> Expectation:
    """Expect as many ones as the code says over one period of the generator."""
    generator = parameters.generator
    n = generator.width
    code = rng.integers(0, 1 << n, lanes, endpoint=True)
    code[:2] = [1 << n, 0][:lanes]
    inputs = {"code": code}
    sign = np.ones(lanes, np.int64)
    if parameters.encoding == "sign-magnitude":
        inputs["code_sign"] = rng.integers(0, 2, lanes)
        sign = 1 - 2 * inputs["code_sign"]
    length = generator.period if n <= 12 else 1 << 12
    ones = code if generator.period >> n else np.maximum(code - 1, 0)

    def measure(outputs):
        stream = outputs["stream"]
        if parameters.encoding == "sign-magnitude":
            stream = np.where(outputs["stream_sign"], -stream, stream)
        return stream.sum(axis=0)

    return Expectation(
        inputs={name: np.tile(values, (length, 1)) for name, values in inputs.items()},
        measure=measure,
        expected=sign * ones * (1 if n <= 12 else length / (1 << n)),
        tolerance=0 if n <= 12 else 1,
        source=(
            "a period of 2^n words holds each word once, and code words are less than the "
            "code; without the word 0 there is one fewer. The first 2^k words of a (0,1)-"
            "sequence of base 2 have one word in each 2^n/2^k, so that the count is off by "
            "less than 1"
        ),
    )


def counted(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the sum of every window, full scale among them."""
    p = parameters
    windows = 3
    stream = rng.integers(0, p.range, (windows, p.length, lanes), endpoint=True)
    sign = rng.integers(0, 2, stream.shape)
    stream[0] = p.range
    sign[0] = 1
    values = np.where(sign, -stream, stream) if p.encoding == "sign-magnitude" else stream
    inputs = {"stream": stream, "stream_sign": sign}
    return Expectation(
        # One more cycle shows the last window's result.
        inputs={
            port.name: np.vstack(
                [inputs[port.name].reshape(-1, lanes), np.zeros((1, lanes), int)]
            )
            for port in p.inputs
        },
        measure=lambda outputs: outputs["result"][outputs["valid"].astype(bool)],
        expected=values.sum(axis=1).reshape(-1),
        tolerance=0,
        source="definition: the sum of each window of N values, m N at full scale",
    )


def windows(parameters, cycles, lanes, rng):
    """Return random values and, in turn, stretches of full scale longer than a window."""
    inputs = random_stimulus(parameters, cycles, lanes, rng)
    part = (np.arange(cycles)[:, None] // (3 * parameters.length) + np.arange(lanes)) % 3
    inputs["stream"][part > 0] = parameters.range
    if "stream_sign" in inputs:
        inputs["stream_sign"] = np.where(part > 0, part - 1, inputs["stream_sign"])
    return inputs


ENTRIES = (
    Entry(
        name="sng",
        default=Sng(generator=Lfsr(width=8)),
        edges=(
            Sng(generator=VanDerCorput(width=1)),
            Sng(generator=Lfsr(width=3), encoding="bipolar"),
            Sng(generator=Counter(width=8, direction="down"), encoding="sign-magnitude"),
            Sng(generator=Lfsr(width=12, form="galois", zero_state=True, seed=9)),
            Sng(generator=Sobol(width=24, dimension=5), encoding="sign-magnitude"),
            Sng(generator=VanDerCorput(width=32)),
        ),
        oracle=converted,
    ),
    Entry(
        name="stochastic_to_binary",
        default=StochasticToBinary(length=256),
        edges=(
            StochasticToBinary(length=1),
            StochasticToBinary(length=1, encoding="sign-magnitude", range=3),
            StochasticToBinary(length=2, encoding="bipolar", range=65535),
            StochasticToBinary(length=63),
            StochasticToBinary(length=64, encoding="sign-magnitude"),
            StochasticToBinary(length=65, encoding="sign-magnitude", range=8),
        ),
        # A window that is no power of two, and short: what 256 cycles hide shows in 12.
        planted=StochasticToBinary(length=12),
        oracle=counted,
        stimulus=windows,
    ),
)
