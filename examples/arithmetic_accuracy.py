"""Stochastic arithmetic: the error of every circuit against the function it stands for.

Run it with ``python -m examples.arithmetic_accuracy``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stochastic import (
    BernsteinPolynomial,
    BitInsertingSquareRoot,
    Bitstream,
    Cordiv,
    Counter,
    GainesDivider,
    GainesSquareRoot,
    HardTanh,
    InStreamDivider,
    InStreamMultiplier,
    JkDivider,
    Lfsr,
    LinearGain,
    Multiplier,
    MuxAdder,
    OrAdder,
    Sabs,
    Smax,
    Smin,
    Sobol,
    Srelu,
    Ssigmoid,
    Stanh,
    ToggleAdder,
    UnifiedAdder,
    UnifiedScaledAdder,
    Xorshift32,
    encode,
)

__all__ = ["LENGTHS", "STREAMS", "main", "rows"]

LENGTHS = (256, 4096)
STREAMS = 500

Values = NDArray[np.float64]
# Name, circuit, input ports in the order of the operands, and the function.
Case = tuple[str, Any, tuple[str, ...], Callable[..., Values]]

GAMMA = (24, 184, 89, 256, 180, 248, 254)


def cases() -> list[Case]:
    """Return the circuits with the functions they stand for."""
    own = Xorshift32(width=8, seed=77)
    kinds = ("streams",)
    found: list[Case] = [
        ("Multiplier", Multiplier(), ("a", "b"), np.multiply),
        ("Multiplier, bipolar", Multiplier(encoding="bipolar"), ("a", "b"), np.multiply),
        (
            "InStreamMultiplier",
            InStreamMultiplier(generator=Sobol(width=6)),
            ("a", "b"),
            np.multiply,
        ),
        ("OrAdder, 2", OrAdder(fan_in=2), kinds, lambda a, b: np.minimum(a + b, 1)),
        ("MuxAdder, 2", MuxAdder(fan_in=2, generator=own), kinds, lambda a, b: (a + b) / 2),
        ("ToggleAdder", ToggleAdder(), ("a", "b"), lambda a, b: (a + b) / 2),
        (
            "UnifiedScaledAdder, 2",
            UnifiedScaledAdder(fan_in=2),
            kinds,
            lambda a, b: (a + b) / 2,
        ),
        ("UnifiedAdder, 2", UnifiedAdder(fan_in=2), kinds, lambda a, b: np.minimum(a + b, 1)),
        (
            "UnifiedAdder, 2, bipolar",
            UnifiedAdder(fan_in=2, encoding="bipolar"),
            kinds,
            lambda a, b: np.clip(a + b, -1, 1),
        ),
        ("Smax, K = 16", Smax(states=16), ("a", "b"), np.maximum),
        ("Smin, K = 16", Smin(states=16), ("a", "b"), np.minimum),
        ("Stanh, K = 8", Stanh(states=8), ("x",), lambda x: np.tanh(4 * x)),
        ("Ssigmoid, K = 8", Ssigmoid(states=8), ("x",), lambda x: 1 / (1 + np.exp(-8 * x))),
        ("Sabs, K = 16", Sabs(states=16), ("x",), np.abs),
        ("Srelu, K = 16", Srelu(states=16), ("x",), lambda x: np.maximum(x, 0)),
        ("HardTanh, g = 2", HardTanh(gain_factor=2), ("x",), lambda x: np.clip(2 * x, -1, 1)),
        (
            "LinearGain, K = 32",
            LinearGain(states=32),
            ("x", "k"),
            lambda x, k: np.clip((1 + k) * x / np.maximum(1 - k, 1e-9), -1, 1),
        ),
        (
            "BernsteinPolynomial, x^0.45",
            BernsteinPolynomial(codes=GAMMA, generator=own),
            ("x",),
            lambda x: x**0.45,
        ),
        (
            "GainesDivider, n = 6",
            GainesDivider(width=6, generator=Xorshift32(width=6, seed=77)),
            ("dividend", "divisor"),
            np.divide,
        ),
        ("Cordiv", Cordiv(), ("dividend", "divisor"), np.divide),
        (
            "InStreamDivider, D = 3",
            InStreamDivider(generator=Counter(width=1)),
            ("dividend", "divisor"),
            np.divide,
        ),
        ("JkDivider", JkDivider(), ("dividend", "divisor"), lambda x, y: x / (x + y)),
        (
            "GainesSquareRoot, n = 6",
            GainesSquareRoot(width=6, generator=Xorshift32(width=6, seed=77)),
            ("x",),
            np.sqrt,
        ),
        ("BitInsertingSquareRoot, as published", BitInsertingSquareRoot(), ("x",), np.sqrt),
        (
            "BitInsertingSquareRoot, w = 3",
            BitInsertingSquareRoot(generator=Lfsr(width=3)),
            ("x",),
            np.sqrt,
        ),
    ]
    return found


def operands(case: Case, rng: np.random.Generator) -> list[Values]:
    """Return uniform values of each operand; a dividend is less than its divisor."""
    _, circuit, ports, _ = case
    count = 2 if ports == ("streams",) else len(ports)
    names = ports * count if ports == ("streams",) else ports
    found = []
    for name in names:
        encoding = circuit.encodings[name] or "unipolar"
        found.append(rng.uniform(-1 if encoding == "bipolar" else 0, 1, STREAMS))
    if ports == ("dividend", "divisor"):
        found[1] = rng.uniform(0.25, 1, STREAMS)
        found[0] = found[1] * rng.random(STREAMS)
    return found


def error(case: Case, length: int, regular: bool) -> float:
    """Return the RMS distance to the function over random operands.

    Parameters
    ----------
    regular : bool
        Whether the streams are Sobol sequences or random bits; independent of each other
        either way, but for the operands of `Cordiv`.
    """
    name, circuit, ports, function = case
    rng = np.random.default_rng(1)
    values = operands(case, rng)
    copies = circuit.degree if isinstance(circuit, BernsteinPolynomial) else 1
    streams = []
    for i, value in enumerate(values):
        port = ports[0] if ports == ("streams",) else ports[i]
        encoding = circuit.encodings[port] or "unipolar"
        for copy in range(copies):
            place = 0 if name == "Cordiv" else copies * i + copy
            if regular:
                streams.append(
                    encode(value, Sobol(width=12, dimension=place), length, encoding)
                )
            else:
                streams.append(_random(value, length, encoding, place))
    if ports == ("streams",) or copies > 1:
        given = {ports[0]: streams}
    else:
        given = dict(zip(ports, streams, strict=True))
    found = circuit.apply(correlated=True, **given).value
    return float(np.sqrt(np.mean((found - function(*values)) ** 2)))


def _random(values: Values, length: int, encoding: str, place: int) -> Bitstream:
    """Return random bits, other ones for each stream and operand."""
    chance = (values + 1) / 2 if encoding == "bipolar" else values
    words = np.random.default_rng([place, length]).random((len(values), length))
    return Bitstream.from_bits(words < chance[:, None], encoding)


@functools.cache
def rows() -> list[tuple[str, int, list[float]]]:
    """Return each circuit's name, latency and errors: two lengths, random and Sobol bits."""
    return [
        (
            case[0],
            case[1].latency,
            [error(case, length, regular) for regular in (False, True) for length in LENGTHS],
        )
        for case in cases()
    ]


def main() -> None:
    """Print the table."""
    head = [f"{kind}, {length}" for kind in ("random bits", "Sobol") for length in LENGTHS]
    print("| circuit | latency |", " | ".join(head), "|")
    print("|---|---|" + "---|" * len(head))
    for name, latency, errors in rows():
        print(f"| {name} | {latency} |", " | ".join(f"{e:.4f}" for e in errors), "|")


if __name__ == "__main__":
    main()
