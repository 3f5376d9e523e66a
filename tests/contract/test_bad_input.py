"""Bad input: one sentence each, with the rule and the offending value, and nothing is done."""

import numpy as np
import pytest

import rtl
import stochastic
from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    Mac,
    Overflow,
    Requantizer,
    Rounding,
    binarize,
    conv2d,
    divide,
    from_bfloat16,
    matmul,
    mean,
    multiply,
    sqrt,
    to_bfloat16,
)
from fixedpoint.arrays import quantize
from fixedpoint.circuit import (
    Parameters,
    State,
    check_array,
    check_broadcast,
    check_control,
    check_flag,
    check_integer,
    json_object,
)
from stochastic import (
    Counter,
    Integrator,
    Lfsr,
    MomentumSgdLanes,
    Pcg,
    Sng,
    Sobol,
    encode_codes,
    product_counts,
    scc,
)
from stochastic.streams import encode

RAGGED = [[1], [1, 2]]
PAIR = quantize([1.0, 2.0], "sQ4.4")
THREE = quantize([1.0, 2.0, 3.0], "sQ4.4")
IMAGE = quantize(np.ones((1, 1, 3, 3)), "sQ4.4")
MAC = Mac(a="sQ4.0", b="sQ4.0", accumulator=AccumulatorSpec(format="sQ6.0"))
ONE = {"load": [1], "sum_in": [0], "a": [1], "b": [1]}
WORDS = Sobol(width=8), Sobol(width=8, dimension=1)
ROUNDINGS = ", ".join(mode.value for mode in Rounding)

# A lane's gradient has 9 bits, momentum and weight 10; the inputs of all are 10 bits more.
WIDE = MomentumSgdLanes(
    lanes=4096,
    momentum_bits=8,
    weight_bits=10,
    decay_shift=3,
    rate_bits=9,
    gradient_generator=Lfsr(width=7),
    momentum_generator=Lfsr(width=8, seed=5),
)

