"""Coefficients of a Bernstein polynomial, selected by copies of a stream."""

import numpy as np
import pytest

from stochastic import BernsteinPolynomial, CoefficientTable, Comparator, Lfsr, Netlist

CODES = (24, 184, 89, 256, 180, 248, 254)
LFSR = Lfsr(width=8)


def test_with_a_comparator_it_is_the_polynomial():
    netlist = Netlist(
        parts={
            "table": CoefficientTable(codes=CODES, width=8),
            "generator": LFSR,
            "comparator": Comparator(width=8),
        },
        wires={
            **{f"table.x[{i}]": f"x{i}" for i in range(6)},
            "comparator.code": "table.code",
            "comparator.word": "generator.word",
            "y": "comparator.stream",
        },
    )
    x = np.random.default_rng(1).integers(0, 2, (300, 6))
    found, _ = netlist.run({f"x{i}": x[:, i] for i in range(6)})
    expected, _ = BernsteinPolynomial(codes=CODES, generator=LFSR).run({"x": x})
    np.testing.assert_array_equal(found["y"], expected["y"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codes": (1,), "width": 4}, "must have 2 to 33 coefficients, not 1"),
        ({"codes": (1, 17), "width": 4}, "code 1 must be between 0 and 16, not 17"),
        ({"codes": (1, 2), "width": 0}, "width must be between 1 and 32, not 0"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=f"^CoefficientTable {message}$"):
        CoefficientTable(**options)
