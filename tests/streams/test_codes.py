"""Codes: rounding, ranges, and what they stand for."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixedpoint import quantize
from stochastic import Sobol, encode_codes, from_codes, product_counts, to_codes

EXACT = settings(derandomize=True, deadline=None, database=None, max_examples=300)


def exact_code(x, width, encoding, streams=1):
    """Round the exact rational half to even, as Python's own `round` of a Fraction does."""
    x = Fraction(x) / streams
    scaled = (x + 1) / 2 if encoding == "bipolar" else x
    return round(scaled * 2**width)


@EXACT
@given(
    st.data(),
    st.sampled_from(["unipolar", "bipolar", "sign-magnitude"]),
    st.integers(1, 32),
    st.sampled_from([np.float64, np.float32]),
)
def test_rounding_is_that_of_the_exact_number(data, encoding, width, dtype):
    low = 0 if encoding == "unipolar" else -1
    bits = 32 if dtype is np.float32 else 64
    number = st.floats(low, 1, width=bits)
    # Ties and their neighbours, where a rounded product would go wrong.
    tie = st.integers(0, 2**width - 1).map(lambda k: (k + 0.5) / 2**width)
    near = st.tuples(tie, st.sampled_from([-np.inf, np.inf])).map(
        lambda pair: dtype(np.clip(np.nextafter(dtype(pair[0]), dtype(pair[1])), 0, 1))
    )
    values = data.draw(st.lists(st.one_of(number, tie, near), max_size=8))
    array = np.array(values, dtype)
    assert to_codes(array, width, encoding).tolist() == [
        exact_code(float(x), width, encoding) for x in array
    ]


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar", "sign-magnitude"])
def test_every_tie_of_small_widths_goes_to_the_even_code(encoding):
    for width in range(1, 8):
        low = 0 if encoding == "unipolar" else -1
        values = np.arange(low * 2 ** (width + 2), 2 ** (width + 2) + 1) / 2 ** (width + 2)
        assert to_codes(values, width, encoding).tolist() == [
            exact_code(float(x), width, encoding) for x in values
        ]


def test_a_value_a_breath_above_a_tie_is_rounded_up():
    # (x + 1) in float64 would be the tie itself.
    assert to_codes(2.0**-8 + 2.0**-60, width=8).tolist() == 129
    assert to_codes(-0.5 + 2.0**-54, width=1).tolist() == 1


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar", "sign-magnitude"])
@pytest.mark.parametrize("width", [1, 2, 8, 15, 16, 31, 32])
def test_codes_and_values_are_inverse(encoding, width):
    high = 1 << width
    low = -high if encoding == "sign-magnitude" else 0
    codes = np.unique(np.linspace(low, high, 257).astype(np.int64))
    values = from_codes(codes, width, encoding)
    step = Fraction(2 if encoding == "bipolar" else 1, high)
    shift = 1 if encoding == "bipolar" else 0
    assert [Fraction(v) for v in values.tolist()] == [
        int(c) * step - shift for c in codes.tolist()
    ]
    assert np.array_equal(to_codes(values, width, encoding), codes)


def test_codes_of_integral_streams_are_those_of_each_stream():
    assert to_codes([0.0, 1.5, 3.0], 4, "unipolar", streams=3).tolist() == [0, 8, 16]
    assert to_codes([-3, 0, 3], 4, "bipolar", streams=3).tolist() == [0, 8, 16]
    assert from_codes([0, 8, 16], 4, "bipolar", streams=3).tolist() == [-3.0, 0.0, 3.0]


def test_codes_of_the_other_order_of_bytes_are_the_same():
    generator = Sobol(width=3)
    native = np.array([[0, 1, 4], [5, 7, 8]])
    expected = encode_codes(native, generator, 8).words
    for dtype in (">i8", ">u2", "<i8", "<u2", ">i4"):
        assert (encode_codes(native.astype(dtype), generator, 8).words == expected).all()
    pair = generator, Sobol(width=3, dimension=1)
    for engine in ("table", "packed"):
        counts = product_counts(native, native, pair, length=8, engine=engine)
        swapped = native.astype(">i8")
        found = product_counts(swapped, swapped, pair, length=8, engine=engine)
        assert (found == counts).all()
    assert quantize(native.astype(">i2"), "sQ8.4").codes.tolist() == (16 * native).tolist()


