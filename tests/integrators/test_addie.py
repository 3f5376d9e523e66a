import numpy as np
import pytest
from scipy.stats import binom, chisquare

from fixedpoint.circuit import State
from stochastic import Addie, Counter, Integrator, Lfsr, Pcg


def transitions(addie, p):
    """Return the chain's matrix: from the model, one cycle from each value, word and input."""
    n, size = addie.width, addie.maximum + 1
    matrix = np.zeros((size, size))
    for word in range(1 << n):
        for bit, weight in ((0, 1 - p), (1, p)):
            state = State(word, {"value": np.arange(size)})
            _, after = addie.run({"stream_in": np.full((1, size), bit)}, state=state)
            matrix[np.arange(size), after.registers["value"]] += weight / (1 << n)
    return matrix


@pytest.mark.parametrize("p", [0, 0.25, 0.7, 1])
@pytest.mark.parametrize("width", [1, 2, 4, 6])
def test_steady_state_is_binomial(width, p):
    matrix = transitions(Addie(width=width, generator=Counter(width=width)), p)
    steady = binom.pmf(np.arange(2**width + 1), 2**width, p)
    np.testing.assert_allclose(steady @ matrix, steady, atol=1e-14)
    fraction = np.arange(2**width + 1) / 2**width
    assert steady @ fraction == pytest.approx(p)
    assert steady @ (fraction - p) ** 2 == pytest.approx(p * (1 - p) / 2**width)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_mean_is_the_moving_average(width):
    """Liu, Gross and Han 2020, equations (3) and (7) in discrete time, from every value."""
    p, size = 0.3, 2**width + 1
    fraction = np.arange(size) / 2**width
    matrix = transitions(Addie(width=width, generator=Counter(width=width)), p)
    expected = fraction
    for k in range(1, 50):
        expected = matrix @ expected
        closed = p - (p - fraction) * (1 - 2**-width) ** k
        np.testing.assert_allclose(expected, closed, atol=1e-13)


def test_long_run_is_binomial():
    width, p, apart, samples = 3, 0.4, 128, 4000
    addie = Addie(width=width, generator=Pcg(width=width, seed=1))
    stream = np.random.default_rng(2).random(apart * samples) < p
    value = addie.run({"stream_in": stream})[0]["value"][apart // 2 :: apart, 0]
    # Samples so far apart correlate by (7/8)^128 = 4e-8: independent for the chi-square test.
    observed = np.bincount(value, minlength=9)
    expected = samples * binom.pmf(np.arange(9), 8, p)
    # Values 7 and 8 together, so that each class expects more than five.
    classes = [[*counts[:7], counts[7:].sum()] for counts in (observed, expected)]
    assert chisquare(*classes).pvalue > 1e-3


@pytest.mark.parametrize("full_scale", [False, True])
def test_constant_input_reaches_the_ends(full_scale):
    addie = Addie(width=4, generator=Lfsr(width=4, zero_state=True), full_scale=full_scale)
    ones = np.ones(400, int)
    outputs, state = addie.run({"stream_in": ones})
    value = outputs["value"][:, 0]
    assert value[-1] == value.max() == 16 - (not full_scale)
    # At full scale the stream is all ones; below, it misses one word of sixteen.
    assert outputs["stream"][-160:].sum() == (160 if full_scale else 150)
    outputs, _ = addie.run({"stream_in": 1 - ones}, state=state)
    assert outputs["value"][-1, 0] == outputs["value"].min() == 0
    assert not outputs["stream"][-160:].any()


def test_feedback_is_the_integrator_with_its_own_stream():
    shared = {"width": 8, "generator": Lfsr(width=8), "initial": 200}
    stream = np.random.default_rng(3).integers(0, 2, (500, 3))
    outputs, _ = Addie(**shared).run({"stream_in": stream})
    wires = {"increment": stream, "decrement": outputs["stream"]}
    expected, _ = Integrator(**shared).run(wires)
    np.testing.assert_array_equal(outputs["value"], expected["value"])
    np.testing.assert_array_equal(outputs["stream"], expected["stream"])


def test_errors_name_the_circuit():
    with pytest.raises(ValueError, match=r"^Addie initial must be between 0 and 8, not 9$"):
        Addie(width=3, generator=Lfsr(width=3), initial=9)
    with pytest.raises(ValueError, match=r"^Addie generator must have the width 4, not 3$"):
        Addie(width=4, generator=Lfsr(width=3))
