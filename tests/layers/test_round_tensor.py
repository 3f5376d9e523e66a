"""Tensors rounded to a format, and the gradients that pass."""

from fractions import Fraction

import numpy as np
import pytest

pytestmark = pytest.mark.slow

torch = pytest.importorskip("torch")
from fixedpoint import (
    CodeOverflowError,
    FixedArray,
    Format,
    Overflow,
    Rounding,
)
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Cast,
    Quantize,
    round_to,
    to_values,
)
from fixedpoint.rounding.reference import fit_exactly, round_exactly
from stochastic import Lfsr
from tests.support.layer_values import codes_of


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", [o for o in Overflow if o is not Overflow.ERROR])
def test_rounding_of_tensors_is_that_of_the_definition(rounding, overflow):
    x = torch.from_numpy(np.arange(-40, 41, dtype=np.float32) / 16).reshape(9, 9)
    fmt = Format.parse("sQ2.2")
    source = Lfsr(width=8, seed=3)
    words = source.words(81).reshape(9, 9)
    cast = Cast(format=fmt, rounding=rounding, overflow=overflow)
    made = codes_of(round_to(x, cast, source), fmt)
    for place in np.ndindex(9, 9):
        exact = Fraction(float(x[place])) / fmt.resolution
        code = round_exactly(exact, rounding, Fraction(int(words[place]), 256))
        assert made[place[0]][place[1]] == fit_exactly(code, fmt, overflow)


def test_the_error_mode_names_the_place():
    layer = Quantize(Cast(format="sQ2.2", overflow=Overflow.ERROR))
    assert layer(torch.tensor([[1.5]])).tolist() == [[1.5]]
    with pytest.raises(CodeOverflowError, match=r"^sQ2.2 cannot hold 2.5 at index \(0, 1\)$"):
        layer(torch.tensor([[0.0, 2.5]]))


def test_tensors_not_in_memory_order():
    x = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last) / 8
    fmt = "uQ2.1"
    expected = quantize(x.contiguous().numpy(), fmt).codes.tolist()
    assert codes_of(round_to(x, Cast(format=fmt)), fmt) == expected


def test_wide_formats_are_float64():
    # A float32 holds all whole numbers to 2^24 in size.
    for name, kind in {
        "sQ13.12": torch.float32,
        "uQ12.12": torch.float32,
        "sQ14.12": torch.float64,
        "uQ13.12": torch.float64,
    }.items():
        fmt = Format.parse(name)
        x = to_values(FixedArray([fmt.maximum_code, fmt.minimum_code], fmt))
        assert x.dtype == round_to(x, Cast(format=fmt)).dtype == kind
        assert codes_of(x, fmt) == [fmt.maximum_code, fmt.minimum_code]
    fmt = Format.parse("sQ10.43")
    x = to_values(FixedArray([fmt.maximum_code, fmt.minimum_code, 1, 0], fmt))
    assert codes_of(x, fmt) == [fmt.maximum_code, fmt.minimum_code, 1, 0]


def test_gradients_pass_straight_through_and_stop_where_it_saturates():
    x = torch.tensor([-9.0, -2.0, -0.3, 0.3, 1.75, 1.8, 9.0], requires_grad=True)
    weights = torch.arange(1.0, 8.0)
    for overflow, passes in {
        Overflow.SATURATE: [0, 1, 1, 1, 1, 0, 0],
        Overflow.SATURATE_ZERO: [0, 1, 1, 1, 1, 0, 0],
        Overflow.WRAP: [1] * 7,
    }.items():
        x.grad = None
        (round_to(x, Cast(format="sQ2.2", overflow=overflow)) * weights).sum().backward()
        assert x.grad.tolist() == [p * w for p, w in zip(passes, weights.tolist(), strict=True)]
