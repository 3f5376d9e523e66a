"""The array of multiply-accumulate units against matrix products and single units."""

import numpy as np
import pytest

from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    Mac,
    MacArray,
    Overflow,
    Rounding,
    conv2d,
    matmul,
)
from stochastic import Lfsr
from tests.support.quantization import quantised

SPEC = AccumulatorSpec(
    format="sQ6.4", rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE
)


def made(**changes):
    fields = {
        "rows": 3,
        "columns": 2,
        "a": "sQ4.4",
        "b": "sQ4.4",
        "accumulator": SPEC,
        "target": "sQ5.1",
        "rounding": "nearest_up",
        "overflow": "saturate",
    }
    return MacArray(**{**fields, **changes})


def test_a_matrix_product_without_a_pause():
    """Four products [3, K] @ [K, 2] one after the other, each of another K."""
    rng = np.random.default_rng(5)
    array = made()
    depths = (13, 1, 2, 30)
    pairs = [(rng.integers(-128, 128, (3, k)), rng.integers(-128, 128, (k, 2))) for k in depths]
    first = np.concatenate([np.arange(k) == 0 for k in depths])
    inputs = {
        "load": np.append(first, True).astype(int),
        "sum_in": np.zeros((47, 2), int),
        "a": np.vstack([*(a.T for a, _ in pairs), np.zeros((1, 3), int)]),
        "b": np.vstack([*(b for _, b in pairs), np.zeros((1, 2), int)]),
    }
    outputs, _ = array.run(inputs)
    for (a, b), end in zip(pairs, np.cumsum(depths), strict=True):
        sums = matmul(FixedArray(a, "sQ4.4"), FixedArray(b, "sQ4.4"), accumulator=SPEC)
        expected, _ = quantised(
            sums.codes.astype(int), 4, array.target, array.rounding, array.overflow
        )
        np.testing.assert_array_equal(outputs["result"][end].reshape(3, 2), expected)
    assert np.any(expected == array.target.maximum_code)


def test_inputs_for_each_unit_make_a_depthwise_convolution():
    """Rows are pixels and columns are channels; the biases are where sums start."""
    rng = np.random.default_rng(6)
    x, w = rng.integers(0, 16, (1, 2, 3, 5)), rng.integers(-8, 8, (2, 1, 3, 3))
    bias = rng.integers(-100, 100, 2)
    spec = AccumulatorSpec(format="sQ9.0", overflow=Overflow.SATURATE)
    array = made(inputs_per="unit", a="uQ4.0", b="sQ4.0", accumulator=spec, target="uQ8.0")
    steps = [(y, column) for y in range(3) for column in range(3)]
    windows = np.array([[x[0, :, y, r + c] for r in range(3)] for y, c in steps])
    _, state = array.run(
        {
            "load": [1, *[0] * 8],
            "sum_in": np.tile(bias, (9, 1)),
            "a": windows.reshape(9, 6),
            "b": np.array([w[:, 0, y, c] for y, c in steps]),
        }
    )
    sums = conv2d(
        FixedArray(x, "uQ4.0"),
        FixedArray(w, "sQ4.0"),
        spec,
        bias=FixedArray(bias, "sQ9.0"),
        groups=2,
    ).codes.reshape(2, 3)
    np.testing.assert_array_equal(state.registers["sum"].reshape(3, 2), sums.T)
    after, _ = array.run(
        {"load": [0], "sum_in": [[0, 0]], "a": [[0] * 6], "b": [[0, 0]]}, state=state
    )
    np.testing.assert_array_equal(after["result"].reshape(3, 2), np.clip(sums.T, 0, 255))
    assert np.any(sums < 0) and np.any(sums > 0)