def test_integers_of_any_dtype_are_values_and_shapes_are_kept():
    for dtype in (np.int8, np.uint8, np.int32, np.int64, np.uint64, np.float16, np.float32):
        codes = to_codes(np.array([[0, 1]], dtype), 8, "bipolar")
        assert codes.tolist() == [[128, 256]]
        assert codes.dtype == np.int64
    assert to_codes(0.5, 8).shape == ()
    assert to_codes(np.empty((3, 0)), 8).shape == (3, 0)
    assert to_codes(np.eye(3)[:, ::2].T, 1, "unipolar").tolist() == [[2, 0, 0], [0, 0, 2]]


@pytest.mark.parametrize(
    ("values", "width", "encoding", "kind", "message"),
    [
        (1.5, 8, "unipolar", ValueError, "unipolar values must be between 0 and 1, not 1.5"),
        (-0.5, 8, "unipolar", ValueError, "unipolar values must be between 0 and 1, not -0.5"),
        (
            [0, np.nan],
            8,
            "bipolar",
            ValueError,
            "bipolar values must be between -1 and 1, not nan",
        ),
        (
            [np.inf],
            8,
            "sign-magnitude",
            ValueError,
            "sign-magnitude values must be between -1 and 1, not inf",
        ),
        (
            np.nextafter(1, 2),
            8,
            "bipolar",
            ValueError,
            "bipolar values must be between -1 and 1, not 1.0000000000000002",
        ),
        (1j, 8, "bipolar", TypeError, "values must be real numbers, not complex128"),
        (True, 8, "bipolar", TypeError, "values must be real numbers, not bool"),
        (["x"], 8, "bipolar", TypeError, "values must be real numbers, not <U1"),
        (0.5, 0, "bipolar", ValueError, "code width must be between 1 and 32, not 0"),
        (0.5, 8.0, "bipolar", TypeError, "code width must be an integer, not 8.0"),
        (
            0.5,
            8,
            "ternary",
            ValueError,
            "encoding must be one of unipolar, bipolar, sign-magnitude, not 'ternary'",
        ),
    ],
)
def test_bad_values(values, width, encoding, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        to_codes(values, width, encoding)


@pytest.mark.parametrize(
    ("codes", "encoding", "kind", "message"),
    [
        (
            257,
            "unipolar",
            ValueError,
            "unipolar codes of width 8 must be between 0 and 256, not 257",
        ),
        (
            np.int8([3, -1]),
            "bipolar",
            ValueError,
            "bipolar codes of width 8 must be between 0 and 256, not -1",
        ),
        (
            np.uint16([300]),
            "bipolar",
            ValueError,
            "bipolar codes of width 8 must be between 0 and 256, not 300",
        ),
        (
            np.uint64([2**63 + 5]),
            "sign-magnitude",
            ValueError,
            "sign-magnitude codes of width 8 must be between -256 and 256, "
            "not 9223372036854775813",
        ),
        (0.5, "bipolar", TypeError, "codes must be integers, not float64"),
    ],
)
def test_bad_codes(codes, encoding, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        from_codes(codes, 8, encoding)


def test_a_negative_code_is_refused_in_the_kernels_own_wide_dtype():
    message = "bipolar codes of width 20 must be between 0 and 1048576, not -1"
    with pytest.raises(ValueError, match=f"^{message}$"):
        from_codes(np.int64([-1]), 20)
    message = "number of streams must be between 1 and 65536, not 0"
    with pytest.raises(ValueError, match=f"^{message}$"):
        to_codes(0.5, 8, streams=0)
    with pytest.raises(ValueError, match=f"^{message}$"):
        from_codes(128, 8, streams=0)
