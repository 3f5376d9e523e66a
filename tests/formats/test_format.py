from fractions import Fraction

import pytest

from fixedpoint import AccumulatorSpec, Format, Overflow, Rounding
from fixedpoint.circuit import Parameters
from fixedpoint.formats.result_formats import (
    accumulated_format,
    common_format,
    difference_format,
    product_format,
    sum_format,
)


def every_format():
    for signed in (False, True):
        for int_bits in (-70, -3, 0, 1, 4, 63, 64, 70):
            for width in (1, 2, 8, 63, 64):
                yield Format(signed=signed, int_bits=int_bits, frac_bits=width - int_bits)


def test_limits_are_those_of_the_codes():
    q = Format.parse("sQ4.12")
    assert (q.minimum, q.maximum, q.resolution) == (
        -8,
        Fraction(32767, 4096),
        Fraction(1, 4096),
    )
    q = Format.parse("uQ8.-2")
    assert (q.width, q.minimum, q.maximum, q.resolution) == (6, 0, 252, 4)
    q = Format.parse("sQ-2.10")
    assert (q.width, q.minimum, q.maximum) == (8, Fraction(-1, 8), Fraction(127, 1024))
    for q in every_format():
        count = q.maximum_code - q.minimum_code + 1
        assert count == 2**q.width
        assert (q.minimum < 0) == q.signed
        assert q.maximum - q.minimum == (count - 1) * q.resolution


def test_every_name_is_read_back():
    for q in every_format():
        assert Format.parse(str(q)) == q
        assert Format.from_ap_fixed(q.to_ap_fixed()) == q
        assert Format.from_matlab(q.to_matlab()) == q
        assert Format.from_fxpmath(q.to_fxpmath()) == q
        assert Parameters.from_json(q.to_json()) == q
        assert eval(repr(q)) == q
        if q.signed:
            assert Format.from_apytypes(**q.to_apytypes()) == q
        if min(q.int_bits, q.frac_bits) >= 0:
            assert Format.from_amaranth(q.to_amaranth()) == q


def test_names_are_those_of_the_other_tools():
    # Each tool's own documentation: W and I; sign, word length, fraction length.
    q = Format.parse("uQ3.5")
    assert q.to_ap_fixed() == "ap_ufixed<8,3>"
    assert q.to_matlab() == "numerictype(0,8,5)"
    assert q.to_fxpmath() == "fxp-u8/5"
    assert q.to_amaranth() == "UQ(3, 5)"
    assert Format.from_ap_fixed("ap_fixed<11, 6, AP_RND, AP_SAT>") == Format.parse("sQ6.5")
    assert Format.from_ap_fixed("ap_fixed<1,-7>") == Format.parse("sQ-7.8")
    assert Format.from_matlab("(1, 16, 18)") == Format.parse("sQ-2.18")
    assert Format.parse("sQ4.12").to_apytypes() == {"int_bits": 4, "frac_bits": 12}


@pytest.mark.parametrize(
    "make, kind, message",
    [
        (
            lambda: Format(int_bits=0, frac_bits=0),
            ValueError,
            "Format width must be between 1 and 64, not 0",
        ),
        (
            lambda: Format.parse("uQ33.32"),
            ValueError,
            "Format width must be between 1 and 64, not 65",
        ),
        (
            lambda: Format(int_bits=1.5, frac_bits=0),
            TypeError,
            "Format integer bits must be an integer, not 1.5",
        ),
        (
            lambda: Format(int_bits=600, frac_bits=-590),
            ValueError,
            "Format integer bits must be between -512 and 512, not 600",
        ),
        (
            lambda: Format(signed=1, int_bits=4, frac_bits=0),
            TypeError,
            "Format signed must be True or False, not 1",
        ),
        (
            lambda: Format.parse("Q4.12"),
            ValueError,
            "a format is written like sQ4.12, not 'Q4.12'",
        ),
        (
            lambda: Format.parse(f"sQ4.{'9' * 5000}"),
            ValueError,
            f"a format is written like sQ4.12, not 'sQ4.{'9' * 195}...",
        ),
        (lambda: Format.parse(4), TypeError, "a format is written like sQ4.12, not 4"),
        (
            lambda: Format.from_ap_fixed("fixed<8,4>"),
            ValueError,
            "an ap_fixed type is written like ap_fixed<16,4>, not 'fixed<8,4>'",
        ),
        (
            lambda: Format.parse("uQ4.4").to_apytypes(),
            ValueError,
            "APyTypes has signed formats only, so no uQ4.4",
        ),
        (
            lambda: Format.parse("sQ-2.8").to_amaranth(),
            ValueError,
            "Amaranth takes no negative bit counts, so no sQ-2.8",
        ),
        (
            lambda: AccumulatorSpec(format=12),
            TypeError,
            "a format must be a Format or a string such as 'sQ4.12', not 12",
        ),
        (
            lambda: product_format(Format.parse("sQ4.30"), Format.parse("sQ1.30")),
            ValueError,
            "the product of sQ4.30 and sQ1.30 needs 65 bits, more than 64; cast "
            "the operands first",
        ),
    ],
)
def test_bad_formats_are_refused_in_one_sentence(make, kind, message):
    with pytest.raises(kind) as error:
        make()
    assert str(error.value) == message


