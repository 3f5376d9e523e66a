import itertools
import re

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
    ShiftMultiplier,
    matmul,
)
from stochastic import Counter, Lfsr
from tests.support.quantization import codes, quantised

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
    for circuit in (
        ShiftMultiplier(a="sQ4.4", weight=WEIGHT, target="sQ4.4"),
        ShiftMac(a="sQ4.4", weight=WEIGHT, accumulator=spec),
    ):
        text = re.sub(r"/\*.*?\*/|\(\*.*?\*\)|always @\*", "", rtl.to_verilog(circuit))
        assert " << " in text
        assert "*" not in text


@pytest.mark.parametrize(
    ("kind", "changes", "error", "message"),
    [
        (
            ShiftMultiplier,
            {"weight": "sQ4.4"},
            TypeError,
            "ShiftMultiplier weight must be a LogFormat, not 'sQ4.4'",
        ),
        (
            ShiftMultiplier,
            {"a": "sQ60.0"},
            ValueError,
            "ShiftMultiplier needs 66 bits for the product of sQ60.0 and "
            "LogFormat(signed=True, minimum_exponent=-2, maximum_exponent=3), more than 64",
        ),
        (
            ShiftMultiplier,
            {"target": "sQ4.60"},
            ValueError,
            "ShiftMultiplier needs 68 bits from sQ8.6 to sQ4.60, more than 64",
        ),
        (
            ShiftMultiplier,
            {"rounding": "stochastic"},
            TypeError,
            "ShiftMultiplier generator must be a generator, since a rounding is STOCHASTIC, "
            "not None",
        ),
        (
            ShiftMac,
            {"weight": 3, "accumulator": AccumulatorSpec(format="sQ4.4")},
            TypeError,
            "ShiftMac weight must be a LogFormat, not 3",
        ),
        (
            ShiftMac,
            {"accumulator": AccumulatorSpec(format="sQ4.4", order="tree")},
            ValueError,
            "ShiftMac accumulator order must be sequential, not tree",
        ),
        (
            ShiftMac,
            {"accumulator": "sQ4.4"},
            TypeError,
            "ShiftMac accumulator must be an AccumulatorSpec, not 'sQ4.4'",
        ),
    ],
)
def test_errors(kind, changes, error, message):
    with pytest.raises(error) as caught:
        kind(**{"a": "sQ4.4", "weight": WEIGHT, **changes})
    assert str(caught.value) == message


def test_weights_outside_the_format():
    circuit = ShiftMultiplier(a="sQ4.4", weight=WEIGHT)
    with pytest.raises(ValueError, match=r"^port exponent takes values from 0 to 6, not 7$"):
        circuit.run({"a": [1], "sign": [0], "exponent": [7]})
