import itertools
import math
import operator
import pickle
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import FixedArray, Format, Overflow, Rounding, matmul
from fixedpoint.arrays import quantize
from tests.support.array_values import values

apytypes = pytest.importorskip("apytypes")


def random_array(rng, shape, low=1, high=20, signed=None):
    width = int(rng.integers(low, high + 1))
    frac = int(rng.integers(-4, width + 4))
    signed = bool(rng.integers(2)) if signed is None else signed
    fmt = Format(signed=signed, int_bits=width - frac, frac_bits=frac)
    codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
    return FixedArray(codes, fmt)


def to_apytypes(array):
    return apytypes.APyFixedArray(array.codes.astype(object), **array.format.to_apytypes())


def same_bits(array, other):
    """Whether an APyFixedArray has the format, the shape and the bits of a FixedArray."""
    return (
        array.format.to_apytypes() == {"int_bits": other.int_bits, "frac_bits": other.frac_bits}
        and array.shape == other.shape
        and np.array_equal(array.to_bits(), other.to_bits(numpy=True))
    )


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_exact_operations_of_all_small_codes(operation):
    names = ["sQ2.1", "uQ2.1", "sQ1.0", "uQ0.1", "sQ-1.3", "uQ3.-1"]
    for first, second in itertools.product(names, repeat=2):
        operands = []
        for name in (first, second):
            fmt = Format.parse(name)
            operands.append(FixedArray(range(fmt.minimum_code, fmt.maximum_code + 1), fmt))
        a, b = operands
        result = operation(a.reshape(-1, 1), b)
        want = [operation(x, y) for x, y in itertools.product(values(a), values(b))]
        assert values(result) == want
        assert result.format.minimum_code <= result.codes.min()
        assert result.codes.max() <= result.format.maximum_code


@pytest.mark.parametrize(
    "operation",
    [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge],
)
def test_comparisons_are_exact_across_formats(operation):
    names = ["sQ2.2", "uQ2.2", "sQ1.0", "uQ0.1", "sQ-1.4", "uQ4.-1", "sQ64.0", "uQ64.0"]
    names += ["uQ-40.64", "sQ66.-2", "sQ400.-398", "sQ-398.400"]
    arrays = []
    for name in names:
        fmt = Format.parse(name)
        ends = {fmt.minimum_code, fmt.minimum_code + 1, fmt.maximum_code - 1, fmt.maximum_code}
        ends |= {c for c in range(-9, 10) if fmt.minimum_code <= c <= fmt.maximum_code}
        arrays.append(FixedArray(sorted(ends), fmt))
    for a, b in itertools.product(arrays, repeat=2):
        result = operation(a.reshape(-1, 1), b)
        want = [operation(x, y) for x, y in itertools.product(values(a), values(b))]
        assert result.dtype == bool and result.ravel().tolist() == want
    numbers = [0, 1, -1, 0.25, -0.3, 2**63, 2**70, -(2**2000), 1e300, Fraction(1, 3)]
    numbers += [np.float32(0.5), np.int8(-2), np.uint64(2**64 - 1)]
    for a, number in itertools.product(arrays, numbers):
        exact = Fraction(number.item() if isinstance(number, np.generic) else number)
        want = [operation(x, exact) for x in values(a)]
        assert operation(a, number).tolist() == want
        assert operation(number, a).tolist() == [operation(exact, x) for x in values(a)]


def test_random_operations_equal_apytypes():
    rng = np.random.default_rng(3)
    for _ in range(40):
        a = random_array(rng, (3, 5), signed=True)
        b = random_array(rng, (3, 5), signed=True)
        x, y = to_apytypes(a), to_apytypes(b)
        assert same_bits(a + b, x + y)
        assert same_bits(a - b, x - y)
        assert same_bits(a * b, x * y)
        assert same_bits(-a, -x)
        assert np.array_equal(a < b, x < y)
        assert np.array_equal(abs(a).to_float(), abs(x).to_numpy())
        assert same_bits(a @ b.T, x @ y.T)
        assert same_bits(a.sum(axis=0), x.sum(axis=0))
        total = x.sum()
        assert a.sum().format == Format.from_apytypes(total.int_bits, total.frac_bits)
        assert int(a.sum().to_bits()) == total.to_bits()


