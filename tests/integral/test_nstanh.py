"""NStanh against the published approximation and the exact law."""

import numpy as np
import pytest

from sim.oracles.jump_chain import integer_law
from stochastic import NStanh


def stationary_mean(states, range_, s, rule):
    """Return the mean bipolar output for m independent bipolar streams of sum s."""
    integers, law = integer_law(range_, "bipolar", (s / range_ + 1) / 2)
    matrix = np.zeros((states, states))
    start = np.arange(states)
    for integer, probability in zip(integers, law, strict=True):
        matrix[start, np.clip(start + integer, 0, states - 1)] += probability
    values, vectors = np.linalg.eig(matrix.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    stationary /= stationary.sum()
    middle = states // 2
    ones = start >= middle if rule == ">=" else start > middle
    return 2 * stationary[ones].sum() - 1


@pytest.mark.parametrize("m", [1, 2, 4, 8])
@pytest.mark.parametrize("n", [4, 8])
def test_default_rule_is_near_the_published_function(m, n):
    # tanh(n s / 2) for K = m n.
    sums = np.linspace(-0.9, 0.9, 19) * min(m, 2)
    exact = np.array([stationary_mean(m * n, m, s, ">=") for s in sums])
    assert np.abs(exact - np.tanh(n * sums / 2)).max() < 0.06
    assert stationary_mean(m * n, m, 0.0, ">=") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("m", "n", "bias"), [(1, 8, -0.25), (2, 8, -0.11), (4, 8, -0.058), (8, 4, -0.056)]
)
def test_the_other_rule_is_biased(m, n, bias):
    assert stationary_mean(m * n, m, 0.0, ">") == pytest.approx(bias, abs=0.016)


def test_the_rules_differ_in_one_state():
    values = {"value": [0, 0]}
    for rule, bit in ((">=", 1), (">", 0)):
        outputs, _ = NStanh(states=8, range=2, rule=rule).run(values)
        assert outputs["y"][:, 0].tolist() == [bit, bit]


def test_it_saturates_at_both_ends():
    unit = NStanh(states=8, range=8)
    outputs, state = unit.run({"value": [8, 8, -8, 0]})
    assert outputs["y"][:, 0].tolist() == [1, 1, 1, 0]
    assert state.registers["state"].tolist() == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"states": 7, "range": 1}, "NStanh states must be even, not 7"),
        ({"states": 8, "range": 0}, "NStanh range must be between 1 and 65536, not 0"),
        ({"states": 8, "range": 1, "rule": "<"}, "NStanh rule must be one of >=, >, not '<'"),
        (
            {"states": 8, "range": 1, "encoding": "sign-magnitude"},
            "NStanh encoding must be one of unipolar, bipolar, not 'sign-magnitude'",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        NStanh(**options)
