"""Random expressions: the netlist gives the bits of the streams, the values of the function."""

import random

import numpy as np
import pytest

from stochastic import Bitstream
from stochastic.expressions import (
    absolute_difference,
    add,
    bernstein,
    constant,
    maximum,
    minimum,
    number,
    relu,
    saturating_subtract,
)
from stochastic.streams.packing import pack


def bipolar(drawn, depth, inputs):
    """Return a random expression of bipolar operands."""
    if depth == 0:
        return drawn.choice([*inputs, constant(drawn.choice([-0.5, 0.25, 1.0]))])
    x, y = (bipolar(drawn, depth - 1, inputs) for _ in range(2))
    kind = drawn.randrange(7)
    if kind < 3:
        return x * y
    if kind == 3:
        return x - y
    if kind == 4:
        return add(x, y, by=drawn.choice(["mux", "unified"]))
    if kind == 5:
        return -x * 0.5 + y * 0.5
    return x * abs(y) if y.gate else relu(x * y)


def unipolar(drawn, depth, inputs):
    """Return a random expression of unipolar operands."""
    if depth == 0:
        return drawn.choice([*inputs, constant(drawn.choice([0.5, 0.25]), "unipolar")])
    x, y = (unipolar(drawn, depth - 1, inputs) for _ in range(2))
    kind = drawn.randrange(5)
    if kind < 2 or x.scale != y.scale:
        return x * y
    if kind == 2:
        return drawn.choice([maximum, minimum, absolute_difference, saturating_subtract])(x, y)
    if kind == 3:
        return x.scale - x * 1.0 if x.gate is None else x + y
    return bernstein((0.25, 0.75, 0.5), x)


def cases():
    """Return expressions that have a circuit, with the options of their composition."""
    found = []
    for seed in range(40):
        drawn = random.Random(seed)
        make, encoding = ((bipolar, "bipolar"), (unipolar, "unipolar"))[seed % 2]
        inputs = [number(name, encoding) for name in "abc"]
        expression = make(drawn, drawn.choice([1, 2, 2, 3]), inputs)
        sharing = drawn.choice(["none", "rotation", "permutation", "delay"])
        if expression.gate is not None:
            found.append((expression, sharing))
    return found


CASES = cases()


def test_there_are_enough_cases_of_every_kind():
    assert len(CASES) > 25
    assert {sharing for _, sharing in CASES} == {"none", "rotation", "permutation", "delay"}


@pytest.mark.parametrize(("expression", "sharing"), CASES, ids=lambda case: str(case)[:60])
def test_netlist_and_streams_are_equal(expression, sharing):
    circuit = expression.compose(width=7, sharing=sharing)
    rng = np.random.default_rng(1)
    values = {n: rng.uniform(i.low, i.high, 6) for n, i in circuit.inputs.items()}
    found = circuit.evaluate(length=200, **values)["y"]
    codes = {n: np.tile(c, (200, 1)) for n, c in circuit.codes(**values).items()}
    lanes = None if codes else 1
    outputs, _ = circuit.netlist.run(codes, cycles=200, lanes=lanes)
    words = pack(np.ascontiguousarray(outputs["y"].T, bool))
    shown = expression.decode(Bitstream(words, 200, expression.encoding, ()))
    np.testing.assert_array_equal(shown, np.broadcast_to(found, shown.shape))


@pytest.mark.parametrize(
    "expression", [e for e, _ in CASES], ids=lambda expression: str(expression)[:60]
)
def test_values_approach_the_function(expression):
    circuit = expression.compose(width=14)
    rng = np.random.default_rng(2)
    values = {n: rng.uniform(i.low, i.high, 100) for n, i in circuit.inputs.items()}
    exact = circuit.exact(**values)["y"]
    assert (exact >= expression.low - 1e-9).all()
    assert (exact <= expression.high + 1e-9).all()
    error = circuit.evaluate(**values)["y"] - exact
    # State machines with 16 states and depth-2 synchronizers have errors of their own.
    assert np.sqrt(np.mean(error**2)) < 0.12 * expression.scale