@pytest.mark.parametrize("overflow", ["saturate", "error"])
@pytest.mark.parametrize("per", ["row", "unit"])
def test_every_unit_is_a_mac(per, overflow):
    """With a target that holds all sums the results are those of six single units."""
    rng = np.random.default_rng(7)
    spec = AccumulatorSpec(format="sQ5.2", rounding="stochastic", overflow=overflow)
    generator = Lfsr(width=6)
    array = made(inputs_per=per, accumulator=spec, generator=generator, target="sQ5.2")
    cycles, lanes = 200, 2
    inputs = {
        port.name: rng.integers(*port.range, (cycles, lanes * port.count), endpoint=True)
        for port in array.inputs
    }
    outputs, state = array.run(inputs)
    assert ("overflowed" in outputs) == (overflow == "error")
    mac = Mac(a="sQ4.4", b="sQ4.4", accumulator=spec, generator=generator)
    for lane in range(lanes):
        for row in range(3):
            for column in range(2):
                unit = row * 2 + column
                a = lane * 3 + row if per == "row" else lane * 6 + unit
                alone, last = mac.run(
                    {
                        "load": inputs["load"][:, lane],
                        "sum_in": inputs["sum_in"][:, lane * 2 + column],
                        "a": inputs["a"][:, a],
                        "b": inputs["b"][:, lane * 2 + column],
                    }
                )
                at = lane * 6 + unit
                np.testing.assert_array_equal(outputs["result"][:, at], alone["sum"][:, 0])
                assert state.registers["sum"][at] == last.registers["sum"][0]
                if overflow == "error":
                    flags = outputs["overflowed"][:, at]
                    np.testing.assert_array_equal(flags, alone["overflowed"][:, 0])
                    assert 0 < flags.sum() < cycles


def test_a_result_that_does_not_fit_is_told():
    spec = AccumulatorSpec(format="sQ8.0")
    formats = {name: "sQ4.0" for name in ("a", "b", "target")}
    array = made(rows=1, accumulator=spec, overflow="error", **formats)
    outputs, _ = array.run(
        {"load": [1, 0, 0], "sum_in": [[6, -6]] * 3, "a": [1, 1, 0], "b": [[1, -2]] * 3}
    )
    assert outputs["result"].tolist() == [[0, 0], [7, -8], [-8, 6]]
    assert outputs["overflowed"].tolist() == [[0, 0], [0, 0], [1, 1]]


def test_an_accumulator_and_a_result_that_warn_are_told_together():
    """The sum's flag stays until the next load, the result's only while it is there."""
    array = made(
        rows=1,
        columns=1,
        a="sQ4.0",
        b="sQ4.0",
        accumulator=AccumulatorSpec(format="sQ4.0", overflow="error"),
        target="sQ3.0",
        overflow="error",
    )
    outputs, _ = array.run(
        {
            "load": [1, 0, 0, 1, 0],
            "sum_in": [[3], [0], [0], [2], [0]],
            "a": [2, 7, 1, 1, 0],
            "b": [[1], [1], [5], [1], [0]],
        }
    )
    # Sums: 5 (no code of sQ3.0), 12 (wraps to -4), 1, then 3 after the load.
    assert outputs["result"][:, 0].tolist() == [0, -3, -4, 1, 3]
    assert outputs["overflowed"][:, 0].tolist() == [0, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"rows": 0}, ValueError, "MacArray rows must be between 1 and 256, not 0"),
        ({"columns": 257}, ValueError, "MacArray columns must be between 1 and 256, not 257"),
        (
            {"inputs_per": "column"},
            ValueError,
            "MacArray inputs_per must be one of row, unit, not 'column'",
        ),
        (
            {"target": 8},
            TypeError,
            r"MacArray target must be a Format or a string such as 'sQ4\.12', not 8",
        ),
        (
            {"rounding": "stochastic"},
            ValueError,
            "MacArray rounding must need no words, not stochastic",
        ),
        (
            {"accumulator": SPEC.replace(order="tree")},
            ValueError,
            "MacArray accumulator order must be sequential, not tree",
        ),
        (
            {"accumulator": SPEC.replace(rounding="stochastic")},
            TypeError,
            "MacArray generator must be a generator, since a rounding is STOCHASTIC, not None",
        ),
        (
            {"target": "sQ2.62"},
            ValueError,
            r"MacArray needs 68 bits from sQ6\.4 to sQ2\.62, more than 64",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        made(**changes)
