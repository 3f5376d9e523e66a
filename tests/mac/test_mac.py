import itertools

import numpy as np
import pytest

from fixedpoint import AccumulatorSpec, FixedArray, Mac, Overflow, Rounding, matmul
from stochastic import Counter, Lfsr
from tests.support.quantization import fitted, in_verilog, rounded

# The kernels take long to compile.
pytestmark = pytest.mark.slow

# Every pair of 8-bit operands, each with one of all codes of the sum, in each mode.
A, B = (x.reshape(-1) - 128 for x in np.indices((256, 256)))
SUM_IN = (np.arange(1 << 16) * 40503 >> 7) % (1 << 9) - (1 << 8)
ALWAYS = np.ones_like(A)


def made(rounding, overflow, early=None):
    spec = AccumulatorSpec(
        format="sQ6.3", rounding=rounding, overflow=overflow, product_rounding=early
    )
    return Mac(
        a="sQ4.4",
        b="sQ4.4",
        accumulator=spec,
        generator=Counter(width=7) if spec.random else None,
    )


CIRCUITS = [
    *(made(*modes) for modes in itertools.product(Rounding, Overflow)),
    *(made(Rounding.TRUNCATE, Overflow.SATURATE, early) for early in Rounding),
    made(Rounding.JAM, Overflow.SATURATE, Rounding.NEAREST_ODD),
]


def expected(circuit, word):
    """Return the sum after one step from `SUM_IN`: all values are over 2^8."""
    spec = circuit.accumulator
    if spec.product_rounding is None:
        number = rounded((SUM_IN << 5) + A * B, 5, spec.rounding, word, 7)
    else:
        term = rounded(A * B, 5, spec.product_rounding, word, 7)
        number = rounded(SUM_IN + term, 0, spec.rounding)
    return fitted(number, spec.format, spec.overflow)


def check(circuit, outputs, word):
    result, overflowed = expected(circuit, word)
    np.testing.assert_array_equal(outputs["sum"], result, err_msg=str(circuit))
    assert ("overflowed" in outputs) == circuit.has_overflow_flag
    if circuit.has_overflow_flag:
        assert overflowed.any()
        np.testing.assert_array_equal(outputs["overflowed"], overflowed, err_msg=str(circuit))


def test_every_pair_of_8_bits_in_every_mode():
    for circuit in CIRCUITS:
        inputs = {"load": ALWAYS, "sum_in": SUM_IN, "a": A, "b": B}
        _, state = circuit.run({name: v[None] for name, v in inputs.items()})
        check(circuit, state.registers, 0)


@pytest.mark.simulator
def test_every_pair_of_8_bits_in_every_mode_in_verilog():
    inputs = {"load": ALWAYS, "sum_in": SUM_IN, "a": A, "b": B}
    # One cycle more, since the sum of a pair shows in the next.
    columns = {name: np.append(v, v[-1])[:, None] for name, v in inputs.items()}
    (found,) = in_verilog([CIRCUITS], [columns])
    for circuit, outputs in zip(CIRCUITS, found, strict=True):
        shown = {name: values[1:] for name, values in outputs.items()}
        check(circuit, shown, np.arange(1 << 16) % 128)


@pytest.mark.parametrize(
    ("rounding", "early"),
    [
        (Rounding.NEAREST_EVEN, None),
        (Rounding.AWAY, None),
        (Rounding.STOCHASTIC, None),
        (Rounding.TRUNCATE, Rounding.STOCHASTIC),
        (Rounding.JAM, Rounding.NEAREST_UP),
    ],
)
def test_an_inner_product_is_that_of_arrays(rounding, early):
    """Six outputs one after the other, the words running on, as one unit makes them."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(-128, 128, (2, 13)), rng.integers(-128, 128, (13, 3))
    spec = AccumulatorSpec(
        format="sQ6.4",
        rounding=rounding,
        overflow=Overflow.SATURATE,
        product_rounding=early,
    )
    generator = Lfsr(width=5) if spec.random else None
    mac = Mac(a="sQ4.4", b="sQ4.4", accumulator=spec, generator=generator)
    inputs = {
        "a": np.repeat(a, 3, axis=0).reshape(-1),
        "b": np.tile(b.T, (2, 1)).reshape(-1),
        "load": np.tile(np.arange(13) == 0, 6).astype(int),
        "sum_in": np.zeros(78, int),
    }
    outputs, state = mac.run(inputs)
    sums = np.append(outputs["sum"][13::13, 0], state.registers["sum"])
    x, y = FixedArray(a, mac.a), FixedArray(b, mac.b)
    product = matmul(x, y, accumulator=spec, bits=generator)
    np.testing.assert_array_equal(sums.reshape(2, 3), product.codes)
    # Most of them have met an end on the way, so saturation was tried.
    assert np.any(np.abs(a @ b) >> 4 > 512)


def test_products_below_the_resolution_are_rounded_up_to_it():
    """Products from -7/8 to 1 are rounded to multiples of 4, their ceiling."""
    spec = AccumulatorSpec(format="sQ6.-2", product_rounding=Rounding.CEIL)
    mac = Mac(a="sQ1.3", b="sQ1.3", accumulator=spec)
    a, b = [7, 7, -8, 1, 0, 0], [7, -8, -8, 1, 7, 0]
    outputs, _ = mac.run({"load": [0] * 6, "sum_in": [0] * 6, "a": a, "b": b})
    assert outputs["sum"][:, 0].tolist() == [0, 1, 1, 2, 3, 3]


def test_the_flag_stays_until_the_next_load():
    spec = AccumulatorSpec(format="sQ4.0", overflow="error")
    mac = Mac(a="sQ3.0", b="sQ3.0", accumulator=spec)
    outputs, _ = mac.run(
        {
            "load": [1, 0, 0, 1, 1, 0],
            "sum_in": [7, 0, 0, 7, 0, 0],
            "a": [0, 1, -1, 1, 1, 0],
            "b": [0, 1, 1, 1, 1, 0],
        }
    )
    assert outputs["sum"][:, 0].tolist() == [0, 7, -8, 7, -8, 1]
    assert outputs["overflowed"][:, 0].tolist() == [0, 0, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"a": 1}, TypeError, "Mac a must be a Format or a string such as 'sQ4.12', not 1"),
        (
            {"accumulator": "sQ4.4"},
            TypeError,
            "Mac accumulator must be an AccumulatorSpec, not 'sQ4.4'",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.4", order="tree")},
            ValueError,
            "Mac accumulator order must be sequential, not tree",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ60.4")},
            ValueError,
            "the common format of sQ60.4 and sQ8.8 needs 68 bits, more than 64; "
            "cast the operands first",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.56", product_rounding="ceil")},
            ValueError,
            "sQ8.8 rounded to 56 fraction bits needs 65 bits, more than 64; "
            "cast the operands first",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ4.4", rounding="stochastic")},
            TypeError,
            "Mac generator must be a generator, since a rounding is STOCHASTIC, not None",
        ),
    ],
)
def test_errors(changes, kind, message):
    good = {"a": "sQ4.4", "b": "sQ4.4", "accumulator": AccumulatorSpec(format="sQ8.4")}
    with pytest.raises(kind, match=f"^{message}$"):
        Mac(**{**good, **changes})
