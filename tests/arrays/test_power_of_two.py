import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import FixedArray, Format, LogArray, LogFormat, log_quantize
from fixedpoint.arrays import quantize
from fixedpoint.circuit import Parameters


def powers(least, most, signed=True):
    return LogFormat(signed=signed, minimum_exponent=least, maximum_exponent=most)


def nearest(value, fmt, rounding):
    """Return the value that is nearest, the greater magnitude in a tie, by all distances."""
    size = abs(value)
    if (value < 0 and not fmt.signed) or size == 0:
        return Fraction(0)
    exponents = range(fmt.minimum_exponent, fmt.maximum_exponent + 1)
    values = [Fraction(2) ** e for e in exponents]
    if rounding == "linear":
        best = min([*reversed(values), Fraction(0)], key=lambda v: abs(size - v))
    else:
        # Nearest in logarithms is the least ratio; below all of them zero stands where the
        # next power would.
        below = values[0] / 2
        best = min([*reversed(values), below], key=lambda v: max(size / v, v / size))
        best = Fraction(0) if best == below else best
    return -best if value < 0 else best


FORMATS = [
    powers(-3, 1),
    powers(-3, 1, signed=False),
    powers(0, 0),
    powers(-9, -7),
    powers(4, 7),
    powers(-6, 6, signed=False),
]


@pytest.mark.parametrize("rounding", ["log", "linear"])
@pytest.mark.parametrize("fmt", FORMATS)
def test_every_code_of_small_formats_and_every_kind_of_input(fmt, rounding):
    for name in ("sQ4.5", "uQ5.4", "sQ9.0", "sQ-2.10", "uQ9.-2"):
        source = Format.parse(name)
        codes = np.arange(source.minimum_code, source.maximum_code + 1)
        values = [int(c) * source.resolution for c in codes]
        want = [nearest(v, fmt, rounding) for v in values]
        fixed = FixedArray(codes, source)
        for x in (fixed, fixed.to_float(), fixed.to_float().astype(np.float32)):
            made = log_quantize(x, fmt, rounding)
            assert [Fraction(v) for v in made.to_float().tolist()] == want
        assert [Fraction(v) for v in log_quantize(values, fmt, rounding).to_float()] == want
        if source.frac_bits == 0:
            assert np.array_equal(log_quantize(codes, fmt, rounding).codes, made.codes)


def test_thresholds_to_the_last_bit():
    """Doubles around sqrt(2) and 1.5 times a power, and 64-bit codes around them."""
    fmt = powers(-2, 5)
    for e in range(-2, 5):
        root = math.ldexp(1.4142135623730951, e)  # above the root, by Fractions:
        assert (
            Fraction(root) ** 2 > 2 * Fraction(4) ** e > Fraction(math.nextafter(root, 0)) ** 2
        )
        half = math.ldexp(1.5, e)
        for rounding, threshold in (("log", root), ("linear", half)):
            made = log_quantize(
                [math.nextafter(threshold, 0), threshold, -threshold], fmt, rounding
            )
            assert made.to_float().tolist() == [2.0**e, 2.0 ** (e + 1), -(2.0 ** (e + 1))]
    root = math.isqrt(2 << 2 * 61)
    codes = FixedArray([root, root + 1, -root, -root - 1, -(1 << 63), (1 << 63) - 1], "sQ64.0")
    exponents = log_quantize(codes, powers(59, 63)).exponents
    assert exponents.tolist() == [3, 4, 3, 4, 5, 5]
    large = FixedArray([(1 << 64) - 1, 1 << 63, 0], "uQ64.0")
    assert log_quantize(large, powers(62, 64, signed=False)).exponents.tolist() == [3, 2, 0]


