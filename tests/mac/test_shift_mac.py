"""Shift-accumulate units against the products of arrays."""

import numpy as np
import pytest

import rtl
from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    LogArray,
    LogFormat,
    Overflow,
    Rounding,
    ShiftMac,
    matmul,
)
from stochastic import Lfsr
from tests.support.verilog_text import without_comments

pytestmark = pytest.mark.slow

WEIGHT = LogFormat(minimum_exponent=-2, maximum_exponent=3)


@pytest.mark.parametrize(
    ("rounding", "early"),
    [
        (Rounding.NEAREST_EVEN, None),
        (Rounding.STOCHASTIC, None),
        (Rounding.TRUNCATE, Rounding.STOCHASTIC),
        (Rounding.JAM, Rounding.NEAREST_UP),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_an_inner_product_is_that_of_arrays(signed, rounding, early):
    """Six outputs one after the other, the words running on, as one unit makes them."""
    rng = np.random.default_rng(3)
    weight = LogFormat(signed=signed, minimum_exponent=-5, maximum_exponent=1)
    w = LogArray(rng.integers(0, 1 << weight.width, (13, 3)), weight)
    a = rng.integers(-128, 128, (2, 13))
    spec = AccumulatorSpec(
        format="sQ5.3", rounding=rounding, overflow=Overflow.SATURATE, product_rounding=early
    )
    generator = Lfsr(width=5) if spec.random else None
    mac = ShiftMac(a="sQ4.4", weight=weight, accumulator=spec, generator=generator)
    inputs = {
        "load": np.tile(np.arange(13) == 0, 6).astype(int),
        "sum_in": np.zeros(78, int),
        "a": np.repeat(a, 3, axis=0).reshape(-1),
        "exponent": np.tile(w.exponents.T, (2, 1)).reshape(-1),
        "sign": np.tile(w.signs.T, (2, 1)).reshape(-1),
    }
    outputs, state = mac.run({port.name: inputs[port.name] for port in mac.inputs})
    sums = np.append(outputs["sum"][13::13, 0], state.registers["sum"])
    product = matmul(FixedArray(a, mac.a), w.to_fixed(), accumulator=spec, bits=generator)
    np.testing.assert_array_equal(sums.reshape(2, 3), product.codes)


def test_nothing_is_multiplied():
    spec = AccumulatorSpec(format="sQ6.4", overflow="error")
    mac = ShiftMac(a="sQ4.4", weight=WEIGHT, accumulator=spec)
    text = without_comments(rtl.to_verilog(mac))
    assert " << " in text
    assert "*" not in text


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"weight": 3, "accumulator": AccumulatorSpec(format="sQ4.4")},
            TypeError,
            "ShiftMac weight must be a LogFormat, not 3",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.4", order="tree")},
            ValueError,
            "ShiftMac accumulator order must be sequential, not tree",
        ),
        (
            {"accumulator": "sQ4.4"},
            TypeError,
            "ShiftMac accumulator must be an AccumulatorSpec, not 'sQ4.4'",
        ),
    ],
)
def test_errors(changes, error, message):
    with pytest.raises(error) as caught:
        ShiftMac(**{"a": "sQ4.4", "weight": WEIGHT, **changes})
    assert str(caught.value) == message
