import numpy as np
import pytest

from fixedpoint import AccumulatorSpec, ConvLine, FixedArray, Overflow, Rounding, conv2d
from fixedpoint.circuit import State
from stochastic import Lfsr

SPEC = AccumulatorSpec(
    format="sQ3.5", rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE, order="tree"
)


def made(size, columns, rows, **changes):
    fields = {
        "size": size,
        "columns": columns,
        "rows": rows,
        "pixel_format": "uQ1.7",
        "weight_format": "sQ1.7",
        "accumulator": SPEC,
    }
    return ConvLine(**{**fields, **changes})


@pytest.mark.parametrize(
    ("size", "columns", "rows", "stride"),
    [
        (1, 1, 1, 1),
        (1, 4, 3, 1),
        (1, 4, 3, 2),
        (2, 2, 2, 1),
        (2, 7, 6, 5),
        (3, 3, 5, 1),
        (3, 3, 5, 16),
        (3, 8, 6, 1),
        (3, 8, 7, 2),
        (5, 7, 9, 3),
    ],
)
def test_the_valid_sums_are_the_convolution_of_arrays(size, columns, rows, stride):
    circuit = made(size, columns, rows, stride=stride)
    rng = np.random.default_rng(size)
    images = rng.integers(0, 256, (3, 1, rows, columns))
    weights = rng.integers(-128, 128, (1, 1, size, size))
    pixels = np.append(images.reshape(-1), np.zeros(circuit.latency, int))
    enable = rng.random(4 * len(pixels)) < 0.6
    taken = np.flatnonzero(enable)[: len(pixels)]
    shown = np.zeros(len(enable), int)
    shown[taken] = pixels
    outputs, _ = circuit.run(
        {"pixel": shown, "weights": np.tile(weights.reshape(-1), (len(enable), 1))},
        enable=enable,
    )
    valid = taken[outputs["valid"][taken, 0] == 1]
    expected = conv2d(
        FixedArray(images, circuit.pixel_format),
        FixedArray(weights, circuit.weight_format),
        accumulator=SPEC,
        stride=stride,
    )
    assert len(valid) == 3 * ((rows - size) // stride + 1) * ((columns - size) // stride + 1)
    np.testing.assert_array_equal(outputs["sum"][valid, 0], expected.codes.reshape(-1))


def test_a_window_of_one_weight_is_a_delay():
    """A kernel that is 1 in one place and 0 elsewhere shows the pixel that stood there."""
    exact = AccumulatorSpec(format="sQ9.0", order="tree")
    circuit = made(3, 6, 4, pixel_format="uQ8.0", weight_format="sQ2.0", accumulator=exact)
    pixels = np.arange(1, 25)
    for y in range(3):
        for x in range(3):
            weights = np.zeros((28, 3, 3), int)
            weights[:, y, x] = 1
            inputs = {"pixel": np.pad(pixels, (0, 4)), "weights": weights.reshape(28, 9)}
            outputs, _ = circuit.run(inputs)
            shown = outputs["sum"][outputs["valid"] == 1]
            expected = pixels.reshape(4, 6)[y : y + 2, x : x + 4]
            np.testing.assert_array_equal(shown, expected.reshape(-1))


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"size": 17}, ValueError, "ConvLine size must be between 1 and 16, not 17"),
        ({"columns": 2}, ValueError, "ConvLine columns must be between 3 and 4096, not 2"),
        ({"rows": 5000}, ValueError, "ConvLine rows must be between 3 and 4096, not 5000"),
        ({"stride": 0}, ValueError, "ConvLine stride must be between 1 and 16, not 0"),
        (
            {"pixel_format": 8},
            TypeError,
            "ConvLine pixel_format must be a Format or a string such as 'sQ4.12', not 8",
        ),
        (
            {"accumulator": SPEC.replace(order="sequential")},
            ValueError,
            "DotProduct accumulator order must be tree, not sequential",
        ),
        ({"generators": 5}, TypeError, "DotProduct generators must be a tuple, not 5"),
        (
            {"generators": (Lfsr(width=4),)},
            ValueError,
            "DotProduct needs 0 generators, not 1",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        made(**{"size": 3, "columns": 4, "rows": 4, **changes})


def test_lanes_may_stand_at_different_pixels():
    circuit = made(2, 3, 2, accumulator=SPEC)
    rng = np.random.default_rng(3)
    ahead = {"pixel": rng.integers(0, 256, (2, 1)), "weights": rng.integers(-9, 9, (2, 4))}
    _, late = circuit.run({name: values[:1] for name, values in ahead.items()})
    _, early = circuit.run(ahead)
    both = State(
        0, {n: np.concatenate([late.registers[n], early.registers[n]]) for n in late.registers}
    )
    pixel, weights = rng.integers(0, 256, (9, 2)), rng.integers(-9, 9, (9, 8))
    found, after = circuit.run({"pixel": pixel, "weights": weights}, state=both)
    for lane, state in enumerate((late, early)):
        own = {"pixel": pixel[:, [lane]], "weights": weights[:, 4 * lane : 4 * lane + 4]}
        alone, end = circuit.run(own, state=state)
        for name in ("sum", "valid"):
            assert found[name][:, lane].tolist() == alone[name][:, 0].tolist()
        for name, values in end.registers.items():
            count = len(values)
            assert after.registers[name][lane * count : (lane + 1) * count].tolist() == (
                values.tolist()
            )
    assert found["valid"][:, 0].tolist() != found["valid"][:, 1].tolist()
    nothing = {"pixel": np.zeros((4, 0), int), "weights": np.zeros((4, 0), int)}
    assert circuit.run(nothing)[0]["valid"].shape == (4, 0)
