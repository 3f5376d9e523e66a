"""The format of a given width that represents values best."""

import math
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fixedpoint import Format
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    choose_format,
)


def squared_error(values, fmt):
    return float(np.sum((quantize(values, fmt).to_float() - values) ** 2))


@pytest.mark.parametrize("width", [1, 2, 4, 8, 12])
@pytest.mark.parametrize("signed", [True, False])
def test_the_chosen_format_is_the_best_of_all(width, signed):
    rng = np.random.default_rng(width)
    for values in (
        rng.normal(0, 1, 300),
        rng.standard_cauchy(300),
        rng.uniform(-3e-5, 3e-5, 9),
    ):
        values = values if signed else np.abs(values)
        formats = [
            Format(signed=signed, int_bits=width - f, frac_bits=f) for f in range(-20, 40)
        ]
        errors = [squared_error(values, fmt) for fmt in formats]
        chosen = choose_format(values, width, signed=signed)
        assert squared_error(values, chosen) == min(errors)
        assert (chosen.width, chosen.signed) == (width, signed)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_the_maximum_is_the_finest_that_holds_all(width):
    rng = np.random.default_rng(width)
    for scale in (1e-6, 0.1, 1.0, 300.0):
        for values in (rng.normal(0, scale, 20), rng.uniform(0, scale, 20)):
            fmt = choose_format(values, width, method="maximum")
            assert fmt.signed == bool((values < 0).any())

            def saturates(fmt, values=values):
                # Rounded without an end to it, a value is a code of the format or is not.
                codes = np.rint(values * 2.0**fmt.frac_bits)
                return ((codes < fmt.minimum_code) | (codes > fmt.maximum_code)).any()

            finer = fmt.replace(int_bits=fmt.int_bits - 1, frac_bits=fmt.frac_bits + 1)
            assert not saturates(fmt)
            assert saturates(finer)


def test_ends_of_formats():
    # -2 is a code of sQ2.6 where 2 is none; 1.998 rounds to 2, which uQ1.7 lacks.
    assert str(choose_format([-2.0], 8, method="maximum")) == "sQ2.6"
    assert str(choose_format([-2.0, 2.0], 8, method="maximum")) == "sQ3.5"
    assert str(choose_format([1.998], 8, method="maximum")) == "uQ2.6"
    assert str(choose_format([1.99], 8, method="maximum")) == "uQ1.7"
    assert str(choose_format([], 8)) == str(choose_format([0.0, 0.0], 8)) == "uQ0.8"
    assert str(choose_format(torch.zeros(2, 2), 8, signed=True)) == "sQ1.7"


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"width": 0}, "format width must be between 1 and 53, not 0"),
        (
            {"method": "entropy"},
            "method of choosing formats must be one of error, maximum, not 'entropy'",
        ),
        (
            {"values": [1.0, math.nan]},
            "a format is chosen for finite numbers, not for NaN or infinity",
        ),
        (
            {"values": [-math.inf]},
            "a format is chosen for finite numbers, not for NaN or infinity",
        ),
        (
            {"values": [1.0, -0.5], "signed": False},
            "an unsigned format is chosen for numbers from 0, not -0.5",
        ),
    ],
)
def test_bad_choices(options, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        choose_format(**{"values": [1.0], "width": 8, **options})
