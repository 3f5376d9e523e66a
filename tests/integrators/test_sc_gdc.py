import itertools

import numpy as np
import pytest

from fixedpoint.circuit import State
from stochastic import Counter, Lfsr, ScGdc, Sng, VanDerCorput

ENCODINGS = ("unipolar", "bipolar", "sign-magnitude")
INPUTS = ("factor", "excitatory", "inhibitory")


def digits(encoding):
    """Return the number of each pair of sign and bit, or of each bit, and its ports."""
    if encoding == "unipolar":
        return [(0, {"": 0}), (1, {"": 1})]
    if encoding == "bipolar":
        return [(-1, {"": 0}), (1, {"": 1})]
    return [(b * s, {"": b, "_sign": int(s < 0)}) for b in (0, 1) for s in (1, -1)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", [1, 2, 3])
def test_every_transition(width, encoding):
    """The next value and the outputs of every value, inputs and word."""
    top = 2**width
    bottom = -top if encoding == "sign-magnitude" else 0
    value = np.arange(bottom, top + 1)
    circuit = ScGdc(width=width, generator=Counter(width=width), encoding=encoding)
    for word in range(2**width):
        for combination in itertools.product(digits(encoding), repeat=3):
            (x, _), (t, _), (y, _) = combination
            inputs = {
                f"{name}{suffix}": np.full((1, len(value)), bit)
                for name, (_, bits) in zip(INPUTS, combination, strict=True)
                for suffix, bit in bits.items()
            }
            outputs, after = circuit.run(inputs, state=State(word, {"value": value.copy()}))
            # The difference of two bipolar numbers is 2, of their bits 1.
            step = x * (t - y) / (2 if encoding == "bipolar" else 1)
            expected = [min(max(c + step, bottom), top) for c in value.tolist()]
            assert after.registers["value"].tolist() == expected
            assert outputs["value"][0].tolist() == value.tolist()
            assert outputs["stream"][0].tolist() == [word < abs(c) for c in value.tolist()]
            if encoding == "sign-magnitude":
                assert outputs["stream_sign"][0].tolist() == [c < 0 for c in value.tolist()]


def codes(encoding, width):
    """Return every value with its code and sign."""
    scale = 2**width
    if encoding == "bipolar":
        return [(2 * c / scale - 1, c, 0) for c in range(scale + 1)]
    signs = (0, 1) if encoding == "sign-magnitude" else (0,)
    return [((1 - 2 * s) * c / scale, c, s) for c in range(scale + 1) for s in signs]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_mean_is_the_gradient_step(encoding):
    """From each word once, the counter moves by the sum of x (t - y), for all x, t and y.

    The factor's word and the word that the other two share take every pair of values once,
    so that the mean is exact: equation (10) of Liu, Gross and Han 2020.
    """
    width, cycles = 2, 16
    slow = np.arange(cycles) // 4
    circuit = ScGdc(width=8, generator=Lfsr(width=8), encoding=encoding, initial=100)
    combinations = list(itertools.product(codes(encoding, width), repeat=3))
    inputs = {}
    for i, name in enumerate(INPUTS):
        code = np.array([c[i][1] for c in combinations])
        if i == 0:
            inputs[name] = (slow[:, None] < code).astype(int)
        else:
            sng = Sng(generator=Counter(width=width))
            inputs[name] = sng.run({"code": np.tile(code, (cycles, 1))})[0]["stream"]
        if encoding == "sign-magnitude":
            inputs[f"{name}_sign"] = np.tile([c[i][2] for c in combinations], (cycles, 1))
    _, after = circuit.run(inputs)
    x, t, y = np.array([[number for number, _, _ in c] for c in combinations]).T
    unit = 2 if encoding == "bipolar" else 1
    assert np.array_equal(after.registers["value"], 100 + cycles * x * (t - y) / unit)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", [1, 3, 8])
def test_saturation_at_both_ends(width, encoding):
    """A counter driven upwards and then downwards, past both its ends."""
    top = 2**width
    bottom = -top if encoding == "sign-magnitude" else 0
    length = top - bottom + 5
    circuit = ScGdc(width=width, generator=VanDerCorput(width=width), encoding=encoding)
    up = np.repeat([1, 0], length)
    inputs = {"factor": np.ones_like(up), "excitatory": up, "inhibitory": 1 - up}
    if encoding == "sign-magnitude":
        inputs |= {f"{name}_sign": np.zeros_like(up) for name in inputs}
    value = circuit.run(inputs)[0]["value"][:, 0]
    assert value[:length].tolist() == [min(t, top) for t in range(length)]
    assert value[length:].tolist() == [max(top - t, bottom) for t in range(length)]


@pytest.mark.parametrize(("initial", "negative", "end"), [(7, 0, 8), (-7, 1, -8), (6, 0, 8)])
def test_two_steps_at_once_meet_the_end(initial, negative, end):
    circuit = ScGdc(
        width=3, generator=Lfsr(width=3), encoding="sign-magnitude", initial=initial
    )
    inputs = {name: [1] * 2 for name in INPUTS}
    signs = {"factor_sign": [negative] * 2, "excitatory_sign": [0] * 2}
    outputs, _ = circuit.run(inputs | signs | {"inhibitory_sign": [1] * 2})
    assert outputs["value"][:, 0].tolist() == [initial, end]
    assert outputs["stream_sign"][:, 0].tolist() == [negative] * 2


@pytest.mark.parametrize("sign", [1, -1])
def test_ends_of_the_widest_counter(sign):
    end = sign << 32
    circuit = ScGdc(
        width=32,
        generator=VanDerCorput(width=32),
        encoding="sign-magnitude",
        initial=end - sign,
    )
    inputs = {name: [1] * 3 for name in INPUTS}
    signs = {"factor_sign": [sign < 0] * 3, "excitatory_sign": [0] * 3}
    outputs, _ = circuit.run(inputs | signs | {"inhibitory_sign": [1] * 3})
    assert outputs["value"][:, 0].tolist() == [end - sign, end, end]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", [1, 3, 8])
def test_stream_of_a_held_value(width, encoding):
    scale = 2**width
    for number, code, sign in codes(encoding, width):
        circuit = ScGdc(
            width=width,
            generator=VanDerCorput(width=width),
            encoding=encoding,
            initial=-code if sign else code,
        )
        inputs = {p.name: np.zeros(scale, int) for p in circuit.inputs}
        outputs, _ = circuit.run(inputs)
        ones = outputs["stream"].sum()
        if encoding == "sign-magnitude":
            ones *= 1 - 2 * outputs["stream_sign"][0, 0]
        mean = 2 * ones / scale - 1 if encoding == "bipolar" else ones / scale
        assert mean == number


def test_sharing_a_generator_is_the_lesser_noise():
    """Equations (13) and (14) of Liu, Gross and Han 2020, by all words of two generators."""
    t, y, scale = 5, 3, 8
    words = np.indices((scale, scale)).reshape(2, -1)
    circuit = ScGdc(width=8, generator=Lfsr(width=8), initial=100)
    ones = np.ones(scale * scale, int)
    for shared, variance in (
        (True, (t - y) / scale * (1 - (t - y) / scale)),
        (False, t / scale * (1 - t / scale) + y / scale * (1 - y / scale)),
    ):
        inputs = {
            "factor": ones,
            "excitatory": (words[0] < t).astype(int),
            "inhibitory": (words[0 if shared else 1] < y).astype(int),
        }
        outputs, after = circuit.run(inputs)
        path = np.append(outputs["value"][:, 0], after.registers["value"])
        assert np.var(np.diff(path)) == pytest.approx(variance, abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"width": 33}, ValueError, "ScGdc width must be between 1 and 32, not 33"),
        ({"width": 0}, ValueError, "ScGdc width must be between 1 and 32, not 0"),
        ({"width": 7}, ValueError, "ScGdc generator must have the width 7, not 8"),
        ({"generator": 1}, TypeError, "ScGdc generator must be a generator, not 1"),
        (
            {"encoding": "ternary"},
            ValueError,
            "ScGdc encoding must be one of unipolar, bipolar, sign-magnitude, not 'ternary'",
        ),
        ({"initial": 257}, ValueError, "ScGdc initial must be between 0 and 256, not 257"),
        ({"initial": -1}, ValueError, "ScGdc initial must be between 0 and 256, not -1"),
        (
            {"initial": -257, "encoding": "sign-magnitude"},
            ValueError,
            "ScGdc initial must be between -256 and 256, not -257",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        ScGdc(width=8, generator=Lfsr(width=8)).replace(**changes)
