"""Sums of products of streams per second on one core: convolution, neuron, count of a cycle.

* A convolution of VGG16: 512 to 512 channels, 3 x 3, at 4 x 4, every product stochastic. The
  peer is NumPy on packed words, for one of the 16 positions.
* ``tanh(a * w + b)`` of a million random triples, encoding included, in parts that fit the
  cache. The peer is a naive Numba loop, cycle by cycle, for 20,000 of them.
* The count of every cycle of 32 x 784 by 784 x 100 streams, with a seed for each of the 784
  inputs of either side. The peers have the bits unpacked before the measurement: NumPy makes a
  float32 matrix product of every cycle, PyTorch one of int8.
* Parallel counters of 64 streams, with both outputs. The peer is their golden model, cycle by
  cycle.

All results are compared with the peer's before the measurement.

    python -m benchmarks.stream_sums [--json FILE]
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit

from benchmarks.measurement import Measurement, best_time, main
from benchmarks.streams import numpy_matmul
from stochastic import (
    ApproximateParallelCounter,
    Bitstream,
    Lfsr,
    ParallelCounter,
    Sobol,
    Stanh,
    conv2d,
    cycle_counts,
    encode,
    encode_codes,
    multiply,
    scaled_add,
    to_codes,
)

LENGTH = 256
CHANNELS, SIDE = 512, 4
NEURONS, PEER_NEURONS, PART = 1_000_000, 20_000, 1 << 13
BATCH, INPUTS, OUTPUTS = 32, 784, 100
FAN_IN, LANES, PEER_LANES = 64, 4_000, 200
A, W, B, PICK = (Sobol(width=8, dimension=d) for d in range(4))
TANH = Stanh(states=16)


def _check(name: str, found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found, expected):
        raise SystemExit(f"{name}: differs from the peer")


def _convolution(rng: np.random.Generator) -> list[Measurement]:
    x = rng.uniform(-1, 1, (1, CHANNELS, SIDE, SIDE))
    weight = rng.uniform(-1, 1, (CHANNELS, CHANNELS, 3, 3))
    pair = A, W
    codes = to_codes(x, 8), to_codes(weight, 8).astype(np.uint16)
    depth = CHANNELS * 9
    matrix = weight.reshape(CHANNELS, depth).T
    # The output in row 1, column 1 sees the upper left 3 x 3 inputs.
    window = x[:, :, :3, :3].reshape(1, depth)
    expected = numpy_matmul(window, matrix, pair)[0]
    products = depth * CHANNELS * LENGTH
    peer = products / best_time(lambda: numpy_matmul(window, matrix, pair), seconds=0)
    measurements = []
    for name, operands, goal in (("codes", codes, 5e11), ("real values", (x, weight), 0)):

        def call(operands=operands):
            return conv2d(*operands, pair, LENGTH, padding=1)

        _check(name, call()[0, :, 1, 1], expected)
        measurements.append(
            Measurement(
                name=f"conv2d of VGG16, {name}",
                unit="product-cycles/s",
                rate=SIDE**2 * products / best_time(call),
                peer=peer,
                goal=goal,
            )
        )
    return measurements


def neurons(a: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return tanh of (a w + b) / 2 by streams, part by part."""
    results = np.empty(len(a))
    for begin in range(0, len(a), PART):
        part = slice(begin, begin + PART)
        product = multiply(encode(a[part], A, LENGTH), encode(w[part], W, LENGTH))
        total = scaled_add(product, encode(b[part], B, LENGTH), generator=PICK)
        results[part] = TANH.apply(x=total).value
    return results


@njit
def _naive_neurons(codes, words, picks, results):
    for i in range(len(results)):
        state, ones = 8, 0
        for t in range(len(picks)):
            product = (words[0, t] < codes[0, i]) == (words[1, t] < codes[1, i])
            bit = words[2, t] < codes[2, i] if picks[t] else product
            ones += state >= 8
            state = min(state + 1, 15) if bit else max(state - 1, 0)
        results[i] = (2 * ones - len(picks)) / len(picks)


