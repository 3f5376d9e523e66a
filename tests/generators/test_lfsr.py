"""LFSRs against naive registers, brute-force periods and matrix orders."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from fixedpoint.circuit import Parameters
from stochastic import Lfsr

FORMS = ("fibonacci", "galois")


def naive(width, taps, form, zero_state, state, n):
    """The words of a register as the docstring describes it, bit by bit."""
    words = []
    bits = [state >> i & 1 for i in range(width)]
    for _ in range(n):
        words.append(sum(bit << i for i, bit in enumerate(bits)))
        if form == "fibonacci":
            new = sum(bits[tap - 1] for tap in taps) % 2
            if zero_state and not any(bits[:-1]):
                new = 1 - new
            bits = [new, *bits[:-1]]
        else:
            out = bits[0]
            if zero_state and not any(bits[1:]):
                out = 1 - out
            bits = [*bits[1:], 0]
            if out:
                for tap in taps:
                    bits[tap - 1] = 1 - bits[tap - 1]
    return words


@njit(cache=False)
def brute_period(width, taps, galois):
    """Steps from the state 1 back to it, or 0 if the states end elsewhere."""
    state = 1
    for step in range(1, 1 << width):
        if galois:
            out = state & 1
            state >>= 1
            if out:
                for tap in taps:
                    state ^= 1 << (tap - 1)
        else:
            new = 0
            for tap in taps:
                new ^= (state >> (tap - 1)) & 1
            state = ((state << 1) | new) & ((1 << width) - 1)
        if state == 1:
            return step
    return 0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", range(3, 25))
def test_period_by_brute_force(width, form):
    taps = np.array(Lfsr(width=width).taps)
    assert brute_period(width, taps, form == "galois") == 2**width - 1
    assert Lfsr(width=width, form=form).period == 2**width - 1


FACTORS = {
    25: (31, 601, 1801),
    26: (3, 2731, 8191),
    27: (7, 73, 262657),
    28: (3, 5, 29, 43, 113, 127),
    29: (233, 1103, 2089),
    30: (3, 3, 7, 11, 31, 151, 331),
    31: (2147483647,),
    32: (3, 5, 17, 257, 65537),
}


def matrix_power(matrix, exponent):
    power = np.eye(len(matrix), dtype=np.int64)
    for bit in f"{exponent:b}":
        power = power @ power % 2
        if bit == "1":
            power = power @ matrix % 2
    return power


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", FACTORS)
def test_period_by_matrix_order(width, form):
    assert math.prod(FACTORS[width]) == 2**width - 1
    taps = Lfsr(width=width).taps
    columns = [naive(width, taps, form, False, 1 << i, 2)[1] for i in range(width)]
    matrix = np.array([[c >> row & 1 for c in columns] for row in range(width)])
    identity = np.eye(width, dtype=np.int64)
    assert np.array_equal(matrix_power(matrix, 2**width - 1), identity)
    for factor in set(FACTORS[width]):
        shorter = matrix_power(matrix, (2**width - 1) // factor)
        assert not np.array_equal(shorter, identity)


@pytest.mark.parametrize("zero_state", [False, True])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", range(3, 33))
def test_words_are_those_of_the_naive_register(width, form, zero_state):
    seed = 0x9E3779B9 % (2**width - 1) + 1
    lfsr = Lfsr(width=width, seed=seed, form=form, zero_state=zero_state)
    expected = naive(width, lfsr.taps, form, zero_state, seed, 1500)
    assert lfsr.words(1500).tolist() == expected


@pytest.mark.parametrize("form", FORMS)
def test_long_runs_are_those_of_the_naive_register(form):
    # Long enough for every lag that the kernel goes through, for sparse and dense taps.
    for width, taps in ((32, None), (17, None), (9, (9, 8, 6, 5, 4, 1)), (3, None)):
        lfsr = Lfsr(width=width, form=form, taps=taps)
        assert lfsr.words(40000).tolist() == naive(width, lfsr.taps, form, False, 1, 40000)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", range(3, 17))
def test_zero_state_visits_every_value_once(width, form):
    lfsr = Lfsr(width=width, form=form, zero_state=True, seed=2)
    words = lfsr.words(2**width)
    assert np.array_equal(np.sort(words), np.arange(2**width))
    assert lfsr.period == 2**width
    # The rest is the plain register.
    plain = lfsr.replace(zero_state=False).words(2**width - 1)
    assert np.array_equal(words[words != 0], plain)
    before = words[(int(np.flatnonzero(words == 0)[0]) - 1) % 2**width]
    assert before == (2 ** (width - 1) if form == "fibonacci" else 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("width", [16, 23, 31, 32])
def test_zero_is_found_far_from_a_seed(width, form):
    before = 2 ** (width - 1) if form == "fibonacci" else 1
    period = 2**width - 1
    for distance in (0, 1, 700, period // 3, period - 1):
        seed = int(Lfsr(width=width, form=form, seed=before).words(1, -distance % period)[0])
        lfsr = Lfsr(width=width, form=form, seed=seed, zero_state=True)
        start = max(distance - 500, 0)
        words = lfsr.words(1200, start)
        assert np.flatnonzero(words == 0).tolist() == [distance + 1 - start]
        assert words.tolist() == naive(width, lfsr.taps, form, True, int(words[0]), 1200)
    assert seed == naive(width, lfsr.taps, form, False, before, 2)[1]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_jumps_agree_with_steps(data):
    width = data.draw(st.integers(3, 32))
    lfsr = Lfsr(
        width=width,
        seed=data.draw(st.integers(1, 2**width - 1)),
        form=data.draw(st.sampled_from(FORMS)),
        zero_state=data.draw(st.booleans()),
        phase=data.draw(st.integers(0, 2**63 - 1)),
    )
    start = data.draw(st.integers(0, 2**40))
    first = int(lfsr.words(1, start)[0])
    expected = naive(width, lfsr.taps, lfsr.form, lfsr.zero_state, first, 400)
    assert lfsr.words(400, start).tolist() == expected


@pytest.mark.parametrize("width", range(3, 9))
def test_taps_are_taken_if_and_only_if_maximal(width):
    maximal = 0
    for count in range(width):
        for rest in itertools.combinations(range(1, width), count):
            taps = (width, *reversed(rest))
            if brute_period(width, np.array(taps), False) == 2**width - 1:
                maximal += 1
                assert Lfsr(width=width, taps=taps).taps == taps
            else:
                with pytest.raises(ValueError, match="must make a primitive polynomial"):
                    Lfsr(width=width, taps=taps)
    # There are phi(2^n - 1) / n primitive polynomials.
    coprime = sum(math.gcd(k, 2**width - 1) == 1 for k in range(1, 2**width))
    assert maximal == coprime // width


def test_taps_of_known_polynomials():
    assert Lfsr(width=8).taps == (8, 6, 5, 4)
    assert Lfsr(width=16).taps == (16, 15, 13, 4)
    # CRC-32's polynomial is primitive; x^32 + x + 1 is not.
    crc = (32, 26, 23, 22, 16, 12, 11, 10, 8, 7, 5, 4, 2, 1)
    assert Lfsr(width=32, taps=tuple(reversed(crc))).taps == crc
    with pytest.raises(ValueError):
        Lfsr(width=32, taps=(32, 1))


def test_default_taps_follow_the_width():
    assert Lfsr(width=8) == Lfsr(width=8, taps=(4, 5, 6, 8))
    assert Lfsr(width=8).replace(width=9) == Lfsr(width=9)
    assert Lfsr(width=8, taps=(8, 4, 3, 2)).replace(seed=3).taps == (8, 4, 3, 2)
    assert Parameters.from_json('{"type": "Lfsr", "width": 9}') == Lfsr(width=9)


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"width": 2}, ValueError, "LFSR width must be between 3 and 32, not 2"),
        ({"width": 33}, ValueError, "LFSR width must be between 3 and 32, not 33"),
        ({"seed": 0}, ValueError, "LFSR seed must be between 1 and 255, not 0"),
        ({"seed": 256}, ValueError, "LFSR seed must be between 1 and 255, not 256"),
        ({"seed": 1.5}, TypeError, "LFSR seed must be an integer, not 1.5"),
        ({"phase": -1}, ValueError, f"LFSR phase must be between 0 and {2**63 - 1}, not -1"),
        (
            {"form": "fibonaci"},
            ValueError,
            "LFSR form must be one of fibonacci, galois, not 'fibonaci'",
        ),
        ({"zero_state": 1}, TypeError, "LFSR zero_state must be True or False, not 1"),
        ({"taps": 8}, TypeError, "LFSR taps must be a tuple, not 8"),
        ({"taps": (9, 8)}, ValueError, "LFSR tap must be between 1 and 8, not 9"),
        ({"taps": (8, 0)}, ValueError, "LFSR tap must be between 1 and 8, not 0"),
        ({"taps": (8, 4.0)}, TypeError, "LFSR tap must be an integer, not 4.0"),
        (
            {"taps": (8, 6, 6, 4)},
            ValueError,
            "LFSR taps must differ from each other, not (8, 6, 6, 4)",
        ),
        ({"taps": (7, 6)}, ValueError, "LFSR taps must include the width 8, not (7, 6)"),
        (
            {"taps": (8, 4)},
            ValueError,
            "LFSR taps must make a primitive polynomial, not (8, 4)",
        ),
    ],
)
def test_bad_parameters_are_refused(arguments, kind, sentence):
    with pytest.raises(kind) as error:
        Lfsr(**{"width": 8, **arguments})
    assert str(error.value) == sentence