def test_paper_of_miyashita():
    """Clip(Round(log2|x|), FSR - 2^bitwidth, FSR) where nothing is clipped to zero."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal(20000).astype(np.float32)
    fmt = LogFormat.of_bits(5, maximum_exponent=1)
    made = log_quantize(x, fmt).to_float()
    exponent = np.clip(np.round(np.log2(np.abs(x.astype(np.float64)))), None, 1)
    inside = exponent >= fmt.minimum_exponent
    assert np.array_equal(made[inside], (np.sign(x) * 2.0**exponent)[inside])
    assert not made[~inside].any()
    assert (~inside).any()


def test_codes_and_values():
    fmt = powers(-2, 0)
    every = LogArray([[0, 1, 2, 3], [4, 5, 6, 7]], fmt)
    assert every.to_float().tolist() == [[0, 0.25, 0.5, 1], [0, -0.25, -0.5, -1]]
    assert every.signs.tolist() == [[0] * 4, [1] * 4]
    assert every.exponents.tolist() == [[0, 1, 2, 3]] * 2
    assert every.shape == (2, 4)
    assert every.to_fixed().is_identical(quantize(every.to_float(), "sQ2.2"))
    assert repr(LogArray([3], fmt)) == (
        "LogArray([3], LogFormat(signed=True, minimum_exponent=-2, maximum_exponent=0))"
    )
    # Zero has sign 0, whatever it came from.
    assert log_quantize([-0.1, -0.0], fmt).codes.tolist() == [0, 0]
    assert log_quantize(np.zeros((2, 0)), fmt).shape == (2, 0)
    assert log_quantize(3.0, fmt).to_float() == 1.0


@pytest.mark.parametrize("signed, bits", [(s, b) for s in (True, False) for b in range(2, 6)])
def test_formats_of_bits(signed, bits):
    fmt = LogFormat.of_bits(bits, maximum_exponent=3, signed=signed)
    assert fmt.width == bits
    assert fmt.exponents == 2 ** (bits - signed) - 1
    assert fmt.maximum_exponent == 3
    values = LogArray(np.arange(2**bits), fmt).to_float()
    assert len(set(values.tolist())) == 2**bits - signed
    assert values.max() == 8
    assert fmt.fixed_format.minimum <= values.min() <= values.max() <= fmt.fixed_format.maximum
    assert Parameters.from_dict(json.loads(fmt.to_json())) == fmt


def test_formats_that_cover_values():
    for numerator in range(1, 200):
        greatest = Fraction(numerator, 64)
        fmt = LogFormat.covering([0, -float(greatest), 0.015625], 4)
        # 2^n <= 4 s / 3 < 2^(n + 1)
        power = Fraction(2) ** fmt.maximum_exponent
        assert power <= 4 * greatest / 3 < 2 * power
        assert fmt.width == 4
    # From half-way on the greatest value goes up to the greatest power, and no further.
    assert LogFormat.covering([0.75], 3, signed=False).maximum_exponent == 0
    assert LogFormat.covering([math.nextafter(0.75, 0)], 3).maximum_exponent == -1


def test_widest_and_narrowest_formats():
    widest = powers(-256, -195)
    codes = list(itertools.chain(range(63), range(64, 127)))
    assert LogArray(codes, widest).to_float()[62] == 2.0**-195
    assert LogArray(codes, widest).to_fixed().format.width == 63
    assert LogArray([0, 1], powers(256, 256, signed=False)).to_float().tolist() == [0, 2.0**256]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: powers(1, 0),
            ValueError,
            "LogFormat number of exponents must be between 1 and 62, not 0",
        ),
        (
            lambda: powers(0, 62),
            ValueError,
            "LogFormat number of exponents must be between 1 and 62, not 63",
        ),
        (
            lambda: powers(-257, 0),
            ValueError,
            "LogFormat minimum exponent must be between -256 and 256, not -257",
        ),
        (
            lambda: powers(0, 0.5),
            TypeError,
            "LogFormat maximum exponent must be an integer, not 0.5",
        ),
        (
            lambda: powers(0, 0, signed=1),
            TypeError,
            "LogFormat signed must be True or False, not 1",
        ),
        (
            lambda: LogFormat.of_bits(1, maximum_exponent=0),
            ValueError,
            "LogFormat bits must be between 2 and 6, not 1",
        ),
        (
            lambda: LogFormat.covering([0.0, -0.0], 4),
            ValueError,
            "LogFormat.covering takes finite numbers, not all 0, but the greatest is 0.0",
        ),
        (
            lambda: LogFormat.covering([1.0, math.nan], 4),
            ValueError,
            "LogFormat.covering takes finite numbers, not all 0, but the greatest is nan",
        ),
        (
            lambda: LogFormat.covering(["0.5", "1"], 4),
            TypeError,
            "LogFormat.covering takes real numbers, not <U3",
        ),
        (
            lambda: LogArray([[0, 3], [8, 1]], powers(-2, 0)),
            ValueError,
            "codes must be of 3 bits with exponent codes from 0 to 3, not 8 at index (1, 0)",
        ),
        (
            lambda: LogArray([3], powers(-1, 0)),
            ValueError,
            "codes must be of 3 bits with exponent codes from 0 to 2, not 3 at index (0)",
        ),
        (
            lambda: LogArray([0.5], powers(0, 0)),
            TypeError,
            "codes must be integers, not float64",
        ),
        (
            lambda: LogArray([0], "sQ1.0"),
            TypeError,
            "a LogArray's format must be a LogFormat, not 'sQ1.0'",
        ),
        (
            lambda: log_quantize([1.0, math.nan], powers(0, 0)),
            ValueError,
            "log_quantize takes finite numbers, not nan at index (1)",
        ),
        (
            lambda: log_quantize([1 << 80, -math.inf], powers(0, 0)),
            ValueError,
            "log_quantize takes finite numbers, not -inf at index (1)",
        ),
        (
            lambda: log_quantize([1j], powers(0, 0)),
            TypeError,
            "log_quantize takes real numbers, not complex128",
        ),
        (
            lambda: log_quantize([1.0], "sQ1.0"),
            TypeError,
            "log_quantize format must be a LogFormat, not 'sQ1.0'",
        ),
        (
            lambda: log_quantize([1.0], powers(0, 0), "up"),
            ValueError,
            "log_quantize rounding must be one of log, linear, not 'up'",
        ),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
