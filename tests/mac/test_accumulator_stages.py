"""Circuits that accumulate, in formats of every kind, against the definition of the sum."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixedpoint import (
    AccumulatorSpec,
    CodeOverflowError,
    DotProduct,
    Format,
    Mac,
    Overflow,
    Rounding,
)
from stochastic import Lfsr

PROPERTY = settings(derandomize=True, deadline=None, database=None, max_examples=150)
TERMS = 5
QUIET = [mode for mode in Overflow if mode is not Overflow.ERROR]


@st.composite
def formats(draw, widest, least, most):
    """Return a format of 1 to `widest` bits, `least` to `most` of them behind the point."""
    frac_bits = draw(st.integers(least, most))
    int_bits = draw(st.integers(1, widest)) - frac_bits
    return Format(signed=draw(st.booleans()), int_bits=int_bits, frac_bits=frac_bits)


@st.composite
def operands(draw):
    """Return two formats, five codes of each, and the sequential accumulator of products."""
    pair = [draw(formats(6, -3, 9)) for _ in range(2)]
    codes = [
        draw(
            st.lists(
                st.integers(f.minimum_code, f.maximum_code), min_size=TERMS, max_size=TERMS
            )
        )
        for f in pair
    ]
    places = sum(f.frac_bits for f in pair)
    spec = AccumulatorSpec(
        format=draw(formats(10, places - 14, places + 3)),
        rounding=draw(st.sampled_from(Rounding)),
        overflow=draw(st.sampled_from(QUIET)),
        product_rounding=draw(st.none() | st.sampled_from(Rounding)),
    )
    return pair, codes, spec


def products(pair, codes):
    resolution = pair[0].resolution * pair[1].resolution
    return [x * y * resolution for x, y in zip(*codes, strict=True)]


def fraction(generator, cycle=0):
    return Fraction(int(generator.words(1, cycle)[0]), 1 << generator.width)


@PROPERTY
@given(operands())
def test_a_unit_accumulates_as_defined(drawn):
    (a, b), codes, spec = drawn
    generator = Lfsr(width=4) if spec.random else None
    mac = Mac(a=a, b=b, accumulator=spec, generator=generator)
    still = {"load": [0] * TERMS, "sum_in": [0] * TERMS}
    _, state = mac.run({**still, "a": codes[0], "b": codes[1]})
    words = [fraction(generator, t) for t in range(TERMS)] if generator else []
    expected = spec.accumulate(products((a, b), codes), words)
    assert state.registers["sum"].tolist() == [expected]


@PROPERTY
@given(operands())
def test_a_tree_adds_as_defined(drawn):
    (a, b), codes, spec = drawn
    spec = spec.replace(order="tree")
    generators = tuple(Lfsr(width=3 + i) for i in range(spec.words_per_output(TERMS)))
    tree = DotProduct(terms=TERMS, a=a, b=b, accumulator=spec, generators=generators)
    cycles = tree.latency + 1
    outputs, _ = tree.run({"a": [codes[0]] * cycles, "b": [codes[1]] * cycles})
    expected = spec.accumulate(products((a, b), codes), [fraction(g) for g in generators])
    assert outputs["sum"][tree.latency].tolist() == [expected]


def test_the_reference_takes_its_words_and_its_start():
    halves = [Fraction(1, 2)] * 4
    for changes, call, message in (
        ({"rounding": "stochastic"}, {}, "a sum of 4 products takes 4 words, not 0"),
        (
            {"product_rounding": "stochastic"},
            {"words": [Fraction(0)] * 5},
            "a sum of 4 products takes 4 words, not 5",
        ),
        ({"order": "tree"}, {"start": 5}, "start must be between 0 and 0, not 5"),
        ({}, {"start": 32}, "start must be between -32 and 31, not 32"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            AccumulatorSpec(format="sQ6.0", **changes).accumulate(halves, **call)
    message = "^sQ6.0 cannot hold a number of 1329 bits at addition 0$"
    with pytest.raises(CodeOverflowError, match=message):
        AccumulatorSpec(format="sQ6.0", overflow="error").accumulate([Fraction(10**400)])
