import itertools
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import FixedArray, Format, Overflow, Rounding, multiply
from fixedpoint.arrays import quantize
from tests.support.exact_rounding import expected

# The kernels take long to compile.
pytestmark = pytest.mark.slow

FIXED = [mode for mode in Rounding if mode is not Rounding.STOCHASTIC]
QUIET = [mode for mode in Overflow if mode is not Overflow.ERROR]


SMALL = [
    Format(signed=s, int_bits=width - frac, frac_bits=frac)
    for s in (True, False)
    for width in (1, 2, 3, 5)
    for frac in (-2, 0, 1, 3)
]


@pytest.mark.slow
@pytest.mark.parametrize("rounding", FIXED)
def test_casts_of_every_code_between_all_small_formats(rounding):
    checked = 0
    for source, target in itertools.product(["sQ4.3", "uQ3.3", "sQ1.0", "uQ-1.4"], SMALL):
        source = Format.parse(source)
        codes = list(range(source.minimum_code, source.maximum_code + 1))
        array = FixedArray(codes, source)
        values = [c * source.resolution for c in codes]
        for overflow in QUIET:
            result = array.cast(target, rounding, overflow)
            assert result.codes.tolist() == expected(values, target, rounding, overflow)
            checked += len(codes)
        # A double holds every such value: quantising must agree with casting.
        assert quantize(array.to_float(), target, rounding).is_identical(
            array.cast(target, rounding)
        )
    assert checked == 32 * 4 * (128 + 64 + 2 + 8)


@pytest.mark.slow
@pytest.mark.parametrize("rounding", FIXED)
def test_wide_casts_against_integers(rounding):
    rng = np.random.default_rng(1)
    for _ in range(60):
        width, target_width = int(rng.integers(25, 65)), int(rng.integers(1, 65))
        frac = int(rng.integers(-10, 60))
        target_frac = frac + int(rng.integers(-70, 50))
        source = Format(signed=bool(rng.integers(2)), int_bits=width - frac, frac_bits=frac)
        target = Format(
            signed=bool(rng.integers(2)),
            int_bits=target_width - target_frac,
            frac_bits=target_frac,
        )
        low, high = source.minimum_code, source.maximum_code
        draws = [int(d) for d in rng.integers(0, 2**63, 12)]
        codes = [low, low + 1, high, high - 1, 0, 1, *(low + d * 2 % 2**width for d in draws)]
        # Ties and their neighbours.
        half = 1 << max(frac - target_frac - 1, 0)
        codes += [c for c in (half, half - 1, half + 1, 3 * half, -half) if low <= c <= high]
        values = [c * source.resolution for c in codes]
        for overflow in QUIET:
            result = FixedArray(codes, source).cast(target, rounding, overflow)
            assert result.codes.tolist() == expected(values, target, rounding, overflow), (
                source,
                target,
                overflow,
            )


FLOATS = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 5e-324, -5e-324, 2.0**-60, -(2.0**-60)]
FLOATS += [1e300, -1e300, 2.0**53 + 2, -(2.0**62), 2.0**63, -(2.0**63), 2.0**64 + 2**12]
FLOATS += [7.999999999999999, -8.000000000000002, 0.49999999999999994, -0.49999999999999994]
TARGETS = ["sQ4.4", "uQ4.4", "sQ1.0", "uQ0.1", "sQ-2.6", "uQ8.-2", "sQ12.20", "sQ16.48"]
TARGETS += ["uQ16.48", "sQ64.0", "uQ64.0", "sQ-60.70", "sQ400.-390"]


@pytest.mark.slow
@pytest.mark.parametrize("rounding", FIXED)
def test_doubles_are_quantised_exactly(rounding):
    rng = np.random.default_rng(2)
    for name in TARGETS:
        target = Format.parse(name)
        values = np.array(
            [
                *FLOATS,
                *(rng.integers(-600, 600, 60) / 32),
                *np.ldexp(rng.normal(size=40), rng.integers(-70, 70, 40)),
                *np.ldexp(rng.integers(-40, 40, 20) / 2.0, -target.frac_bits),
            ]
        )
        exact = [Fraction(v) for v in values.tolist()]
        for overflow in QUIET:
            result = quantize(values, target, rounding, overflow)
            assert result.codes.tolist() == expected(exact, target, rounding, overflow), (
                name,
                overflow,
            )


