"""Encodings, scales and values of expressions, against the functions in floating point."""

import numpy as np
import pytest

from stochastic import Bitstream
from stochastic.expressions import (
    absolute_difference,
    add,
    bernstein,
    compose,
    constant,
    divide,
    exp,
    maximum,
    minimum,
    number,
    relu,
    saturating_subtract,
    sigmoid,
    sqrt,
    stream,
    tanh,
)
from stochastic.streams.packing import pack

A, B, C = number("a"), number("b"), number("c")
P, Q = number("p", "unipolar"), number("q", "unipolar")
D = number("d", "unipolar", low=0.25)
M, S = number("m", "sign-magnitude"), number("s", "sign-magnitude")

# Expression, encoding, scale, function, largest RMS error over random values of 4096 bits.
CASES = {
    "sum": (A + B, "bipolar", 2, lambda a, b: a + b, 0.01),
    "sum of sums": (A + B + C, "bipolar", 3, lambda a, b, c: a + b + c, 0.01),
    "difference": (A - B, "bipolar", 2, lambda a, b: a - b, 0.01),
    "with a number": (A + 0.5, "bipolar", 2, lambda a: a + 0.5, 0.01),
    "number first": (1.5 - A, "bipolar", 3, lambda a: 1.5 - a, 0.02),
    "product": (A * B, "bipolar", 1, lambda a, b: a * b, 0.03),
    "square": (A * A, "bipolar", 1, lambda a: a * a, 0.03),
    "reconvergence": ((A * B) * (A * C), "bipolar", 1, lambda a, b, c: a * a * b * c, 0.03),
    "times a number": (-3 * A, "bipolar", 3, lambda a: -3 * a, 0.01),
    "weights": (0.25 * A + 0.75 * B, "bipolar", 1, lambda a, b: (a + 3 * b) / 4, 0.01),
    "constant": (A * constant(-0.75), "bipolar", 1, lambda a: -0.75 * a, 0.03),
    "quotient by a number": (A * B / 4, "bipolar", 0.25, lambda a, b: a * b / 4, 0.01),
    "complement": (1 - P, "unipolar", 1, lambda p: 1 - p, 0.001),
    "unipolar": (P * Q + P, "unipolar", 2, lambda p, q: p * q + p, 0.01),
    "mux": (add(P, Q, by="mux"), "unipolar", 2, lambda p, q: p + q, 0.02),
    "saturating": (
        add(P, Q, by="saturating"),
        "unipolar",
        1,
        lambda p, q: np.minimum(p + q, 1),
        0.02,
    ),
    "counting": (add(A, B, C, by="counting"), "bipolar", 1, lambda a, b, c: a + b + c, 0.001),
    "signs": (-(M * S), "sign-magnitude", 1, lambda m, s: -m * s, 0.01),
    "magnitude": (abs(M * S) * P, "unipolar", 1, lambda m, p, s: abs(m * s) * p, 0.03),
    "abs": (abs(A * 1.0), "bipolar", 1, abs, 0.05),
    "relu": (relu(A), "bipolar", 1, lambda a: np.maximum(a, 0), 0.05),
    "maximum": (maximum(P, Q), "unipolar", 1, np.maximum, 0.001),
    "minimum of products": (
        minimum(P * Q, 0.5),
        "unipolar",
        1,
        lambda p, q: np.minimum(p * q, 0.5),
        0.02,
    ),
    "difference of magnitude": (
        absolute_difference(P, Q),
        "unipolar",
        1,
        lambda p, q: abs(p - q),
        0.001,
    ),
    "saturating difference": (
        saturating_subtract(P, Q),
        "unipolar",
        1,
        lambda p, q: np.maximum(p - q, 0),
        0.001,
    ),
    "quotient": ((P * D) / D, "unipolar", 1, lambda d, p: p, 0.08),
    "quotient of numbers": (P / D, "unipolar", 1, lambda d, p: np.minimum(p / d, 1), 0.03),
    "quotient by a counter": (
        divide(P, D, by="counter"),
        "unipolar",
        1,
        lambda d, p: np.minimum(p / d, 1),
        0.08,
    ),
    "root": (sqrt(P), "unipolar", 1, np.sqrt, 0.08),
    "tanh": (tanh(A + B + C), "bipolar", 1, lambda a, b, c: np.tanh(a + b + c), 0.15),
    "sigmoid": (sigmoid(A + B), "unipolar", 1, lambda a, b: 1 / (1 + np.exp(-a - b)), 0.06),
    "exp": (
        exp(-(A + B), gain=2),
        "unipolar",
        1,
        lambda a, b: np.minimum(np.exp(-2 * (a + b)), 1),
        0.08,
    ),
    "polynomial": (
        bernstein(lambda x: x**0.45, P, 6),
        "unipolar",
        1,
        lambda p: p**0.45,
        0.03,
    ),
    "coefficients": (
        bernstein((0.25, 0.625, 0.375, 0.75), P * Q),
        "unipolar",
        1,
        lambda p, q: 1 / 4 + 9 / 8 * p * q - 15 / 8 * (p * q) ** 2 + 5 / 4 * (p * q) ** 3,
        0.03,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values(case):
    expression, encoding, scale, function, error = case
    assert (expression.encoding, expression.scale) == (encoding, pytest.approx(scale))
    circuit = expression.compose(width=12)
    rng = np.random.default_rng(7)
    values = {n: rng.uniform(i.low, i.high, 200) for n, i in circuit.inputs.items()}
    wanted = function(*(values[name] for name in sorted(values)))
    np.testing.assert_allclose(circuit.exact(**values)["y"], wanted, atol=1e-12)
    assert (wanted >= expression.low - 1e-12).all()
    assert (wanted <= expression.high + 1e-12).all()
    found = circuit.evaluate(**values)["y"]
    assert np.sqrt(np.mean((found - wanted) ** 2)) < error
    # The netlist, with its SNGs, gives the same bits.
    codes = {n: np.tile(c[:5], (4096, 1)) for n, c in circuit.codes(**values).items()}
    outputs, _ = circuit.netlist.run(codes)
    if expression.streams:
        shown = expression.decode(outputs["y"].T)
    else:
        words = [pack(np.ascontiguousarray(p.T, bool)) for p in outputs.values()]
        bits = Bitstream(words[0], 4096, encoding, (), *words[1:])
        shown = expression.decode(bits)
    np.testing.assert_array_equal(shown, found[:5])


def test_the_same_sum_is_made_regular_or_random():
    # A state machine's law holds for independent bits: a counting adder would not do.
    total = A + B
    both = total.compose().netlist, tanh(total, gain=2).compose().netlist
    kinds = [{type(c).__name__ for c in n.circuits.values()} for n in both]
    assert "UnifiedScaledAdder" in kinds[0]
    assert "Selector" in kinds[1]
    wrong = tanh(add(A, B, by="unified")).compose(width=12)
    rng = np.random.default_rng(1)
    values = {name: rng.uniform(-1, 1, 300) for name in "ab"}
    difference = wrong.evaluate(**values)["y"] - wrong.exact(**values)["y"]
    assert np.sqrt(np.mean(difference**2)) > 0.1


def test_tanh_follows_the_law_of_its_counter():
    circuit = tanh(A + B + C).compose(width=12, generators="xorshift")
    rng = np.random.default_rng(2)
    values = {name: rng.uniform(-1, 1, 300) for name in "abc"}
    mean = sum(values.values()) / 3
    # K = 6 states; each of the mean's bits picks one of three streams.
    law = np.tanh(3 * np.arctanh(mean))
    assert np.sqrt(np.mean((circuit.evaluate(**values)["y"] - law) ** 2)) < 0.06


def test_sign_magnitude_streams_with_a_constant_and_without_their_sign():
    a, c = (number(name, "sign-magnitude") for name in "ac")
    d = number("d", "unipolar")
    circuit = compose({"y": abs(a) * d, "z": a * c, "w": constant(-0.5, "sign-magnitude") * a})
    values = {"a": np.array([-0.5, 0.75, 0.0]), "c": np.array([0.5, -0.25, 1.0]), "d": 0.5}
    found, exact = circuit.evaluate(length=4096, **values), circuit.exact(**values)
    assert set(found) == {"y", "z", "w"}
    for name, value in exact.items():
        # Four standard deviations of 4096 random bits.
        np.testing.assert_allclose(found[name], value, atol=4 * 0.5 / 64)


def test_streams_from_outside():
    x, y = stream("u", "unipolar"), stream("v", "unipolar")
    rng = np.random.default_rng(3)
    bits = rng.random((2, 5, 300)) < 0.5
    streams = [Bitstream.from_bits(b, "unipolar") for b in bits]
    found = (x * y).evaluate(length=300, u=streams[0], v=streams[1])
    np.testing.assert_allclose(found, (bits[0] & bits[1]).mean(axis=-1))
    assert [p.width for p in (x * y).compose().netlist.ports] == [1, 1, 1]