def _neurons(rng: np.random.Generator) -> list[Measurement]:
    triples = rng.uniform(-1, 1, (3, NEURONS))
    few = triples[:, :PEER_NEURONS]
    codes = to_codes(few, 8)
    words = np.stack([g.words(LENGTH) for g in (A, W, B)]).astype(np.int64)
    picks = PICK.words(LENGTH) >= 128
    expected = np.empty(PEER_NEURONS)

    def naive():
        _naive_neurons(codes, words, picks, expected)

    naive()
    _check("neurons", neurons(*few), expected)
    return [
        Measurement(
            name="tanh(a * w + b) of 1e6 triples",
            unit="neurons/s",
            rate=NEURONS / best_time(lambda: neurons(*triples)),
            peer=PEER_NEURONS / best_time(naive, seconds=0.2),
            goal=NEURONS / 3,
        )
    ]


def _cycle_counts(rng: np.random.Generator) -> list[Measurement]:
    x = np.empty((BATCH, INPUTS, LENGTH // 64), np.uint64)
    w = np.empty((INPUTS, OUTPUTS, LENGTH // 64), np.uint64)
    for k in range(INPUTS):
        generators = (Lfsr(width=16, seed=1 + k, form=form) for form in ("fibonacci", "galois"))
        for words, size, generator in zip((x, w), (BATCH, OUTPUTS), generators, strict=True):
            stream = encode_codes(rng.integers(0, 1 << 16, size), generator, LENGTH)
            words[(slice(None), k) if size == BATCH else k] = stream.words
    streams = Bitstream(x, LENGTH, "bipolar"), Bitstream(w, LENGTH, "bipolar")
    # Bits -1 and 1, a matrix of each cycle; PyTorch takes a multiple of 8 outputs.
    first, second = (
        np.ascontiguousarray(np.moveaxis(s.integers(), -1, 0).astype(np.int8)) for s in streams
    )
    wide = np.pad(second, ((0, 0), (0, 0), (0, -OUTPUTS % 8)))
    floats = first.astype(np.float32), second.astype(np.float32)
    tensors = torch.from_numpy(first), torch.from_numpy(wide)

    def by_numpy():
        return np.matmul(*floats)

    def by_torch():
        return torch.stack([torch._int_mm(*pair) for pair in zip(*tensors, strict=True)])

    counts = cycle_counts(*streams)
    for sums in (by_numpy(), by_torch()[..., :OUTPUTS].numpy()):
        _check("cycle_counts", np.moveaxis(counts, -1, 0), (sums + INPUTS) // 2)
    products = BATCH * INPUTS * OUTPUTS * LENGTH
    rate = products / best_time(lambda: cycle_counts(*streams))
    return [
        Measurement(
            name=f"cycle_counts, against {name}",
            unit="product-cycles/s",
            rate=rate,
            peer=products / best_time(peer),
            goal=1.5e11,
        )
        for name, peer in (("NumPy", by_numpy), ("PyTorch", by_torch))
    ]


def _counters(rng: np.random.Generator) -> list[Measurement]:
    words = rng.integers(0, 1 << 64, (FAN_IN, LANES, LENGTH // 64), dtype=np.uint64)
    streams, few = (
        [Bitstream(w, LENGTH, "unipolar") for w in part]
        for part in (words, np.ascontiguousarray(words[:, :PEER_LANES]))
    )
    measurements = []
    for kind in (ParallelCounter, ApproximateParallelCounter):
        circuit = kind(fan_in=FAN_IN, width=24)

        def model(circuit=circuit):
            return circuit.apply(engine="bit", streams=few)

        found, expected = circuit.apply(streams=few), model()
        for port in circuit.outputs:
            _check(kind.__name__, found[port.name], expected[port.name])
        measurements.append(
            Measurement(
                name=f"{kind.__name__}, {FAN_IN} streams",
                unit="bits/s",
                rate=words.size
                * 64
                / best_time(lambda apply=circuit.apply: apply(streams=streams)),
                peer=words[:, :PEER_LANES].size * 64 / best_time(model, seconds=0.3),
            )
        )
    return measurements


def measure() -> list[Measurement]:
    """Measure convolution, neurons, counts of cycles and counters."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    return [
        *_convolution(rng),
        *_neurons(rng),
        *_cycle_counts(rng),
        *_counters(rng),
    ]


if __name__ == "__main__":
    main(f"Sums of products of streams of {LENGTH} bits, one core", measure)
