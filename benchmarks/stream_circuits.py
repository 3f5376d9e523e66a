"""Circuits on packed streams per second on one core, each against a naive compiled loop.

The peer is a straightforward Numba loop over unpacked bits, stream by stream and cycle by
cycle (`benchmarks.naive_loops`). Both give the same bits, which is checked before the
measurement. The goal is 2e9 bits a second or 20 times the naive loop, whichever is less; for
the hyperbolic tangent it is 2e10.

    python -m benchmarks.stream_circuits [--json FILE]
"""

from __future__ import annotations

import numpy as np

from benchmarks.measurement import Measurement, best_time, main
from benchmarks.naive_loops import naive_loop
from stochastic import (
    AbsoluteDifference,
    BitInsertingSquareRoot,
    Bitstream,
    Cordiv,
    Decorrelator,
    Desynchronizer,
    GainesDivider,
    GainesSquareRoot,
    HardTanh,
    InStreamDivider,
    InStreamMultiplier,
    Isolator,
    JkDivider,
    Lfsr,
    LinearGain,
    Maximum,
    Minimum,
    Regenerator,
    Sabs,
    SaturatingAdder,
    SaturatingSubtractor,
    Sexp,
    Smax,
    Smin,
    Sobol,
    Srelu,
    Ssigmoid,
    Ssign,
    Stanh,
    Synchronizer,
    TrackingForecastMemory,
)

STREAMS, PEER_STREAMS, LENGTH = 100_000, 2_000, 256
TANH_GOAL, GOAL, GOAL_RATIO = 2e10, 2e9, 20

TANH = "tanh, 16 states"
CIRCUITS = {
    TANH: Stanh(states=16),
    "tanh, 64 states": Stanh(states=64),
    "tanh, 128 states, bit slices": Stanh(states=128),
    "exponential, 16 states": Sexp(states=16, gain=2),
    "linear gain, 16 states": LinearGain(states=16),
    "absolute value, 16 states": Sabs(states=16),
    "ReLU, 16 states": Srelu(states=16),
    "maximum by a counter, 16 states": Smax(states=16),
    "minimum by a counter, 16 states": Smin(states=16),
    "sign, 16 states": Ssign(states=16),
    "sigmoid, 16 states": Ssigmoid(states=16),
    "hard tanh, gain 4": HardTanh(gain_factor=4),
    "CORDIV": Cordiv(),
    "CORDIV, history of 8": Cordiv(generator=Lfsr(width=3)),
    "in-stream divider": InStreamDivider(generator=Lfsr(width=3)),
    "Gaines divider, 8 bits": GainesDivider(width=8, generator=Lfsr(width=8)),
    "JK divider": JkDivider(),
    "Gaines square root, 8 bits": GainesSquareRoot(width=8, generator=Lfsr(width=8), delay=8),
    "bit-inserting square root": BitInsertingSquareRoot(generator=Lfsr(width=3)),
    "synchronizer, depth 1": Synchronizer(),
    "synchronizer, depth 8": Synchronizer(depth=8),
    "desynchronizer, depth 1": Desynchronizer(),
    "maximum, depth 1": Maximum(),
    "minimum, depth 1": Minimum(),
    "absolute difference, depth 1": AbsoluteDifference(),
    "saturating adder, depth 1": SaturatingAdder(),
    "saturating subtractor, depth 1": SaturatingSubtractor(),
    "isolator": Isolator(),
    "decorrelator, depth 4": Decorrelator(
        depth=4, a_generator=Lfsr(width=8), b_generator=Lfsr(width=8, seed=9, form="galois")
    ),
    "tracking forecast memory": TrackingForecastMemory(generator=Lfsr(width=8), shift=3),
    "regenerator, windows of 64": Regenerator(generator=Sobol(width=6)),
    "in-stream multiplier, 8 bits": InStreamMultiplier(generator=Sobol(width=8)),
}


def measure() -> list[Measurement]:
    """Measure every circuit on streams of 256 bits."""
    rng = np.random.default_rng(1)
    measurements = []
    for name, circuit in CIRCUITS.items():
        bits, few, streams = {}, {}, {}
        for port in circuit.inputs:
            given = rng.random((PEER_STREAMS, LENGTH)) < rng.random((PEER_STREAMS, 1))
            # A divisor of 0 is refused.
            given[:, 0] |= port.name == "divisor"
            encoding = circuit.encodings[port.name] or "unipolar"
            bits[port.name] = given.astype(np.uint8)
            few[port.name] = Bitstream.from_bits(given, encoding)
            words = np.tile(few[port.name].words, (STREAMS // PEER_STREAMS, 1))
            streams[port.name] = Bitstream(words, LENGTH, encoding)
        naive = naive_loop(circuit, bits)
        found, expected = circuit.apply(**few), naive()
        for port in circuit.outputs:
            stream = found if isinstance(found, Bitstream) else found[port.name]
            if not np.array_equal(stream.bits(), expected[port.name]):
                raise SystemExit(f"{name}: differs from the naive loop")
        peer = PEER_STREAMS * LENGTH / best_time(naive, seconds=0.1)
        seconds = best_time(lambda apply=circuit.apply, x=streams: apply(**x), seconds=0.3)
        measurements.append(
            Measurement(
                name=name,
                unit="bits/s",
                rate=STREAMS * LENGTH / seconds,
                peer=peer,
                goal=TANH_GOAL if name == TANH else min(GOAL, GOAL_RATIO * peer),
            )
        )
    return measurements


if __name__ == "__main__":
    main("Circuits on 100,000 streams of 256 bits, one core", measure)
