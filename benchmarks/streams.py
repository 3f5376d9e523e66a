"""Products of streams per second on one core: pairs of numbers, and a matrix product.

The peer is NumPy on the same packed words: ``packbits``, a bitwise operation,
``bitwise_count`` and a sum. Every result is compared with the peer's before the measurement.

    python -m benchmarks.streams [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.measurement import Measurement, best_time, main
from stochastic import (
    Lfsr,
    Sobol,
    encode_codes,
    from_codes,
    multiply_count,
    product_counts,
    to_codes,
)
from stochastic.arithmetic import matmul
from stochastic.streams import encode

PAIRS, LENGTH = 100_000, 256
BATCH, INPUTS, OUTPUTS = 16, 784, 100
NARROW = Sobol(width=8, dimension=0), Sobol(width=8, dimension=1)
# A bank of 2^16 streams would be read less often than written, so comparators generate these
# streams.
WIDE = Lfsr(width=16), Sobol(width=16, dimension=1)


def _numpy_streams(codes, generator):
    bits = generator.words(LENGTH) < codes[..., None]
    return np.packbits(bits, axis=-1, bitorder="little").view(np.uint64)


def _numpy_count(a, b):
    return LENGTH - np.bitwise_count(a ^ b).sum(axis=-1, dtype=np.int64)


def _numpy_products(a, b, generators):
    return _numpy_count(_numpy_streams(a, generators[0]), _numpy_streams(b, generators[1]))


def numpy_matmul(x, w, generators):
    a, b = (
        _numpy_streams(to_codes(m, g.width), g) for m, g in zip((x, w), generators, strict=True)
    )
    return np.stack([_numpy_count(row[:, None], b).sum(axis=0) for row in a])


def _compare(
    lines: list[tuple[str, float, Callable]], peer: Callable, products: int, unit: str
) -> list[Measurement]:
    expected = peer()
    peer_seconds = best_time(peer)
    measurements = []
    for name, goal, call in lines:
        if not np.array_equal(call(), expected):
            raise SystemExit(f"{name}: differs from the peer")
        rate = products / best_time(call)
        measurements.append(
            Measurement(
                name=name, unit=unit, rate=rate, peer=products / peer_seconds, goal=goal
            )
        )
    return measurements


def measure() -> list[Measurement]:
    """Measure encoding, products and matrix products."""
    rng = np.random.default_rng(1)
    bits = PAIRS * LENGTH
    narrow = rng.integers(0, 257, (2, PAIRS), dtype=np.uint16)
    wide = rng.integers(0, (1 << 16) + 1, (2, PAIRS))
    reals = from_codes(narrow, 8)
    streams = [encode_codes(c, g, LENGTH) for c, g in zip(narrow, NARROW, strict=True)]
    words = [s.words for s in streams]
    unit = "bit-products/s"
    measurements = _compare(
        [
            (
                "multiply, comparators (16-bit codes)",
                6e9,
                lambda: product_counts(*wide, WIDE, LENGTH, engine="packed"),
            )
        ],
        lambda: _numpy_products(*wide, WIDE),
        bits,
        unit,
    )
    measurements += _compare(
        [
            (
                "multiply, banks (8-bit codes)",
                1e11,
                lambda: product_counts(*narrow, NARROW, LENGTH, engine="packed"),
            ),
            (
                "multiply, table (8-bit codes)",
                4e11,
                lambda: product_counts(*narrow, NARROW, LENGTH, engine="table"),
            ),
            (
                "multiply, table (real values)",
                0,
                lambda: product_counts(*reals, NARROW, LENGTH, engine="table"),
            ),
        ],
        lambda: _numpy_products(*narrow, NARROW),
        bits,
        unit,
    )
    measurements += _compare(
        [("multiply, words given", 1e11, lambda: multiply_count(*streams))],
        lambda: _numpy_count(*words),
        bits,
        unit,
    )
    measurements.append(
        Measurement(
            name="memory limit: the same words summed by NumPy",
            unit=unit,
            rate=bits / best_time(lambda: [w.sum() for w in words]),
        )
    )
    measurements += _compare(
        [
            (
                f"encode, {engine}",
                0,
                lambda engine=engine: encode(reals[0], NARROW[0], engine=engine).words,
            )
            for engine in ("packed", "table")
        ],
        lambda: _numpy_streams(narrow[0], NARROW[0]),
        bits,
        "bits/s",
    )
    x = rng.uniform(-1, 1, (BATCH, INPUTS))
    w = rng.uniform(-1, 1, (INPUTS, OUTPUTS))
    measurements += _compare(
        [
            (
                f"matmul {INPUTS}x{OUTPUTS}, batch {BATCH}, {engine}",
                goal,
                lambda engine=engine: matmul(x, w, NARROW, LENGTH, engine=engine),
            )
            for engine, goal in (("packed", 2e11), ("table", 5e11))
        ],
        lambda: numpy_matmul(x, w, NARROW),
        BATCH * INPUTS * OUTPUTS * LENGTH,
        "product-cycles/s",
    )
    return measurements


if __name__ == "__main__":
    main(f"Streams of {LENGTH} bits, one core", measure)