@pytest.mark.slow
def test_random_casts_equal_apytypes():
    rng = np.random.default_rng(4)
    modes = [r for r in Rounding if r is not Rounding.STOCHASTIC]
    for _ in range(25):
        a = random_array(rng, 64, high=40, signed=True)
        width = int(rng.integers(1, 40))
        int_bits = width - a.format.frac_bits + int(rng.integers(-3, 25))
        int_bits = min(max(int_bits, -20), 40)
        fmt = Format(int_bits=int_bits, frac_bits=width - int_bits)
        for rounding in modes:
            for overflow in (Overflow.WRAP, Overflow.SATURATE):
                want = to_apytypes(a).cast(
                    int_bits=fmt.int_bits,
                    frac_bits=fmt.frac_bits,
                    quantization=getattr(apytypes.QuantizationMode, rounding.apytypes),
                    overflow=getattr(apytypes.OverflowMode, overflow.apytypes),
                )
                assert same_bits(a.cast(fmt, rounding, overflow), want), (a.format, fmt)


def test_exact_matrix_products():
    rng = np.random.default_rng(5)
    shapes = [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((0, 3), (3, 2))]
    shapes += [
        ((4, 1, 2, 3), (5, 3, 2)),
        ((5, 2, 3), (3,)),
        ((2, 0), (0, 3)),
        ((40, 3), (3, 2)),
    ]
    for left, right in shapes:
        a, b = random_array(rng, left), random_array(rng, right)
        result = a @ b
        want = a.codes.astype(object) @ b.codes.astype(object)
        assert np.array_equal(result.codes, np.asarray(want, dtype=np.int64))
        assert result.shape == np.shape(want)
        assert result.format.frac_bits == a.format.frac_bits + b.format.frac_bits
    # 64 bits to the last, which doubles do not have.
    a = FixedArray([[2**31 - 1, 1 - 2**31]], "sQ31.1")
    with pytest.raises(
        ValueError,
        match="^the sum of 2 times sQ62.2 needs 65 bits, more than 64; "
        "cast the operands first$",
    ):
        a @ a.T
    assert (a[:, :1] @ a[:, 1:]).codes.tolist() == [[-((2**31 - 1) ** 2)]]


def test_result_is_cast_or_refused_beyond_64_bits():
    a = FixedArray([3], "sQ33.0")
    with pytest.raises(
        ValueError,
        match="^the product of sQ33.0 and sQ33.0 needs 66 bits, more than 64; "
        "cast the operands first$",
    ):
        a * a
    with pytest.raises(ValueError, match="^the sum of sQ64.0 and sQ64.0 needs 65 bits"):
        a.cast("sQ64.0") + a.cast("sQ64.0")
    assert (-FixedArray([-(2**62)], "sQ63.0")).codes.tolist() == [2**62]


def test_reductions():
    rng = np.random.default_rng(6)
    a = random_array(rng, (3, 4, 5))
    for axis, keepdims in itertools.product([None, 0, -1, (0, 2)], [False, True]):
        want = np.sum(a.codes.astype(object), axis=axis, keepdims=keepdims)
        result = a.sum(axis=axis, keepdims=keepdims)
        assert np.array_equal(result.codes, np.asarray(want, dtype=np.int64))
        assert np.sum(a, axis=axis, keepdims=keepdims).is_identical(result)
        assert np.array_equal(
            a.max(axis=axis, keepdims=keepdims).codes, a.codes.max(axis=axis, keepdims=keepdims)
        )
    assert a.sum(axis=(0, 2)).format.int_bits == a.format.int_bits + 4
    assert np.array_equal(a.cumsum(axis=1).codes, np.cumsum(a.codes, axis=1))
    assert a.cumsum(axis=1).format.int_bits == a.format.int_bits + 2
    full = FixedArray(np.full(256, -128), "sQ8.0")
    assert (full.sum().format.width, full.sum().codes) == (16, -(2**15))
    assert np.argmax(a, axis=1).tolist() == a.codes.argmax(axis=1).tolist()
    assert a.min() == min(values(a))
    assert FixedArray(np.zeros((0, 3), int), "sQ4.0").sum(axis=0).codes.tolist() == [0, 0, 0]


