"""Fixed point on one core: requantized products, and sums that are quantized at every step.

The peer is APyTypes. Its elementwise results are compared bit for bit. Its accumulators
quantize the products but not the running sum. Saturating sums therefore differ, and are
compared with NumPy and with the definition instead.

    python -m benchmarks.fixedpoint [--json FILE]
"""

from __future__ import annotations

from fractions import Fraction

import apytypes
import numpy as np
from apytypes import APyFixedAccumulatorContext, APyFixedArray, OverflowMode, QuantizationMode

from benchmarks.measurement import Measurement, best_time, best_times, main
from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    Format,
    Overflow,
    Rounding,
    WordReader,
    conv2d,
    matmul,
    multiply,
)
from fixedpoint.arrays import quantize
from stochastic import Lfsr

Q = Format.parse("sQ4.12")
SUM = Format.parse("sQ8.12")
SIDE, MATRIX = 1000, 256
WORDS = Lfsr(width=16)

# Convolutions of VGG16 for 224 x 224 images: input channels, output channels, side length.
LAYERS = [
    (3, 64, 224),
    (64, 64, 224),
    (64, 128, 112),
    (128, 128, 112),
    (128, 256, 56),
    (256, 256, 56),
    (256, 512, 28),
    (512, 512, 28),
    (512, 512, 14),
]


def _random(rng: np.random.Generator, fmt: Format, *shape: int) -> FixedArray:
    codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
    return FixedArray(codes, fmt)


def _peer(array: FixedArray) -> APyFixedArray:
    return APyFixedArray(array.codes.astype(object), **array.format.to_apytypes())


def _check(name: str, equal: bool) -> None:
    if not equal:
        raise SystemExit(f"{name}: differs from the reference")


def _elementwise(rng: np.random.Generator) -> list[Measurement]:
    a, b = (_random(rng, Q, SIDE, SIDE) for _ in range(2))
    x, y = _peer(a), _peer(b)
    reader = WordReader(WORDS)
    measurements: list[Measurement] = []
    sum_times: list[float] = []
    for rounding in (Rounding.NEAREST_UP, Rounding.NEAREST_EVEN, Rounding.STOCHASTIC):
        mode = getattr(QuantizationMode, str(rounding.apytypes))

        def ours(rounding=rounding):
            return multiply(a, b, Q, rounding, Overflow.SATURATE, bits=reader)

        def theirs(mode=mode):
            return (x * y).cast(4, 12, mode, OverflowMode.SAT)

        name = f"multiply {SIDE}x{SIDE} to {Q}, {rounding.value}"
        if rounding is not Rounding.STOCHASTIC:
            _check(name, np.array_equal(ours().to_bits(), theirs().to_bits(numpy=True)))
        times = best_times(
            {"ours": ours, "peer": theirs, "sum": lambda: a.codes + b.codes},
            turns=12,
            measure=lambda call: best_time(call, seconds=0.5),
        )
        sum_times.append(times["sum"])
        goal = SIDE**2 / 0.3e-3
        if rounding is Rounding.STOCHASTIC:
            # It may take three times as long as the first mode.
            goal = measurements[0].rate / 3
        measurements.append(
            Measurement(
                name=name,
                unit="products/s",
                rate=SIDE**2 / times["ours"],
                peer=SIDE**2 / times["peer"],
                goal=goal,
            )
        )
    measurements.append(
        Measurement(
            name=f"memory limit: {SIDE}x{SIDE} codes added by NumPy",
            unit="sums/s",
            rate=SIDE**2 / min(sum_times),
        )
    )
    values = a.to_float()
    name = f"quantize {SIDE}x{SIDE} doubles to {Q}, nearest_even"
    _check(name, quantize(values, Q).is_identical(a))
    measurements.append(
        Measurement(
            name=name,
            unit="values/s",
            rate=SIDE**2 / best_time(lambda: quantize(values, Q)),
            peer=SIDE**2 / best_time(lambda: APyFixedArray.from_array(values, 4, 12)),
        )
    )
    return measurements


def _numpy_sums(a: FixedArray, b: FixedArray, low: int, high: int) -> np.ndarray:
    """Return saturated NEAREST_UP sums by NumPy, one step of all elements at a time."""
    total = np.zeros((len(a), b.shape[1]), np.int64)
    for k in range(a.shape[1]):
        product = a.codes[:, k, None].astype(np.int64) * b.codes[k]
        total = np.clip(total + ((product + 2048) >> 12), low, high)
    return total


