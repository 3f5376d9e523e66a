"""Gates tell about operands that correlate more than independent streams would."""

import itertools
import warnings

import numpy as np
import pytest

from stochastic import (
    CorrelationWarning,
    Counter,
    Halton,
    Lfsr,
    Pcg,
    Sobol,
    VanDerCorput,
    encode,
    matmul,
    multiply,
    scaled_add,
)
from stochastic.streams.independence import dependence, independent_of


def product_errors(first, second, length):
    """Return the error and the variance of every pair of codes, bit by bit."""
    u, v = first.words(length), second.words(length)
    errors, variances = [], []
    for a, b in itertools.product(range(1 << first.width), range(1 << second.width)):
        x, y = u < a, v < b
        p, q = x.mean(), y.mean()
        if 0 < p < 1 and 0 < q < 1:
            errors.append((x & y).mean() - p * q)
            variances.append(p * (1 - p) * q * (1 - q))
    return np.array(errors), np.array(variances)


@pytest.mark.parametrize(
    "first, second, length",
    [
        (Lfsr(width=5), Lfsr(width=5, phase=1), 31),
        (Counter(width=1), Sobol(width=5, dimension=1), 64),
        (Lfsr(width=4), Halton(width=4, base=3), 50),
    ],
)
def test_error_of_every_pair_of_codes(first, second, length):
    errors, variances = product_errors(first, second, length)
    found = dependence(first, second, length)
    assert found.error == pytest.approx(np.sqrt((errors**2).mean()))
    assert found.expected == pytest.approx(np.sqrt(variances.mean() / (length - 1)))


def test_expected_error_is_that_of_random_permutations():
    rng = np.random.default_rng(1)
    u = np.arange(16)
    squares, variances = [], []
    for _ in range(2000):
        v = rng.permutation(16)
        a, b = rng.integers(1, 16, 2)
        squares.append((((u < a) & (v < b)).mean() - a * b / 256) ** 2)
        variances.append(a * (16 - a) * b * (16 - b) / 16**4)
    # The mean of 2000 squares has a relative standard error of about 4 %.
    assert np.mean(squares) == pytest.approx(np.mean(variances) / 15, rel=0.15)


def test_independent_sequences_pass():
    random = [Pcg(width=8, seed=seed) for seed in range(25)]
    pairs = list(itertools.combinations(random, 2))
    assert sum(dependence(a, b, 256).excessive for a, b in pairs) <= 3  # of 300
    sobol = [Sobol(width=8, dimension=d) for d in range(6)]
    halton = [Halton(width=8, base=base) for base in (2, 3, 5)]
    for a, b in (
        *itertools.combinations(sobol, 2),
        *itertools.combinations(halton, 2),
        (Lfsr(width=8), VanDerCorput(width=8)),
        (Lfsr(width=8), Lfsr(width=8, form="galois")),
        (Lfsr(width=8), Lfsr(width=8, phase=100)),
    ):
        for length in (16, 256, 4096):
            assert not dependence(a, b, length).excessive, (a, b, length)


def test_shifts_of_one_lfsr():
    a = encode(0.5, Lfsr(width=8), length=255)
    b = encode(0.5, Lfsr(width=8, phase=1), length=255)
    with pytest.warns(CorrelationWarning) as found:
        multiply(a, b)
    (warning,) = found
    text = str(warning.message)
    assert text.startswith(
        "Multiplier needs independent operands, but over 255 cycles the product of the "
        f"streams of {Lfsr(width=8)!r} and {Lfsr(width=8, phase=1)!r} is off by 0.053, where "
        "independent streams would be off by 0.01: take Sobol(width=8, phase=0, dimension="
    )
    assert text.endswith(" in place of the second, or pass correlated=True if that is meant")
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        multiply(a, b, correlated=True)


def test_narrow_counter_beside_sobol_streams():
    """The counter's bit alternates as the second half of a Sobol sequence does."""
    values = np.array([0.1, 0.4, 0.8])
    a = encode(values, Sobol(width=8, dimension=1), encoding="unipolar")
    b = encode(0 * values, Sobol(width=8, dimension=1), encoding="unipolar")
    steer = Counter(width=1)
    with pytest.warns(CorrelationWarning, match="^MuxAdder needs"):
        wrong = scaled_add(a, b, generator=steer).value
    other = independent_of(a.generators[0], steer, 256)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right = scaled_add(a, b, generator=other).value
    assert np.abs(wrong - values / 2).max() > 0.1
    assert np.abs(right - values / 2).max() < 0.02


def test_replacement_is_better_and_other():
    for second in (Lfsr(width=8, phase=1), Counter(width=1), Lfsr(width=8)):
        other = independent_of(Lfsr(width=8), second, 256)
        found = dependence(Lfsr(width=8), other, 256)
        assert other.width == 8 and found.error <= found.expected


def test_words_wider_than_those_of_sobol_are_told_of():
    # A Sobol sequence has at most 24 bits, of which the 8 most significant count here.
    pair = Lfsr(width=32, seed=5), Lfsr(width=32, seed=5, phase=1)
    a, b = (encode(value, g, 256) for value, g in zip((0.5, 0.25), pair, strict=True))
    with pytest.warns(CorrelationWarning) as told:
        multiply(a, b)
    assert len(told) == 1
    assert "take Sobol(width=24, " in str(told[0].message)


def test_matrix_product_tells_too():
    pair = Lfsr(width=8), Lfsr(width=8, seed=2)
    with pytest.warns(CorrelationWarning, match="^matmul needs independent operands") as told:
        matmul([[0.5]], [[0.5]], pair, length=256)
    assert len(told) == 1


def test_wide_words_and_long_windows_take_no_time():
    a, b = Lfsr(width=32), Lfsr(width=32, phase=1)
    assert dependence(a, b, 2**31 - 1).excessive
    assert dependence(Counter(width=2), Counter(width=2, direction="down"), 256).excessive
    assert dependence(Counter(width=1), Counter(width=1, phase=1), 256).excessive


def test_single_cycle_and_constant_words():
    assert not dependence(Lfsr(width=8), Lfsr(width=8, phase=1), 1).excessive
