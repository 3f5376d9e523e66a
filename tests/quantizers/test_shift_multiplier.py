"""Shift multipliers against integers, in every mode."""

import itertools

import numpy as np
import pytest

import rtl
from fixedpoint import (
    LogFormat,
    Overflow,
    Rounding,
    ShiftMultiplier,
)
from stochastic import Counter
from tests.support.quantization import codes, quantised
from tests.support.verilog_text import without_comments

WEIGHT = LogFormat(minimum_exponent=-2, maximum_exponent=3)
WEIGHTS = [WEIGHT, WEIGHT.replace(signed=False), WEIGHT.replace(minimum_exponent=3)]


def every(circuit):
    """Return all pairs of an operand and a weight: codes, signs, exponent codes."""
    signs = (0, 1) if circuit.weight.signed else (0,)
    return (
        np.array(v)
        for v in zip(
            *itertools.product(
                codes(circuit.a).tolist(), signs, range(circuit.weight.exponents + 1)
            ),
            strict=True,
        )
    )


def numerators(circuit, a, sign, exponent):
    """Return the products over 2^16, as Python has integers."""
    shifts = 16 - circuit.a.frac_bits + circuit.weight.minimum_exponent - 1
    products = [
        0 if k == 0 else (-x if s else x) * 2 ** (shifts + k)
        for x, s, k in zip(a.tolist(), sign.tolist(), exponent.tolist(), strict=True)
    ]
    return np.array(products)


def inputs_of(circuit, a, sign, exponent):
    return {"a": a, "exponent": exponent} | ({"sign": sign} if circuit.weight.signed else {})


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("name", ["sQ3.2", "uQ2.3", "sQ1.0", "uQ1.0"])
def test_every_full_product(name, weight):
    circuit = ShiftMultiplier(a=name, weight=weight)
    a, sign, exponent = every(circuit)
    outputs, _ = circuit.run(inputs_of(circuit, a, sign, exponent))
    result = outputs["result"][:, 0] * 2 ** (16 - circuit.target.frac_bits)
    np.testing.assert_array_equal(result, numerators(circuit, a, sign, exponent))
    # The format is the least one: both of its ends are within a factor of two.
    assert circuit.target == circuit.exact
    most = np.abs(outputs["result"]).max()
    assert circuit.exact.maximum_code // 2 <= most <= -circuit.exact.minimum_code or (
        not circuit.exact.signed or name == "uQ1.0"
    )


@pytest.mark.parametrize("weight", WEIGHTS[:2])
def test_every_product_in_every_mode(weight):
    for rounding, overflow in itertools.product(Rounding, Overflow):
        random = rounding is Rounding.STOCHASTIC
        circuit = ShiftMultiplier(
            a="sQ3.2",
            weight=weight,
            target="sQ4.1",
            rounding=rounding,
            overflow=overflow,
            generator=Counter(width=3) if random else None,
        )
        a, sign, exponent = every(circuit)
        cycles = 8 if random else 1
        given = inputs_of(circuit, a, sign, exponent)
        outputs, _ = circuit.run({name: [v] * cycles for name, v in given.items()})
        exact = numerators(circuit, a, sign, exponent)
        words = np.arange(cycles)[:, None]
        result, lost = quantised(exact, 16, circuit.target, rounding, overflow, words, 3)
        np.testing.assert_array_equal(*np.broadcast_arrays(outputs["result"], result))
        if overflow is Overflow.ERROR:
            np.testing.assert_array_equal(*np.broadcast_arrays(outputs["overflowed"], lost))


def test_widest_product():
    weight = LogFormat(minimum_exponent=0, maximum_exponent=61)
    circuit = ShiftMultiplier(a="sQ1.0", weight=weight)
    outputs, _ = circuit.run({"a": [-1, -1], "sign": [1, 0], "exponent": [62, 62]})
    assert outputs["result"][:, 0].tolist() == [1 << 61, -(1 << 61)]


def test_nothing_is_multiplied():
    circuit = ShiftMultiplier(a="sQ4.4", weight=WEIGHT, target="sQ4.4")
    text = without_comments(rtl.to_verilog(circuit))
    assert " << " in text
    assert "*" not in text


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"weight": "sQ4.4"},
            TypeError,
            "ShiftMultiplier weight must be a LogFormat, not 'sQ4.4'",
        ),
        (
            {"a": "sQ60.0"},
            ValueError,
            "ShiftMultiplier needs 66 bits for the product of sQ60.0 and "
            "LogFormat(signed=True, minimum_exponent=-2, maximum_exponent=3), more than 64",
        ),
        (
            {"target": "sQ4.60"},
            ValueError,
            "ShiftMultiplier needs 68 bits from sQ8.6 to sQ4.60, more than 64",
        ),
        (
            {"rounding": "stochastic"},
            TypeError,
            "ShiftMultiplier generator must be a generator, since a rounding is STOCHASTIC, "
            "not None",
        ),
    ],
)
def test_errors(changes, error, message):
    with pytest.raises(error) as caught:
        ShiftMultiplier(**{"a": "sQ4.4", "weight": WEIGHT, **changes})
    assert str(caught.value) == message


def test_weights_outside_the_format():
    circuit = ShiftMultiplier(a="sQ4.4", weight=WEIGHT)
    with pytest.raises(ValueError, match=r"^port exponent takes values from 0 to 6, not 7$"):
        circuit.run({"a": [1], "sign": [0], "exponent": [7]})
