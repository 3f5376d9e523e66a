import itertools

import numpy as np
import pytest

import rtl
from fixedpoint import (
    AccumulatorSpec,
    BinaryMac,
    FixedArray,
    Overflow,
    Rounding,
    binarize,
    matmul,
    ternarize,
)
from stochastic import Counter, Lfsr
from tests.support.quantization import fitted, in_verilog, rounded
from tests.support.verilog_text import without_comments

pytestmark = pytest.mark.slow

# Every sum of 5 bits with every operand of 4 bits and every weight.
SUM_IN, A, SIGN, BIT = (
    v.reshape(-1) - offset
    for v, offset in zip(np.indices((32, 16, 2, 2)), (16, 8, 0, 0), strict=True)
)
VALUES = {"binary": 2 * BIT - 1, "ternary": BIT * (1 - 2 * SIGN)}


def made(weights, rounding, overflow, early=None):
    spec = AccumulatorSpec(
        format="sQ4.1", rounding=rounding, overflow=overflow, product_rounding=early
    )
    generator = Counter(width=3) if spec.random else None
    return BinaryMac(a="sQ2.2", weights=weights, accumulator=spec, generator=generator)


def circuits(weights):
    return [
        *(made(weights, *modes) for modes in itertools.product(Rounding, Overflow)),
        *(made(weights, Rounding.TRUNCATE, Overflow.SATURATE, early) for early in Rounding),
    ]


def inputs_of(circuit):
    given = {"load": np.ones_like(A), "sum_in": SUM_IN, "a": A, "sign": SIGN, "weight": BIT}
    return {port.name: given[port.name] for port in circuit.inputs}


def check(circuit, outputs, word):
    """Compare with one step from `SUM_IN`: all values are over 4."""
    spec, terms = circuit.accumulator, VALUES[circuit.weights] * A
    if spec.product_rounding is None:
        number = rounded(SUM_IN * 2 + terms, 1, spec.rounding, word, 3)
    else:
        number = SUM_IN + rounded(terms, 1, spec.product_rounding, word, 3)
    result, lost = fitted(number, spec.format, spec.overflow)
    np.testing.assert_array_equal(outputs["sum"], result, err_msg=str(circuit))
    if circuit.has_overflow_flag:
        assert lost.any()
        np.testing.assert_array_equal(outputs["overflowed"], lost, err_msg=str(circuit))


@pytest.mark.parametrize("weights", VALUES)
def test_every_step_in_every_mode(weights):
    for circuit in circuits(weights):
        _, state = circuit.run({n: v[None] for n, v in inputs_of(circuit).items()})
        check(circuit, state.registers, 0)


@pytest.mark.simulator
def test_every_step_in_every_mode_in_verilog():
    groups = [circuits(weights) for weights in VALUES]
    # One cycle more, since a sum shows in the next.
    inputs = [
        {n: np.append(v, v[-1])[:, None] for n, v in inputs_of(group[0]).items()}
        for group in groups
    ]
    for group, found in zip(groups, in_verilog(groups, inputs), strict=True):
        for circuit, outputs in zip(group, found, strict=True):
            shown = {name: values[1:] for name, values in outputs.items()}
            check(circuit, shown, np.arange(len(A)) % 8)


@pytest.mark.parametrize("rounding", [Rounding.NEAREST_EVEN, Rounding.STOCHASTIC])
@pytest.mark.parametrize("quantiser", [binarize, ternarize])
def test_an_inner_product_is_that_of_arrays(quantiser, rounding):
    """Six outputs one after the other, the words running on, as one unit makes them."""
    rng = np.random.default_rng(3)
    w = quantiser(rng.standard_normal((13, 3))).codes
    a = rng.integers(-128, 128, (2, 13))
    spec = AccumulatorSpec(format="sQ4.3", rounding=rounding, overflow=Overflow.SATURATE)
    generator = Lfsr(width=5) if spec.random else None
    weights = "binary" if quantiser is binarize else "ternary"
    mac = BinaryMac(a="sQ4.4", weights=weights, accumulator=spec, generator=generator)
    inputs = {
        "load": np.tile(np.arange(13) == 0, 6).astype(int),
        "sum_in": np.zeros(78, int),
        "a": np.repeat(a, 3, axis=0).reshape(-1),
        "weight": np.tile(w.codes.T > 0 if weights == "binary" else w.codes.T != 0, (2, 1)),
        "sign": np.tile(w.codes.T < 0, (2, 1)),
    }
    given = {port.name: inputs[port.name].reshape(-1) for port in mac.inputs}
    outputs, state = mac.run(given)
    sums = np.append(outputs["sum"][13::13, 0], state.registers["sum"])
    product = matmul(FixedArray(a, mac.a), w, accumulator=spec, bits=generator)
    np.testing.assert_array_equal(sums.reshape(2, 3), product.codes)
    # Some have met an end, so saturation was tried.
    assert np.any(np.abs(a @ w.codes.astype(int)) >= 128)


@pytest.mark.parametrize("weights", VALUES)
def test_nothing_is_multiplied(weights):
    verilog = rtl.to_verilog(made(weights, Rounding.NEAREST_EVEN, Overflow.ERROR))
    text = without_comments(verilog)
    assert " + " in text
    assert "*" not in text
    assert "<<" not in text


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"weights": "signs"},
            ValueError,
            "BinaryMac weights must be one of binary, ternary, not 'signs'",
        ),
        (
            {"a": 4},
            TypeError,
            "BinaryMac a must be a Format or a string such as 'sQ4.12', not 4",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.4", order="tree")},
            ValueError,
            "BinaryMac accumulator order must be sequential, not tree",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.4", rounding="stochastic")},
            TypeError,
            "BinaryMac generator must be a generator, since a rounding is STOCHASTIC, not None",
        ),
    ],
)
def test_errors(changes, kind, message):
    good = {"a": "sQ4.4", "accumulator": AccumulatorSpec(format="sQ8.4")}
    with pytest.raises(kind, match=f"^{message}$"):
        BinaryMac(**{**good, **changes})