def test_floats_of_other_widths_and_orders():
    values = np.array([[0.1, -3.7], [100.0, 2.5]])
    for dtype in ("f2", "f4", ">f8", ">f4"):
        cast = values.astype(dtype)
        want = expected(
            [Fraction(float(v)) for v in cast.ravel()],
            Format.parse("sQ4.4"),
            Rounding.NEAREST_EVEN,
            Overflow.SATURATE,
        )
        assert quantize(cast, "sQ4.4").codes.ravel().tolist() == want
        assert quantize(cast.T, "sQ4.4").codes.T.ravel().tolist() == want


def test_integers_and_fractions_are_quantised_exactly():
    fmt = Format.parse("sQ60.2")
    numbers = [2**53 + 1, -(2**53) - 1, 2**58, 2**70, -(2**70), 3]
    want = [4 * n for n in numbers[:3]] + [2**61 - 1, -(2**61), 12]
    assert quantize(numbers, fmt).codes.tolist() == want
    # NumPy alone would make doubles of these lists.
    assert quantize([2**63, -1, 0.25], "uQ64.0").codes.tolist() == [2**63, 0, 0]
    assert quantize([2**53 + 1, 0.5], "sQ60.2").codes.tolist() == [2**55 + 4, 2]
    assert quantize(np.uint64(2**64 - 1), "uQ64.0").codes.tolist() == 2**64 - 1
    assert quantize(np.array([-128, 127], np.int8), "sQ8.-1").codes.tolist() == [-64, 63]
    assert quantize([Fraction(1, 3), Fraction(-2, 3)], "sQ2.4").codes.tolist() == [5, -11]
    assert quantize([2**70], "sQ4.0", overflow=Overflow.WRAP).codes.tolist() == [0]


@pytest.mark.parametrize(
    "mode, results",
    [
        # UG1399, Quantization Modes: what ap_fixed<3, 2, mode, AP_SAT> makes of +-1.25.
        ("AP_RND", (1.5, -1.0)),
        ("AP_RND_ZERO", (1.0, -1.0)),
        ("AP_RND_MIN_INF", (1.0, -1.5)),
        ("AP_RND_INF", (1.5, -1.5)),
        ("AP_TRN", (1.0, -1.5)),
        ("AP_TRN_ZERO", (1.0, -1.0)),
        ("AP_RND_CONV", (1.0, -1.0)),
    ],
)
def test_printed_quantisations_of_ap_fixed(mode, results):
    rounding = next(r for r in Rounding if r.ap_fixed == mode)
    fmt = Format.from_ap_fixed("ap_fixed<3,2>")
    assert quantize([1.25, -1.25], fmt, rounding).to_float().tolist() == list(results)


@pytest.mark.parametrize(
    "kind, mode, values, results",
    [
        # UG1399, Overflow Modes.
        ("ap_fixed<4,4>", "AP_SAT", (19.0, -19.0), (7.0, -8.0)),
        ("ap_ufixed<4,4>", "AP_SAT", (19.0, -19.0), (15.0, 0.0)),
        ("ap_fixed<4,4>", "AP_SAT_ZERO", (19.0, -19.0), (0.0, 0.0)),
        ("ap_ufixed<4,4>", "AP_SAT_ZERO", (19.0, -19.0), (0.0, 0.0)),
        ("ap_fixed<4,4>", "AP_SAT_SYM", (19.0, -19.0), (7.0, -7.0)),
        ("ap_ufixed<4,4>", "AP_SAT_SYM", (19.0, -19.0), (15.0, 0.0)),
        ("ap_fixed<4,4>", "AP_WRAP", (31.0, -19.0), (-1.0, -3.0)),
        ("ap_ufixed<4,4>", "AP_WRAP", (19.0, -19.0), (3.0, 13.0)),
    ],
)
def test_printed_overflows_of_ap_fixed(kind, mode, values, results):
    overflow = next(o for o in Overflow if o.ap_fixed == mode)
    array = quantize(values, Format.from_ap_fixed(kind), Rounding.NEAREST_UP, overflow)
    assert array.to_float().tolist() == list(results)


@pytest.mark.slow
@pytest.mark.parametrize("rounding", FIXED)
def test_multiply_is_product_then_cast(rounding):
    codes = np.arange(-32, 32)
    a, b = FixedArray(codes[:, None], "sQ2.4"), FixedArray(codes, "sQ3.3")
    values = [Fraction(int(x) * int(y), 128) for x in codes for y in codes]
    for target in ("sQ2.3", "uQ3.2", "sQ3.9"):
        fmt = Format.parse(target)
        for overflow in QUIET:
            result = multiply(a, b, fmt, rounding, overflow)
            assert result.codes.ravel().tolist() == expected(values, fmt, rounding, overflow)