def test_result_formats_hold_all_results_and_are_needed():
    small = [
        Format(signed=s, int_bits=i, frac_bits=w - i)
        for s in (False, True)
        for w in (1, 2, 3)
        for i in (-1, 0, 2)
    ]
    for a in small:
        for b in small:
            ends_a, ends_b = (a.minimum, a.maximum), (b.minimum, b.maximum)
            for fmt, values in (
                (common_format(a, b), [*ends_a, *ends_b]),
                (sum_format(a, b), [x + y for x in ends_a for y in ends_b]),
                (difference_format(a, b), [x - y for x in ends_a for y in ends_b]),
                (product_format(a, b), [x * y for x in ends_a for y in ends_b]),
                (accumulated_format(a, 5), [5 * x for x in ends_a]),
            ):
                assert fmt.minimum <= min(values) and max(values) <= fmt.maximum
                assert all((v / fmt.resolution).denominator == 1 for v in values)


def test_growth_is_by_the_stated_formulas():
    s, u = Format.parse("sQ4.12"), Format.parse("uQ6.2")
    assert str(sum_format(s, s)) == "sQ5.12"
    assert str(sum_format(s, u)) == "sQ8.12"
    assert str(sum_format(u, u)) == "uQ7.2"
    assert str(difference_format(u, u)) == "sQ7.2"
    assert str(product_format(s, u)) == "sQ10.14"
    assert str(product_format(u, u)) == "uQ12.4"
    widths = {1: 4, 2: 5, 3: 6, 4: 6, 5: 7, 256: 12, 257: 13}
    assert {k: accumulated_format(s, k).int_bits for k in widths} == widths


def test_names_of_modes_elsewhere_are_distinct():
    for modes in (Rounding, Overflow):
        for tool in ("ap_fixed", "matlab", "apytypes"):
            names = [name for mode in modes if (name := getattr(mode, tool))]
            assert len(names) == len(set(names)) >= 2
    assert Rounding.NEAREST_AWAY.matlab == "Round"
    assert Overflow.ERROR.ap_fixed is None
    # The binding lists of public names.
    assert " ".join(m.name for m in Rounding) == (
        "TRUNCATE CEIL TO_ZERO AWAY NEAREST_UP NEAREST_DOWN NEAREST_ZERO NEAREST_AWAY "
        "NEAREST_EVEN NEAREST_ODD JAM STOCHASTIC"
    )
    assert " ".join(m.name for m in Overflow) == (
        "WRAP SATURATE SATURATE_SYMMETRIC SATURATE_ZERO ERROR"
    )


def test_accumulators_are_written_and_read():
    spec = AccumulatorSpec(format="sQ8.12", rounding="jam", product_rounding="ceil")
    assert Parameters.from_json(spec.to_json()) == spec
    assert spec.rounding is Rounding.JAM and spec.product_rounding is Rounding.CEIL
    with pytest.raises(
        ValueError, match="^accumulation order must be one of sequential, tree, not 'random'$"
    ):
        AccumulatorSpec(format="sQ8.12", order="random")