CASES = [
    (
        lambda: quantize([1.0], "sQ4.4", "up"),
        ValueError,
        f"rounding must be one of {ROUNDINGS}, not 'up'",
    ),
    (
        lambda: quantize([1.0], "sQ4.4", overflow="clip"),
        ValueError,
        "overflow must be one of wrap, saturate, saturate_symmetric, saturate_zero, error, "
        "not 'clip'",
    ),
    (
        lambda: quantize([1.0], "sQ4.4", np.array(["jam", "ceil"])),
        ValueError,
        f"rounding must be one of {ROUNDINGS}, not array(['jam', 'ceil'], dtype='<U4')",
    ),
    (
        lambda: Rounding(np.array(["jam"])),
        ValueError,
        f"rounding must be one of {ROUNDINGS}, not array(['jam'], dtype='<U3')",
    ),
    (
        lambda: PAIR.cast("sQ4.4", overflow=np.eye(2)),
        ValueError,
        "overflow must be one of wrap, saturate, saturate_symmetric, saturate_zero, error, "
        "not array([[1., 0.], [0., 1.]])",
    ),
    (
        lambda: Overflow(Rounding.JAM),
        ValueError,
        "overflow must be one of wrap, saturate, saturate_symmetric, saturate_zero, error, "
        "not <Rounding.JAM: 'jam'>",
    ),
    (
        lambda: quantize(RAGGED, "sQ4.4"),
        ValueError,
        "quantize takes an array, not lists of different lengths",
    ),
    (
        lambda: FixedArray(RAGGED, "sQ4.4"),
        ValueError,
        "codes must be an array, not lists of different lengths",
    ),
    (lambda: PAIR + THREE, ValueError, "add takes shapes that broadcast, not (2,) and (3,)"),
    (
        lambda: PAIR - THREE,
        ValueError,
        "subtract takes shapes that broadcast, not (2,) and (3,)",
    ),
    (
        lambda: PAIR * THREE,
        ValueError,
        "multiply takes shapes that broadcast, not (2,) and (3,)",
    ),
    (
        lambda: PAIR < THREE,
        ValueError,
        "a comparison takes shapes that broadcast, not (2,) and (3,)",
    ),
    (
        lambda: PAIR + np.zeros((2, 2)),
        TypeError,
        "an operand beside a FixedArray needs a format; quantize "
        "array([[0., 0.], [0., 0.]]) first",
    ),
    (
        lambda: multiply(PAIR, THREE, "sQ4.4"),
        ValueError,
        "multiply takes shapes that broadcast, not (2,) and (3,)",
    ),
    (
        lambda: divide(PAIR, THREE, "sQ4.4"),
        ValueError,
        "divide takes shapes that broadcast, not (2,) and (3,)",
    ),
    (
        lambda: multiply(1.5, PAIR, "sQ4.4"),
        TypeError,
        "multiply takes FixedArrays; quantize 1.5 first",
    ),
    (
        lambda: divide(PAIR, 2, "sQ4.4"),
        TypeError,
        "divide takes FixedArrays; quantize 2 first",
    ),
    (lambda: mean(1.5, "sQ4.4"), TypeError, "mean takes FixedArrays; quantize 1.5 first"),
    (lambda: sqrt(1.5, "sQ4.4"), TypeError, "sqrt takes FixedArrays; quantize 1.5 first"),
    (
        lambda: mean(PAIR, "sQ4.4", axis=3),
        ValueError,
        "axis 3 is out of bounds for array of dimension 1",
    ),
    (
        lambda: PAIR.cumsum(axis=1),
        ValueError,
        "axis 1 is out of bounds for array of dimension 1",
    ),
    (
        lambda: binarize([1.0], axis=2),
        ValueError,
        "axis 2 is out of bounds for array of dimension 1",
    ),
    (
        lambda: matmul(PAIR, PAIR, accumulator="sQ4.4"),
        TypeError,
        "matmul accumulator must be an AccumulatorSpec, not 'sQ4.4'",
    ),
    (
        lambda: conv2d(IMAGE, IMAGE, accumulator="sQ4.4"),
        TypeError,
        "conv2d accumulator must be an AccumulatorSpec, not 'sQ4.4'",
    ),
    (
        lambda: conv2d(IMAGE, IMAGE, stride=(1, 2, 3)),
        ValueError,
        "conv2d stride must be one number or a pair, not (1, 2, 3)",
    ),
    (
        lambda: encode(RAGGED, Counter(width=4)),
        ValueError,
        "values must be an array, not lists of different lengths",
    ),
    (
        lambda: encode_codes(RAGGED, Counter(width=4)),
        ValueError,
        "codes must be an array, not lists of different lengths",
    ),
    (
        lambda: product_counts(RAGGED, [1], WORDS),
        ValueError,
        "product_counts takes an array, not lists of different lengths",
    ),
    (
        lambda: scc(RAGGED, [1]),
        ValueError,
        "bits must be an array, not lists of different lengths",
    ),
    (lambda: MAC.run([1]), TypeError, "Mac inputs must be arrays by port name, not [1]"),
    (
        lambda: MAC.run({**ONE, "load": RAGGED}),
        ValueError,
        "port load takes an array, not lists of different lengths",
    ),
    (
        lambda: Counter(width=4).run(cycles=-1),
        ValueError,
        f"cycles must be between 0 and {2**48}, not -1",
    ),
    (
        lambda: Counter(width=4).run(cycles=1, lanes=1.5),
        TypeError,
        "lanes must be an integer, not 1.5",
    ),
    (lambda: MAC.reset(-1), ValueError, f"lanes must be between 0 and {2**31}, not -1"),
    (lambda: MAC.run(ONE, state=3), TypeError, "Mac state must be a State, not 3"),
    (
        lambda: MAC.run(ONE, state=State(0, {"value": np.zeros(1, int)})),
        ValueError,
        "Mac state must have the registers sum, not value",
    ),
    (
        lambda: MAC.run(ONE, state=State(0, {})),
        ValueError,
        "Mac state must have the registers sum, not none",
    ),
    (
        lambda: MAC.run(ONE, enable=["high"]),
        TypeError,
        "enable takes booleans, or integers 0 and 1, not <U4",
    ),
    (lambda: MAC.run(ONE, rst=[2]), ValueError, "rst takes 0 and 1, not 2"),
    (
        lambda: Parameters.from_json("{"),
        ValueError,
        "parameters are not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
    ),
    (
        lambda: rtl.to_verilog(WIDE),
        ValueError,
        f"MomentumSgdLanes may have {2**16 - 16} bits in all inputs, not {4096 * 29 + 10}",
    ),
    (
        lambda: Parameters.from_json("[1]\n"),
        ValueError,
        "parameters must be a JSON object, not '[1]'",
    ),
    (
        lambda: from_bfloat16([0, 65536]),
        ValueError,
        "from_bfloat16 takes patterns from 0 to 65535, not 65536",
    ),
    (
        lambda: from_bfloat16(-1),
        ValueError,
        "from_bfloat16 takes patterns from 0 to 65535, not -1",
    ),
    (
        lambda: from_bfloat16([0.5]),
        TypeError,
        "from_bfloat16 takes integers, not float64",
    ),
    (
        lambda: to_bfloat16([1j]),
        TypeError,
        "to_bfloat16 takes numbers of up to 64 bits, not complex128",
    ),
    (
        lambda: Parameters.from_json('{"type": "Mac", "a": "sQ4.0"}'),
        ValueError,
        "Mac needs the parameter 'b'",
    ),
    (
        lambda: check_flag("Pin flag", 1),
        TypeError,
        "Pin flag must be True or False, not 1",
    ),
    (
        lambda: rtl.create(Sng(generator=Pcg(width=8))),
        TypeError,
        "there is no hardware for Pcg",
    ),
    (
        lambda: rtl.to_verilog_many({"1st": MAC}),
        ValueError,
        "a module's name must be a Verilog identifier, not '1st'",
    ),
    (
        lambda: Integrator(width=3, generator=Lfsr(width=3)).run(
            {"increment": np.ma.array([0, 1], mask=[0, 1]), "decrement": [0, 0]}
        ),
        TypeError,
        "port increment takes an array, not a masked one, whose mask would be lost",
    ),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), CASES)