def test_multiply_where_the_product_takes_unsigned_64_bits():
    a = FixedArray([2**32 - 1, 0], "uQ32.0")
    for rounding, greatest in ((Rounding.TRUNCATE, 2**32 - 2), (Rounding.CEIL, 2**32 - 1)):
        assert multiply(a, a, "uQ64.-32", rounding).codes.tolist() == [greatest, 0]


def test_multiply_of_one_by_one_warns_of_nothing():
    """In a new process, since Numba looks at an array's flags once for each type."""
    script = (
        "from fixedpoint import multiply, quantize;"
        "print(multiply(quantize([3.0], 'sQ4.8'), quantize(2.0, 'sQ4.8'), 'sQ4.8'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[6.] sQ4.8\n", "")


def test_overflow_error_names_index_and_value():
    array = quantize([[0.5, 1.0], [-3.25, 2.5]], "sQ4.4")
    with pytest.raises(OverflowError, match=r"^sQ2.2 cannot hold -3.25 at index \(1, 0\)$"):
        array.cast("sQ2.2", overflow=Overflow.ERROR)
    assert array.cast("sQ3.2", overflow=Overflow.ERROR).to_float().tolist() == [
        [0.5, 1.0],
        [-3.25, 2.5],
    ]
    # It is the rounded value that must fit: 1.9 would round to 2.
    with pytest.raises(OverflowError, match=r"^sQ2.2 cannot hold 1.9 at index \(2\)$"):
        quantize([0.0, -2.1, 1.9], "sQ2.2", overflow=Overflow.ERROR)
    assert quantize([1.9], "sQ2.2", "truncate", Overflow.ERROR).codes.tolist() == [7]
    with pytest.raises(OverflowError, match=r"^uQ4.0 cannot hold 1e\+300 at index \(1\)$"):
        quantize([0.0, 1e300, -1.0], "uQ4.0", overflow=Overflow.ERROR)
    with pytest.raises(OverflowError, match=r"^uQ4.0 cannot hold -1.0 at index \(0\)$"):
        quantize([-1.0, 1e300], "uQ4.0", overflow=Overflow.ERROR)
    with pytest.raises(OverflowError, match=r"^uQ64.0 cannot hold -1 at index \(0\)$"):
        quantize([-1, 2**64 - 1], "uQ64.0", overflow=Overflow.ERROR)
    lowest = FixedArray([-(2**63)], "sQ64.0")
    assert lowest.cast("sQ64.0", overflow=Overflow.ERROR).is_identical(lowest)
    with pytest.raises(OverflowError, match=r"^sQ4.4 cannot hold 25/3 at index \(0\)$"):
        quantize([Fraction(25, 3), 10**400], "sQ4.4", overflow=Overflow.ERROR)
    assert quantize([10**400, 0.5], "sQ4.4").codes.tolist() == [127, 8]
    with pytest.raises(OverflowError, match=r"^sQ4.4 cannot hold 9.0 at index \(\)$"):
        quantize(9.0, "sQ4.4", overflow=Overflow.ERROR)
    # Callers that only know bad input catch it too.
    with pytest.raises(ValueError):
        quantize(9.0, "sQ4.4", overflow=Overflow.ERROR)


@pytest.mark.parametrize(
    "values, kind, message",
    [
        (
            [[0.0, math.nan]],
            ValueError,
            "quantize takes finite numbers, not nan at index (0, 1)",
        ),
        ([1.0, -math.inf], ValueError, "quantize takes finite numbers, not -inf at index (1)"),
        ([2**60, math.inf], ValueError, "quantize takes finite numbers, not inf at index (1)"),
        (
            np.float32([math.inf]),
            ValueError,
            "quantize takes finite numbers, not inf at index (0)",
        ),
        ([1j], TypeError, "quantize takes real numbers, not complex128"),
        (["a"], TypeError, "quantize takes real numbers, not <U1"),
        ([True], TypeError, "quantize takes real numbers, not bool"),
        (
            np.longdouble([1]),
            TypeError,
            f"quantize takes float64 or narrower, not {np.dtype(np.longdouble)}",
        ),
    ],
)
def test_what_is_no_number_is_refused(values, kind, message):
    for overflow in Overflow:
        with pytest.raises(kind) as error:
            quantize(values, "sQ4.4", overflow=overflow)
        assert str(error.value) == message


def test_empty_and_single():
    for x in (np.zeros((0, 3)), np.zeros((0, 3), int)):
        assert quantize(x, "sQ4.4").shape == (0, 3)
    assert quantize([], "sQ4.4").cast("uQ1.0").shape == (0,)
    assert quantize(0.5, "sQ4.4").shape == ()
    assert quantize(0.5, "sQ4.4").cast("sQ4.0").codes.shape == ()
