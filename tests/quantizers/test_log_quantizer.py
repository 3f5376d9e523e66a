import math

import numpy as np
import pytest

from fixedpoint import FixedArray, LogFormat, LogQuantizer, log_quantize
from tests.support.quantization import codes, in_verilog

SOURCES = ("sQ4.4", "uQ4.4", "sQ1.0", "uQ1.0", "sQ2.5", "uQ3.4")
TARGETS = [(-4, 3), (-2, -1), (1, 1), (-9, -5), (5, 8)]
CIRCUITS = [
    [
        LogQuantizer(
            source=source,
            target=LogFormat(signed=signed, minimum_exponent=least, maximum_exponent=most),
            rounding=rounding,
        )
        for least, most in TARGETS
        for signed in (True, False)
        for rounding in ("log", "linear")
    ]
    for source in SOURCES
]


def expected(circuit, source):
    """Return signs and exponent codes, counted in integers: squares against squares."""
    fmt, scale = circuit.target, 40
    sign, exponent = [], []
    for c in source.tolist():
        # Magnitude and thresholds over 2^scale.
        size = abs(c) << (scale - circuit.source.frac_bits)
        code = 0
        for e in range(fmt.minimum_exponent, fmt.maximum_exponent + 1):
            power = 1 << (scale + e)
            if circuit.rounding == "log":
                code += 2 * size * size >= power * power
            elif e == fmt.minimum_exponent:
                code += 2 * size >= power
            else:
                code += 4 * size >= 3 * power
        negative = c < 0
        exponent.append(0 if negative and not fmt.signed else code)
        sign.append(int(negative and code > 0))
    return np.array(sign), np.array(exponent)


def check(circuit, source, outputs):
    sign, exponent = expected(circuit, source)
    np.testing.assert_array_equal(outputs["exponent"], exponent, err_msg=str(circuit))
    assert ("sign" in outputs) == circuit.target.signed
    if circuit.target.signed:
        np.testing.assert_array_equal(outputs["sign"], sign, err_msg=str(circuit))


@pytest.mark.parametrize("group", CIRCUITS)
def test_every_code(group):
    for circuit in group:
        source = codes(circuit.source)
        outputs, _ = circuit.run({"source": source})
        check(circuit, source, {name: values[:, 0] for name, values in outputs.items()})


@pytest.mark.simulator
def test_every_code_in_verilog():
    inputs = [{"source": np.resize(codes(g[0].source), 256)[:, None]} for g in CIRCUITS]
    found = in_verilog(CIRCUITS, inputs)
    for group, given, results in zip(CIRCUITS, inputs, found, strict=True):
        for circuit, outputs in zip(group, results, strict=True):
            check(circuit, given["source"][:, 0], outputs)


def test_arrays_give_the_same_codes():
    rng = np.random.default_rng(1)
    source = rng.integers(-(1 << 15), 1 << 15, 2000) >> rng.integers(0, 15, 2000)
    circuit = LogQuantizer(
        source="sQ4.12", target=LogFormat(minimum_exponent=-9, maximum_exponent=1)
    )
    outputs, _ = circuit.run({"source": source})
    made = log_quantize(FixedArray(source, "sQ4.12"), circuit.target)
    np.testing.assert_array_equal(outputs["exponent"][:, 0], made.exponents)
    np.testing.assert_array_equal(outputs["sign"][:, 0], made.signs)
    assert set(made.exponents.tolist()) == set(range(12))


def test_full_scale_of_64_bits():
    circuit = LogQuantizer(
        source="sQ64.0", target=LogFormat(minimum_exponent=60, maximum_exponent=63)
    )
    root = math.isqrt(1 << 125)
    outputs, _ = circuit.run({"source": [-(1 << 63), (1 << 63) - 1, root, root + 1, 0]})
    assert outputs["exponent"][:, 0].tolist() == [4, 4, 3, 4, 0]
    assert outputs["sign"][:, 0].tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"source": "uQ64.0"},
            ValueError,
            "LogQuantizer source must fit a signed 64-bit integer, not uQ64.0",
        ),
        (
            {"target": "sQ4.4"},
            TypeError,
            "LogQuantizer target must be a LogFormat, not 'sQ4.4'",
        ),
        (
            {"rounding": "nearest"},
            ValueError,
            "LogQuantizer rounding must be one of log, linear, not 'nearest'",
        ),
    ],
)
def test_errors(changes, kind, message):
    good = {"source": "sQ4.4", "target": LogFormat(minimum_exponent=-4, maximum_exponent=0)}
    with pytest.raises(kind, match=f"^{message}$"):
        LogQuantizer(**{**good, **changes})
