import numpy as np
import pytest

from fixedpoint import (
    AccumulatorSpec,
    CodeOverflowError,
    DotProduct,
    FixedArray,
    Overflow,
    Rounding,
    matmul,
)
from stochastic import Lfsr

# The kernels take long to compile.
pytestmark = pytest.mark.slow


class Interleaved:
    """One word source from many: its words are theirs in turn."""

    width = 5

    def __init__(self, generators):
        self.generators = generators

    def words(self, n, start=0):
        count = len(self.generators)
        rows = -(-(start + n) // count)
        whole = np.stack([g.words(rows) for g in self.generators], axis=1)
        return whole.reshape(-1)[start : start + n]


def made(terms, rounding, overflow=Overflow.SATURATE, early=None):
    spec = AccumulatorSpec(
        format="sQ4.3",
        rounding=rounding,
        overflow=overflow,
        order="tree",
        product_rounding=early,
    )
    words = spec.words_per_output(terms)
    return DotProduct(
        terms=terms,
        a="sQ3.4",
        b="uQ2.3",
        accumulator=spec,
        generators=tuple(Lfsr(width=5, phase=3 * i) for i in range(words)),
    )


def operands(terms, cycles):
    rng = np.random.default_rng(terms)
    return rng.integers(-64, 64, (cycles, terms)), rng.integers(0, 32, (cycles, terms))


@pytest.mark.parametrize("terms", [1, 2, 3, 4, 5, 7, 8, 13, 64])
@pytest.mark.parametrize(
    ("rounding", "early"),
    [
        (Rounding.NEAREST_EVEN, None),
        (Rounding.STOCHASTIC, None),
        (Rounding.JAM, Rounding.NEAREST_UP),
        (Rounding.TRUNCATE, Rounding.STOCHASTIC),
    ],
)
def test_inner_products_are_those_of_arrays(terms, rounding, early):
    circuit = made(terms, rounding, early=early)
    assert circuit.latency == max(1, (terms - 1).bit_length())
    cycles = 200
    a, b = operands(terms, cycles)
    # Zeros push the last inner products through the levels.
    padded = {n: np.pad(v, ((0, circuit.latency), (0, 0))) for n, v in (("a", a), ("b", b))}
    sums = circuit.run(padded)[0]["sum"][circuit.latency :, 0]
    x, y = FixedArray(a[:, None], circuit.a), FixedArray(b[:, :, None], circuit.b)
    words = Interleaved(circuit.generators) if circuit.generators else None
    product = matmul(x, y, accumulator=circuit.accumulator, bits=words)
    np.testing.assert_array_equal(sums, product.codes[:, 0, 0])


@pytest.mark.parametrize("terms", [1, 3, 6])
def test_the_flag_is_where_arrays_raise(terms):
    circuit = made(terms, Rounding.CEIL, Overflow.ERROR)
    cycles, late = 100, circuit.latency
    a, b = operands(terms, cycles)
    padded = {n: np.pad(v, ((0, late), (0, 0))) for n, v in (("a", a), ("b", b))}
    flags = circuit.run(padded)[0]["overflowed"][late:, 0]
    assert 0 < flags.sum() < cycles
    for t in range(cycles):
        x, y = FixedArray(a[t], circuit.a), FixedArray(b[t], circuit.b)
        if flags[t]:
            with pytest.raises(CodeOverflowError):
                matmul(x, y, accumulator=circuit.accumulator)
        else:
            matmul(x, y, accumulator=circuit.accumulator)


SPEC = AccumulatorSpec(format="sQ8.4", order="tree")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"terms": 0},
            ValueError,
            "DotProduct terms must be between 1 and 1024, not 0",
        ),
        (
            {"accumulator": None},
            TypeError,
            "DotProduct accumulator must be an AccumulatorSpec, not None",
        ),
        (
            {"accumulator": AccumulatorSpec(format="sQ8.4")},
            ValueError,
            "DotProduct accumulator order must be tree, not sequential",
        ),
        (
            {"accumulator": SPEC.replace(rounding="stochastic")},
            ValueError,
            "DotProduct needs 2 generators, not 0",
        ),
        (
            {"accumulator": SPEC.replace(rounding="stochastic"), "generators": (1, 2)},
            TypeError,
            "DotProduct generators must be a generator, since a rounding is STOCHASTIC, not 1",
        ),
        ({"generators": None}, TypeError, "DotProduct generators must be a tuple, not None"),
        (
            {"generators": (Lfsr(width=3),)},
            ValueError,
            "DotProduct needs 0 generators, not 1",
        ),
        (
            {"accumulator": SPEC.replace(format="sQ60.4")},
            ValueError,
            "the sum of sQ60.4 and sQ60.4 needs 65 bits, more than 64; cast the operands first",
        ),
    ],
)
def test_errors(changes, kind, message):
    good = {"terms": 3, "a": "sQ4.4", "b": "sQ4.4", "accumulator": SPEC}
    with pytest.raises(kind, match=f"^{message}$"):
        DotProduct(**{**good, **changes})