def test_numpy_functions_that_are_exact():
    a = FixedArray(np.arange(-6, 6).reshape(3, 4), "sQ2.2")
    assert np.add(a, a).is_identical(a + a) and np.negative(a).is_identical(-a)
    assert np.matmul(a, a.T).is_identical(a @ a.T)
    assert np.absolute(a).is_identical(abs(a))
    assert np.greater(a, 0.25).tolist() == (a.codes > 1).tolist()
    assert np.float64(0.25).__lt__(1) and (np.float64(0.25) < a).tolist() == (a > 0.25).tolist()
    relu = np.maximum(a, FixedArray(0, "sQ2.2"))
    assert np.array_equal(relu.codes, np.maximum(a.codes, 0)) and relu.format == a.format
    for move in (
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.reshape(x, (2, 6)),
        lambda x: np.flip(x, 1),
        lambda x: np.roll(x, 1, axis=0),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        lambda x: np.take(x, [2, 0], axis=0),
        lambda x: x[1:, ::-2],
        lambda x: x[np.array([True, False, True])],
        lambda x: x.T.ravel(),
        lambda x: np.sort(x[::-1, ::-1], axis=0),
        lambda x: np.concatenate([x, x], axis=1),
        lambda x: np.stack([x, x]),
        lambda x: np.where(np.eye(3, 4) > 0, x, x[::-1]),
    ):
        moved = move(a)
        assert isinstance(moved, FixedArray) and moved.format == a.format
        assert np.array_equal(moved.codes, move(a.codes))
    assert np.array_equal(a, a.cast("sQ4.7")) and not np.array_equal(a, a[:2])
    assert [x.shape for x in a] == [(4,)] * 3 and len(a) == 3


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda a: np.sin(a), "numpy.sin is not exact on a FixedArray"),
        (
            lambda a: np.sqrt(a),
            "numpy.sqrt is not exact on a FixedArray; use fixedpoint.sqrt, which "
            "takes the result's format",
        ),
        (
            lambda a: np.divide(a, a),
            "numpy.divide is not exact on a FixedArray; use fixedpoint.divide, "
            "which takes the result's format",
        ),
        (
            lambda a: np.mean(a),
            "numpy.mean is not exact on a FixedArray; use fixedpoint.mean, which "
            "takes the result's format",
        ),
        (lambda a: np.add.reduce(a), "numpy.add.reduce is not exact on a FixedArray"),
        (
            lambda a: np.add(a, a, out=a.codes),
            "numpy.add with out is not exact on a FixedArray",
        ),
        (lambda a: np.linalg.norm(a), "numpy.norm is not exact on a FixedArray"),
        (lambda a: np.asarray(a), "a FixedArray is no ndarray: take its .codes or .to_float()"),
        (lambda a: a + 1, "an operand beside a FixedArray needs a format; quantize 1 first"),
        (lambda a: 1 - a, "an operand beside a FixedArray needs a format; quantize 1 first"),
        (
            lambda a: [2] * a,
            "an operand beside a FixedArray needs a format; quantize [2] first",
        ),
        (
            lambda a: a / a,
            "/ is not exact on a FixedArray; use fixedpoint.divide, "
            "which takes the result's format",
        ),
        (
            lambda a: np.ones(1) * a,
            "an operand beside a FixedArray needs a format; quantize array([1.]) first",
        ),
        (
            lambda a: a < np.ones(1),
            "an operand beside a FixedArray needs a format; quantize array([1.]) first",
        ),
        (
            lambda a: np.maximum(a, 0),
            "an operand beside a FixedArray needs a format; quantize 0 first",
        ),
        (
            lambda a: matmul(a, a.codes),
            "matmul takes FixedArrays; quantize array([1, 2], dtype=int8) first",
        ),
        (lambda a: hash(a), "unhashable type: 'FixedArray'"),
        (lambda a: FixedArray([0.5], "sQ2.2"), "codes must be integers, not float64"),
    ],
)
def test_what_is_not_exact_raises(call, message):
    with pytest.raises(TypeError) as error:
        call(FixedArray([1, 2], "sQ2.2"))
    assert str(error.value) == message


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda a: FixedArray([[0, 8]], "sQ2.2"),
            "sQ2.2 holds codes from -8 to 7, not 8 at index (0, 1)",
        ),
        (
            lambda a: FixedArray([2**64], "uQ64.0"),
            "uQ64.0 holds codes from 0 to 18446744073709551615, not "
            "18446744073709551616 at index (0)",
        ),
        (lambda a: FixedArray.from_bits([3, 16], "sQ2.2"), "sQ2.2 has 4 bits, too few for 16"),
        (
            lambda a: np.concatenate([a, a.cast("sQ3.2")]),
            "numpy.concatenate takes arrays of one format, not sQ2.2 and sQ3.2; "
            "cast one of them",
        ),
        (lambda a: a < math.nan, "a FixedArray is compared with finite numbers, not nan"),
        (
            lambda a: a @ FixedArray([[1]], "sQ2.2"),
            "matmul takes equal inner dimensions, not shapes (2,) and (1, 1)",
        ),
        (lambda a: a.sum() @ a, "matmul takes arrays of one dimension or more, not a number"),
    ],
)
def test_bad_values_are_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError) as error:
        call(FixedArray([1, 2], "sQ2.2"))
    assert str(error.value) == message


