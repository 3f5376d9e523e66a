"""The hybrid multiplier: every bit with every word of four bits."""

import itertools

import numpy as np
import pytest

from stochastic import HybridMultiplier

FACTORS = {
    "unipolar": lambda bit, sign: bit,
    "bipolar": lambda bit, sign: 2 * bit - 1,
    "sign-magnitude": lambda bit, sign: -bit if sign else bit,
}


@pytest.mark.parametrize("encoding", FACTORS)
@pytest.mark.parametrize("signed", [False, True])
def test_every_input(encoding, signed):
    words = range(-8, 8) if signed else range(16)
    rows = np.array(list(itertools.product((0, 1), (0, 1), words)))
    inputs = {"stream": rows[:, 0], "word": rows[:, 2]}
    if encoding == "sign-magnitude":
        inputs["stream_sign"] = rows[:, 1]
    gate = HybridMultiplier(width=4, signed=signed, encoding=encoding)
    expected = [FACTORS[encoding](b, s) * w for b, s, w in rows.tolist()]
    assert gate.run(inputs)[0]["product"][:, 0].tolist() == expected
    (product,) = gate.outputs
    assert product.range[0] <= min(expected)
    assert max(expected) <= product.range[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "HybridMultiplier width must be between 1 and 32, not 0"),
        (
            {"width": 1, "signed": True},
            "HybridMultiplier width must be between 2 and 32, not 1",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        HybridMultiplier(**options)
