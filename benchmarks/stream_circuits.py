"""Circuits on packed streams per second on one core, each against its compiled loop.

The peer is the golden model of the same circuit: a compiled loop over cycles and lanes, one
number a bit. Both give the same bits, which is checked before the measurement.

    python -m benchmarks.stream_circuits [--json FILE]
"""

from __future__ import annotations

import numpy as np

from benchmarks.measurement import Measurement, best_time, main
from stochastic import (
    AbsoluteDifference,
    Bitstream,
    Decorrelator,
    Desynchronizer,
    Isolator,
    Lfsr,
    Maximum,
    Minimum,
    Regenerator,
    SaturatingAdder,
    SaturatingSubtractor,
    Sobol,
    Stanh,
    Synchronizer,
    TrackingForecastMemory,
)

STREAMS, PEER_STREAMS, LENGTH = 100_000, 2_000, 256
GOAL = 2e9

CIRCUITS = {
    "tanh, 16 states": Stanh(states=16),
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
}


def measure() -> list[Measurement]:
    """Measure every circuit on streams of 256 bits."""
    rng = np.random.default_rng(1)
    measurements = []
    for name, circuit in CIRCUITS.items():
        streams = {
            port.name: Bitstream.from_bits(
                rng.random((STREAMS, LENGTH)) < rng.random((STREAMS, 1)),
                circuit.encodings[port.name] or "unipolar",
            )
            for port in circuit.inputs
        }
        few = {
            port: Bitstream(stream.words[:PEER_STREAMS], LENGTH, stream.encoding)
            for port, stream in streams.items()
        }
        columns = {
            port: np.ascontiguousarray(stream.bits().T, np.int64)
            for port, stream in few.items()
        }
        found = circuit.apply(**few)
        expected, _ = circuit.run(columns)
        for port in circuit.outputs:
            stream = found if isinstance(found, Bitstream) else found[port.name]
            if not np.array_equal(stream.bits().T, expected[port.name]):
                raise SystemExit(f"{name}: differs from the compiled loop")
        peer = best_time(lambda run=circuit.run, x=columns: run(x), seconds=0.3)
        seconds = best_time(lambda apply=circuit.apply, x=streams: apply(**x), seconds=0.3)
        measurements.append(
            Measurement(
                name=name,
                unit="bits/s",
                rate=STREAMS * LENGTH / seconds,
                peer=PEER_STREAMS * LENGTH / peer,
                goal=GOAL,
            )
        )
    return measurements


if __name__ == "__main__":
    main("Circuits on 100,000 streams of 256 bits, one core", measure)
