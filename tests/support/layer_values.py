"""Random values that layers take, and their codes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fixedpoint import (
    FixedArray,
    Format,
)
from fixedpoint.layers import (
    to_array,
    to_values,
)

RNG = np.random.default_rng(7)


def random_values(fmt, *shape, rng=RNG):
    """Return random values of a format, both of its ends among them."""
    fmt = Format.parse(fmt) if isinstance(fmt, str) else fmt
    codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
    codes.flat[0], codes.flat[-1] = fmt.maximum_code, fmt.minimum_code
    return to_values(FixedArray(codes, fmt))


def codes_of(values, fmt):
    return to_array(values, Format.parse(fmt) if isinstance(fmt, str) else fmt).codes.tolist()
