"""Factoring: products checked, primes by a sieve, and one sentence for each bad number."""

import pytest

from stochastic.invertible import factor, factor_widths, factorizer, is_prime

pytestmark = pytest.mark.slow


def test_primes_against_a_sieve():
    sieve = [True] * 20000
    sieve[0] = sieve[1] = False
    for n in range(2, 142):
        if sieve[n]:
            sieve[n * n :: n] = [False] * len(sieve[n * n :: n])
    assert [is_prime(n) for n in range(20000)] == sieve
    assert is_prime(2**61 - 1)
    assert not is_prime(3825123056546413051)  # Strong pseudoprime to the bases up to 23.


@pytest.mark.parametrize("number", [4, 6, 9, 15, 35, 49, 100, 141, 143, 221, 2047, 48443])
@pytest.mark.parametrize("cell", ["gates", "multiply_add"])
def test_factors(number, cell):
    found = factor(number, seconds=30, cell=cell)
    a, b = found.factors
    assert a * b == number
    assert 1 < a <= b


@pytest.mark.parametrize(("number", "bits"), [(143, (8, 8)), (15, (4, 4))])
def test_wide_operands_hold_the_number_itself_too(number, bits):
    """Replicas that find 1 times the number do not end the search."""
    for seed in (1, 2, 3):
        a, b = factor(number, bits=bits, seconds=30, seed=seed).factors
        assert a * b == number
        assert 1 < a <= b


def test_same_seed_same_cycles_on_any_threads():
    runs = [factor(48443, threads=threads, replicas=1024) for threads in (1, 2)]
    assert runs[0].cycles == runs[1].cycles
    assert runs[0].updates == runs[1].updates
    assert factor(48443, replicas=1024, seed=2).cycles != runs[0].cycles


def test_widths_hold_the_factors_of_every_composite_number():
    for number in range(4, 3000):
        divisor = next((d for d in range(2, number) if number % d == 0), number)
        if divisor == number:
            continue
        fits = [
            divisor < 1 << a and number // divisor < 1 << b for a, b in factor_widths(number)
        ]
        assert any(fits)


def test_too_little_time_gives_no_factors():
    found = factor(65521 * 65519, seconds=0.01, replicas=64)
    assert found.factors == ()
    assert found.to_dict()["factors"] == []


def test_progress_tells_the_best_state():
    # 4 = 2 x 2, but one operand has a single bit: some gate is always wrong.
    seen = []
    assert factor(4, bits=(1, 2), seconds=0.5, progress=seen.append).factors == ()
    excesses = [now.excess for now in seen]
    assert excesses
    assert excesses == sorted(excesses, reverse=True)
    assert excesses[-1] >= 2
    assert all(now.operands[0] < 2 and now.operands[1] < 4 for now in seen)
    cycles = [now.cycles for now in seen]
    assert cycles == sorted(set(cycles))


def test_operands_of_odd_numbers_are_odd():
    _, problem = factorizer(143, 4, 4)
    assert problem.ports["a"][0] == problem.ports["b"][0] == -2
    assert problem.ports["p"] == tuple(-2 if 143 >> k & 1 else -1 for k in range(8))


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: factor(13), ValueError, "13 is prime: it has no factors but 1 and itself"),
        (lambda: factor(0), ValueError, "the number to factor must be 4 or more, not 0"),
        (lambda: factor(1), ValueError, "the number to factor must be 4 or more, not 1"),
        (
            lambda: factor(2**63),
            ValueError,
            "the number to factor must have 62 bits or fewer, not 64",
        ),
        (
            lambda: factor(143, bits=(3, 4)),
            ValueError,
            "143 has 8 bits, but operands of 3 and 4 bits have a product of 7",
        ),
        (
            lambda: factor(14.0),
            TypeError,
            "the number to factor must be an integer, not 14.0",
        ),
    ],
)
def test_bad_numbers(make, kind, message):
    with pytest.raises(kind) as error:
        make()
    assert str(error.value) == message
