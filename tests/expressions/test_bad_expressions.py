"""What expressions cannot do: one sentence each, before any work starts."""

import re

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
    number,
    relu,
    saturating_subtract,
    sigmoid,
    sqrt,
    stream,
    tanh,
)

A, B = number("a"), number("b")
P, Q = number("p", "unipolar"), number("q", "unipolar", low=0.25)
M = number("m", "sign-magnitude")
U, V = stream("u"), stream("v")
COUNTED = add(A, B, by="counting")

MESSAGES = {
    "one encoding": (
        lambda: A * P,
        "multiply takes operands of one encoding, not bipolar and unipolar",
    ),
    "no sum of signs": (
        lambda: M + M,
        "add takes unipolar or bipolar operands, not sign-magnitude",
    ),
    "no negation": (
        lambda: -P,
        "negate takes bipolar or sign-magnitude operands, but p is unipolar",
    ),
    "no difference": (
        lambda: P - Q,
        "subtract takes bipolar operands, but p is unipolar: absolute_difference and "
        "saturating_subtract take unipolar ones",
    ),
    "complement of one": (
        lambda: 2 - P,
        "subtract from a number takes 1, the scale of p, not 2: a unipolar value cannot be "
        "negated",
    ),
    "negative constant": (
        lambda: P + -0.5,
        "add of unipolar operands takes no negative number, not -0.5",
    ),
    "times zero": (lambda: A * 0, "multiply needs a finite number other than 0, not 0"),
    "divided by zero": (lambda: A / 0, "divide needs a divisor other than 0"),
    "divisor that may be zero": (
        lambda: Q / P,
        "divide needs a divisor that cannot be zero, but p goes from 0 to 1: give its "
        "number() a low above 0",
    ),
    "bipolar divisor": (lambda: A / B, "divide takes unipolar operands, not bipolar"),
    "scales": (
        lambda: A + B * 0.123,
        "add needs scales in a ratio of small numbers, at most 64 in all, not 1 and 0.123: "
        "multiply by a constant() to change a scale",
    ),
    "saturating scales": (
        lambda: add(A, 2 * B, by="saturating"),
        "add by saturating takes operands of one scale, not 1 and 2",
    ),
    "adder": (
        lambda: add(A, B, by="carry"),
        "add by must be one of scaled, mux, unified, saturating, counting, not 'carry'",
    ),
    "counted sum": (
        lambda: COUNTED * A,
        "multiply cannot take sum(a, b): a counted sum is the last step",
    ),
    "tanh of one state": (
        lambda: tanh(A / 4),
        "tanh needs a gain times scale that is a multiple of 1 up to 512, not 1 times 0.25",
    ),
    "sigmoid of odd states": (
        lambda: sigmoid(A),
        "sigmoid needs a gain times scale that is a multiple of 2 up to 1024, not 1 times 1",
    ),
    "exp of odd states": (
        lambda: exp(A),
        "exp needs a gain times scale that is a multiple of 2 up to 1024, not 1 times 1",
    ),
    "gain": (lambda: tanh(A, gain=-1), "tanh gain must be above 0, not -1"),
    "unipolar tanh": (lambda: tanh(P), "tanh takes bipolar operands, not unipolar"),
    "relu of signs": (
        lambda: relu(M),
        "relu takes unipolar or bipolar operands, not sign-magnitude",
    ),
    "root": (lambda: sqrt(A), "sqrt takes unipolar operands, not bipolar"),
    "maximum of scales": (
        lambda: maximum(A, 2 * B),
        "maximum takes operands of one scale, not 1 and 2",
    ),
    "depth": (
        lambda: maximum(A, B, depth=9),
        "maximum depth must be between 0 and 8, not 9",
    ),
    "difference of bipolar": (
        lambda: absolute_difference(A, B),
        "absolute_difference takes unipolar operands, not bipolar",
    ),
    "polynomial of bipolar": (
        lambda: bernstein(lambda x: x, A),
        "bernstein takes unipolar operands, not bipolar",
    ),
    "polynomial that leaves [0, 1]": (
        lambda: bernstein(lambda x: 2 * x, P),
        "fit_bernstein function must be between 0 and 1, not",
    ),
    "coefficient that leaves [0, 1]": (
        lambda: bernstein((0.5, 1.5), P),
        "bernstein coefficients must be between 0 and 1, but number 1 is 1.5",
    ),
    "range": (
        lambda: number("a", "unipolar", low=-1),
        "number a must be between 0 and 1, not from -1 to 1",
    ),
    "scale": (lambda: number("a", scale=0), "number a scale must be above 0, not 0"),
    "name": (lambda: number("a.b"), "number must have a name of letters, not 'a.b'"),
    "length": (
        lambda: number("length"),
        "number must not have the name 'length', which evaluate takes",
    ),
    "constant": (lambda: constant(2), "constant must be between -1 and 1, not from 2 to 2"),
    "encoding": (
        lambda: stream("s", "binary"),
        "stream encoding must be one of unipolar, bipolar, sign-magnitude, not 'binary'",
    ),
    "two inputs": (
        lambda: (A * number("a")).compose(),
        "name 'a' is used twice, for two inputs",
    ),
    "input and output": (
        lambda: compose({"a": A * B}),
        "name 'a' is used twice, for an input and an output",
    ),
    "no circuit": (
        lambda: compose({"y": A / 2}),
        "output y is a itself, which needs no circuit",
    ),
    "keyword": (
        lambda: compose({"wire": A * B}),
        "a port's name must not be the Verilog keyword 'wire'",
    ),
    "missing value": (lambda: (A * B).evaluate(a=0.5), "the input 'b' needs a value"),
    "unknown value": (
        lambda: (A * B).evaluate(a=0, b=0, c=0),
        "there is no input 'c', only a, b",
    ),
    "value out of range": (
        lambda: (P * Q).evaluate(p=0.5, q=0.1),
        "input q takes values from 0.25 to 1, not 0.1",
    ),
    "value of no number": (
        lambda: (A * B).evaluate(a=np.nan, b=0),
        "input a takes values from -1 to 1, not nan",
    ),
    "unequal length": (
        lambda: (U * V).evaluate(
            length=4,
            u=Bitstream.from_bits([0, 1, 1, 0], "bipolar"),
            v=Bitstream.from_bits([0, 1], "bipolar"),
        ),
        "Netlist takes streams of one length, not 4 and 2",
    ),
    "encoding of a stream": (
        lambda: (U * V).evaluate(
            length=2,
            u=Bitstream.from_bits([0, 1], "unipolar"),
            v=Bitstream.from_bits([0, 1], "bipolar"),
        ),
        "Netlist u must be bipolar, not unipolar",
    ),
}


@pytest.mark.parametrize("case", MESSAGES.values(), ids=MESSAGES)
def test_one_sentence(case):
    make, message = case
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: A * "b", "multiply operand must be a number, not 'b'"),
        (lambda: add(1, 2), "add takes expressions, not (1, 2)"),
        (lambda: maximum(1, 2), "maximum takes expressions, not 1"),
        (lambda: tanh(1), "tanh takes expressions, not 1"),
        (lambda: saturating_subtract(P, "q"), "saturating_subtract operand must be a number"),
        (lambda: divide(P, None), "divide divisor must be a number, not None"),
        (lambda: compose(A), "compose takes expressions by name, not <bipolar a, scale 1>"),
        (lambda: compose({"y": 1}), "output y must be an expression, not 1"),
        (lambda: bool(A), "a has no truth value: it stands for a stream"),
        (lambda: (U * V).evaluate(u=0, v=0), "the input 'u' needs a Bitstream"),
    ],
)
def test_wrong_types_are_one_sentence(make, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        make()