@pytest.mark.parametrize(
    "name, kind",
    [
        ("sQ8.0", "int8"),
        ("uQ7.0", "int8"),
        ("uQ8.0", "int16"),
        ("sQ4.12", "int16"),
        ("sQ17.0", "int32"),
        ("uQ32.0", "int64"),
        ("uQ63.0", "int64"),
        ("uQ64.0", "uint64"),
    ],
)
def test_storage_is_as_narrow_as_is_safe(name, kind):
    fmt = Format.parse(name)
    array = FixedArray([fmt.minimum_code, fmt.maximum_code], fmt)
    assert array.codes.dtype == kind
    assert array.codes.tolist() == [fmt.minimum_code, fmt.maximum_code]


def test_bits_are_twos_complement_and_come_back():
    for width in (1, 3, 8, 9, 33, 64):
        for signed in (False, True):
            fmt = Format(signed=signed, int_bits=width, frac_bits=0)
            codes = [fmt.minimum_code, fmt.maximum_code, 0]
            codes += [-1] if signed else []
            array = FixedArray(codes, fmt)
            bits = array.to_bits()
            assert bits.tolist() == [c % 2**width for c in codes]
            assert bits.dtype.kind == "u" and bits.dtype.itemsize * 8 >= width
            assert FixedArray.from_bits(bits, fmt).is_identical(array)
    assert FixedArray.from_bits([], "sQ4.4").shape == (0,)


def test_hex_files_are_those_of_readmemh(tmp_path):
    path = tmp_path / "memory.hex"
    array = FixedArray([[-1, 5, -2048], [2047, 0, 16]], "sQ4.8")
    array.write_hex(path)
    assert path.read_text() == "fff\n005\n800\n7ff\n000\n010\n"
    assert [p.name for p in tmp_path.iterdir()] == ["memory.hex"]
    assert FixedArray.read_hex(path, "sQ4.8", (2, 3)).is_identical(array)
    path.write_text("// a comment\n@0 f_ff 005 /* two\nlines */ 800\n@3 7FF\n")
    assert FixedArray.read_hex(path, "sQ4.8").codes.tolist() == [-1, 5, -2048, 2047]
    for text, message in (
        ("0 xyz", "a memory file holds hexadecimal words, not 'xyz'"),
        ("0 1 @5 2", "a memory file's addresses must follow on: @5 stands where word 2 is due"),
        ("1000", "sQ4.8 has 12 bits, too few for 4096"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError) as error:
            FixedArray.read_hex(path, "sQ4.8")
        assert str(error.value) == message
    none = tmp_path / "none" / "memory.hex"
    with pytest.raises(ValueError, match=f"^file {none} cannot be written: No such file or"):
        array.write_hex(none)
    with pytest.raises(ValueError, match=f"^file {none} cannot be read: No such file or"):
        FixedArray.read_hex(none, "sQ4.8")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="cannot be read: it is no text in ascii$"):
        FixedArray.read_hex(path, "sQ4.8")
    wide = FixedArray([2**64 - 1], "uQ0.64")
    wide.write_hex(path)
    assert FixedArray.read_hex(path, "uQ0.64").is_identical(wide)


def test_what_an_array_shows():
    a = quantize([[0.1, -1.5]], "sQ4.4")
    assert repr(a) == "quantize([[0.125, -1.5]], 'sQ4.4')"
    assert eval(repr(a)).is_identical(a)
    assert str(a) == "[[ 0.125 -1.5  ]] sQ4.4"
    wide = FixedArray([2**60 + 1], "sQ2.60")
    assert repr(wide) == "FixedArray([1152921504606846977], 'sQ2.60')"
    assert eval(repr(wide)).is_identical(wide)
    assert repr(quantize(np.zeros(5000), "sQ4.4")).endswith("'sQ4.4')  # shape (5000,)")
    assert repr(quantize(np.zeros((0, 2)), "sQ4.4")) == "quantize([], 'sQ4.4')  # shape (0, 2)"
    assert float(quantize(0.5, "sQ4.4")) == 0.5 and bool(quantize(0.5, "sQ4.4"))
    assert pickle.loads(pickle.dumps(a)).is_identical(a)
    assert not a.is_identical(a.cast("sQ4.5")) and not a.is_identical(a.codes)
