"""Additions of two tensors, on every pair of codes."""

from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fixedpoint import (
    FixedArray,
    Format,
    Overflow,
    Rounding,
)
from fixedpoint.layers import (
    Add,
    Cast,
    to_values,
)
from fixedpoint.rounding.reference import fit_exactly, round_exactly
from tests.support.layer_values import codes_of

# The kernels take long to compile.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.STOCHASTIC])
def test_addition_on_every_pair_of_codes(rounding):
    a, b, fmt = (Format.parse(name) for name in ("sQ2.2", "uQ1.3", "sQ2.1"))
    left, right = (
        to_values(FixedArray(np.arange(f.minimum_code, f.maximum_code + 1), f)) for f in (a, b)
    )
    left, right = torch.meshgrid(left, right, indexing="ij")
    made = codes_of(Add(a, b, Cast(format=fmt, rounding=rounding))(left, right), fmt)
    for place in np.ndindex(16, 16):
        total = Fraction(float(left[place])) + Fraction(float(right[place]))
        code = round_exactly(total / fmt.resolution, rounding)
        assert made[place[0]][place[1]] == fit_exactly(code, fmt, Overflow.SATURATE)


def test_addition_of_wide_formats_is_exact():
    a, b = Format.parse("sQ12.12"), Format.parse("sQ2.20")
    x = to_values(FixedArray([a.maximum_code, a.minimum_code], a))
    y = to_values(FixedArray([b.maximum_code, 1], b))
    layer = Add(a, b, Cast(format="sQ14.20"))
    expected = [a.maximum_code * 256 + b.maximum_code, a.minimum_code * 256 + 1]
    assert codes_of(layer(x, y), "sQ14.20") == expected
