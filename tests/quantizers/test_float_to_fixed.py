import itertools
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import FloatToFixed, Overflow, Rounding
from fixedpoint.arrays import quantize
from stochastic import Counter, Lfsr
from tests.support.quantization import fitted, rounded


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32).astype(np.int64)


def made(target, rounding, overflow):
    random = rounding is Rounding.STOCHASTIC
    generator = Counter(width=4) if random else None
    return FloatToFixed(
        target=target, rounding=rounding, overflow=overflow, generator=generator
    )


# Every multiple of 2^-8 from -10 to 10, and the float beyond each.
GRID = (np.arange(-2560, 2561) / 256).astype(np.float32)
NEAR = np.nextafter(GRID, np.float32(np.inf))


@pytest.mark.parametrize("target", ["sQ3.2", "uQ3.2", "sQ1.0", "sQ6.-2"])
@pytest.mark.parametrize("rounding", Rounding)
def test_a_fine_grid_in_every_mode(target, rounding):
    for overflow in Overflow:
        circuit = made(target, rounding, overflow)
        values = np.tile(np.concatenate([GRID, NEAR]), (16, 1))
        outputs, _ = circuit.run({"value": bits(values)})
        # All of them are whole in units of 2^-40, but for those next to 0.
        whole = values.astype(np.float64) * 2.0**40
        exact = np.where(np.abs(whole) < 1, np.sign(whole), whole).astype(np.int64)
        word = np.arange(16)[:, None]
        number = rounded(exact, 40 - circuit.target.frac_bits, rounding, word, 4)
        code, lost = fitted(number, circuit.target, overflow)
        np.testing.assert_array_equal(outputs["result"], code)
        assert not outputs["nan"].any()
        assert not outputs["infinite"].any()
        if overflow is Overflow.ERROR:
            np.testing.assert_array_equal(outputs["overflowed"], lost)


@pytest.mark.parametrize("rounding", Rounding)
def test_arrays_give_the_same_codes(rounding):
    rng = np.random.default_rng(1)
    values = (rng.standard_normal(2000) * 2.0 ** rng.integers(-12, 6, 2000)).astype(np.float32)
    generator = Lfsr(width=9) if rounding is Rounding.STOCHASTIC else None
    circuit = made("sQ4.12", rounding, Overflow.SATURATE).replace(generator=generator)
    result = circuit.run({"value": bits(values)})[0]["result"][:, 0]
    array = quantize(values, "sQ4.12", rounding, Overflow.SATURATE, bits=generator)
    np.testing.assert_array_equal(result, array.codes)


SMALLEST, LARGEST = 2.0**-149, float(np.finfo(np.float32).max)


@pytest.mark.parametrize(
    ("rounding", "codes"),
    [
        # 0, -0, the smallest numbers, and the largest, whose low bits are all 0.
        (Rounding.TRUNCATE, [0, 0, 0, -1, 0, 0]),
        (Rounding.AWAY, [0, 0, 1, -1, 0, 0]),
        (Rounding.NEAREST_AWAY, [0, 0, 0, 0, 0, 0]),
        (Rounding.JAM, [1, 1, 1, -1, 1, 1]),
    ],
)
def test_the_ends_of_the_floats(rounding, codes):
    circuit = made("sQ8.8", rounding, Overflow.ERROR)
    values = [0.0, -0.0, SMALLEST, -SMALLEST, LARGEST, -LARGEST]
    outputs, _ = circuit.run({"value": bits(values)})
    assert outputs["result"][:, 0].tolist() == codes
    assert outputs["overflowed"][:, 0].tolist() == [0, 0, 0, 0, 1, 1]


def test_subnormal_numbers_keep_all_their_bits():
    circuit = made("sQ-130.149", Rounding.TRUNCATE, Overflow.SATURATE)
    patterns = np.array([1, 2, 0x12345, 0x3FFFF, 0x40000, 0x7FFFFF, 0x800000])
    result = circuit.run({"value": patterns})[0]["result"][:, 0]
    assert result.tolist() == [1, 2, 0x12345, 0x3FFFF, 0x3FFFF, 0x3FFFF, 0x3FFFF]
    assert Fraction(SMALLEST) == circuit.target.resolution


@pytest.mark.parametrize(("rounding", "overflow"), list(itertools.product(Rounding, Overflow)))
def test_nan_and_infinities_are_told_by_flags(rounding, overflow):
    circuit = made("sQ4.4", rounding, overflow)
    patterns = np.array([0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF])
    outputs, _ = circuit.run({"value": patterns})
    assert not outputs["result"].any()
    assert outputs["infinite"][:, 0].tolist() == [1, 1, 0, 0, 0]
    assert outputs["nan"][:, 0].tolist() == [0, 0, 1, 1, 1]
    if overflow is Overflow.ERROR:
        assert not outputs["overflowed"].any()


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"target": "sQ33.0"},
            ValueError,
            "FloatToFixed target width must be between 1 and 32, not 33",
        ),
        (
            {"target": "sQ511.-500"},
            ValueError,
            "FloatToFixed target integer bits must be between -512 and 510, not 511",
        ),
        (
            {"target": None},
            TypeError,
            "FloatToFixed target must be a Format or a string such as 'sQ4.12', not None",
        ),
        (
            {"rounding": "stochastic"},
            TypeError,
            "FloatToFixed generator must be a generator, since a rounding is STOCHASTIC, "
            "not None",
        ),
    ],
)
def test_errors(changes, kind, message):
    good = {"target": "sQ4.4", "rounding": "truncate", "overflow": "wrap"}
    with pytest.raises(kind, match=f"^{message}$"):
        FloatToFixed(**{**good, **changes})