def _products(rng: np.random.Generator) -> list[Measurement]:
    a, b = (_random(rng, Q, MATRIX, MATRIX) for _ in range(2))
    x, y = _peer(a), _peer(b)
    steps = MATRIX**3
    reader = WordReader(WORDS)
    measurements: list[Measurement] = []
    for overflow, rounding, order, goal in (
        (Overflow.SATURATE, Rounding.NEAREST_UP, "sequential", steps / 3.4e-3),
        (Overflow.SATURATE, Rounding.NEAREST_EVEN, "sequential", 0.0),
        (Overflow.SATURATE, Rounding.STOCHASTIC, "sequential", None),
        (Overflow.WRAP, Rounding.NEAREST_UP, "sequential", 0.0),
        (Overflow.SATURATE, Rounding.NEAREST_UP, "tree", 0.0),
    ):
        spec = AccumulatorSpec(format=SUM, rounding=rounding, overflow=overflow, order=order)

        def ours(spec=spec):
            return matmul(a, b, spec, bits=reader)

        def theirs(spec=spec):
            with APyFixedAccumulatorContext(
                int_bits=SUM.int_bits,
                frac_bits=SUM.frac_bits,
                quantization=getattr(QuantizationMode, str(spec.rounding.apytypes)),
                overflow=getattr(OverflowMode, str(spec.overflow.apytypes)),
            ):
                return x @ y

        name = f"product {MATRIX}^3 in {SUM}, {overflow.value}, {rounding.value}, {order}"
        peer = 0.0
        if rounding is Rounding.NEAREST_UP and order == "sequential":
            if overflow is Overflow.WRAP:
                _check(name, np.array_equal(ours().to_bits(), theirs().to_bits(numpy=True)))
            else:
                expected = _numpy_sums(a, b, SUM.minimum_code, SUM.maximum_code)
                _check(name, np.array_equal(ours().codes, expected))
            peer = steps / best_time(theirs)
        measurements.append(
            Measurement(
                name=name,
                unit="steps/s",
                rate=steps / best_time(ours),
                peer=peer,
                # Stochastic rounding may take three times as long as the first mode.
                goal=measurements[0].rate / 3 if goal is None else goal,
            )
        )
    name = f"product {MATRIX}^3, exact"
    _check(name, np.array_equal((a @ b).to_bits(), (x @ y).to_bits(numpy=True)))
    measurements.append(
        Measurement(
            name=name,
            unit="steps/s",
            rate=steps / best_time(lambda: a @ b),
            peer=steps / best_time(lambda: x @ y),
        )
    )
    return measurements


def _convolutions(rng: np.random.Generator) -> list[Measurement]:
    spec = AccumulatorSpec(
        format="sQ8.8", rounding=Rounding.NEAREST_UP, overflow=Overflow.SATURATE
    )
    measurements = []
    for inputs, outputs, side in LAYERS:
        x = _random(rng, Format.parse("uQ4.4"), 1, inputs, side, side)
        w = _random(rng, Format.parse("sQ1.7"), outputs, inputs, 3, 3)
        name = f"conv2d {inputs} to {outputs} at {side}x{side}, saturate, nearest_up"
        result = conv2d(x, w, spec, padding=1)
        for _ in range(3):
            o, row, column = (
                int(rng.integers(outputs)),
                *(int(v) for v in rng.integers(1, side - 1, 2)),
            )
            window = x.codes[0, :, row - 1 : row + 2, column - 1 : column + 2]
            products = [
                Fraction(int(p) * int(q), 2**11)
                for p, q in zip(window.flat, w.codes[o].flat, strict=True)
            ]
            _check(name, spec.accumulate(products) == result.codes[0, o, row, column])
        steps = inputs * outputs * 9 * side**2

        def ours(x=x, w=w):
            return conv2d(x, w, spec, padding=1)

        measurements.append(
            Measurement(
                name=name, unit="steps/s", rate=steps / best_time(ours, seconds=0.5), goal=3e9
            )
        )
    return measurements


def measure() -> list[Measurement]:
    """Measure elementwise operations, matrix products and convolutions."""
    rng = np.random.default_rng(1)
    return [*_elementwise(rng), *_products(rng), *_convolutions(rng)]


if __name__ == "__main__":
    main(f"Fixed point, one core; peer: APyTypes {apytypes.__version__}", measure)