def test_sentence(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == sentence


def test_long_operands_are_shown_in_short():
    with pytest.raises(TypeError) as error:
        matmul(np.zeros((100, 100)), PAIR)
    text = str(error.value)
    assert text.startswith("matmul takes FixedArrays; quantize array([[0., 0., 0., ...")
    assert "\n" not in text
    assert len(text) < 400


def test_long_values_are_shown_in_short():
    for check in (check_flag, lambda *given: check_integer(*given, 0, 1)):
        with pytest.raises(TypeError) as error:
            check("pin", np.zeros((99, 99)))
        text = str(error.value)
        assert text.endswith("...")
        assert "\n" not in text
        assert len(text) < 300


def test_what_is_good_goes_through():
    assert check_array("codes must be", 3).shape == ()
    assert check_broadcast("add", (2, 1), (3,)) == (2, 3)
    assert check_control("enable", None, 3, True).tolist() == [True] * 3
    assert check_control("rst", [0, 1], 2, True).tolist() == [False, True]
    assert check_control("rst", [], 0, True).tolist() == []
    assert json_object('{"a": 1}') == {"a": 1}
    assert check_flag("Pin flag", False) is False
    assert Rounding("jam") is Rounding.JAM
    assert Overflow("error") is Overflow.ERROR
    assert str(PAIR.sum(axis=-1).format) == "sQ5.4"
    mode = Requantizer(
        source="sQ4.4", target="sQ4.0", rounding=Rounding.JAM, overflow=Overflow.WRAP
    )
    assert Parameters.from_json(mode.to_json()) == mode


def test_flags_and_choices_are_no_other_things():
    pair = Sobol(width=3, dimension=0), Sobol(width=3, dimension=1)
    a, b = (encode([0.5], own, length=8) for own in pair)
    for name, attempt in (
        ("matmul", lambda: stochastic.matmul([[0.5]], [[0.5]], pair, 8, correlated="no")),
        ("product_counts", lambda: product_counts(0.5, 0.5, pair, 8, correlated="no")),
        ("Multiplier", lambda: stochastic.multiply(a, b, correlated="no")),
        ("multiply_count", lambda: stochastic.multiply_count(a, b, correlated="no")),
        ("MuxAdder", lambda: stochastic.scaled_add(a, b, generator=pair[0], correlated="no")),
    ):
        sentence = f"^{name} correlated must be True or False, not 'no'$"
        with pytest.raises(TypeError, match=sentence):
            attempt()
    with pytest.raises(
        ValueError, match="^engine must be one of auto, bit, packed, table, not"
    ):
        encode([0.5], pair[0], length=8, engine=np.array(["bit", "packed"]))
