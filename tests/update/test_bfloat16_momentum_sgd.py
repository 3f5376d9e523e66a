import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixedpoint import Bfloat16MomentumSgdLanes, Rounding, from_bfloat16, to_bfloat16
from stochastic import Counter, Lfsr
from tests.support.bfloat16_patterns import patterns, tensor
from tests.support.parameter_updates import assert_equals_cycles


def made(rounding="nearest_even", lanes=1, decay_shift=3, generator=None):
    return Bfloat16MomentumSgdLanes(
        lanes=lanes,
        decay_shift=decay_shift,
        rounding=Rounding(rounding),
        weight_generator=generator,
    )


# Around 1, among the subnormal numbers, up to infinity, and any patterns.
@pytest.mark.parametrize("center", [127, 5, 250, None])
@pytest.mark.parametrize("decay_shift", [0, 1, 4, 16])
def test_updates_are_those_of_torch(decay_shift, center):
    rng = np.random.default_rng(1)
    cycles, lanes = 60, 200

    def drawn(shape):
        some = rng.integers(0, 1 << 16, shape)
        if center is None:
            return some
        exponent = np.clip(center + rng.integers(-5, 6, shape), 0, 254)
        return some & 0x807F | exponent << 7

    inputs = {
        "load": np.arange(cycles) % 20 == 0,
        "rate": to_bfloat16(2.0 ** rng.integers(-9, 1, cycles) * rng.random(cycles)),
        **{name: drawn((cycles, lanes)) for name in ("gradient", "momentum_in", "weight_in")},
    }
    outputs, _ = made(lanes=lanes, decay_shift=decay_shift).run(inputs)
    c = w = torch.zeros(lanes, dtype=torch.bfloat16)
    for t in range(cycles):
        np.testing.assert_array_equal(outputs["momentum"][t], patterns(c))
        np.testing.assert_array_equal(outputs["weight"][t], patterns(w))
        if inputs["load"][t]:
            c, w = tensor(inputs["momentum_in"][t]), tensor(inputs["weight_in"][t])
        c = c + (tensor(inputs["gradient"][t]) - c) * 2.0**-decay_shift
        w = w - c * tensor(inputs["rate"][t : t + 1])


def test_stochastic_rounding_learns_what_nearest_loses():
    """A sixteenth of the distance of two weights is lost, or taken one time in 16."""
    cycles = 1025
    inputs = {
        "load": [1] + [0] * (cycles - 1),
        "rate": np.full(cycles, to_bfloat16(2.0**-12)),
        "gradient": np.full(cycles, to_bfloat16(1.0)),
        "momentum_in": np.zeros(cycles, int),
        "weight_in": np.full(cycles, to_bfloat16(1.0)),
    }
    nearest, _ = made(decay_shift=0).run(inputs)
    assert set(nearest["weight"][1:, 0].tolist()) == {0x3F80}
    random, _ = made("stochastic", decay_shift=0, generator=Counter(width=4)).run(inputs)
    weights = from_bfloat16(random["weight"][1:, 0])
    # Below 1 two weights are 2^-8 apart, and of 16 words one is 0, the first.
    np.testing.assert_array_equal(weights, 1 - (np.arange(1024) // 16 + 1) / 256)


def test_lanes_see_the_words_rotated():
    # Half the distance of two weights is cut off: the top bit of the word decides.
    circuit = made("stochastic", lanes=3, decay_shift=0, generator=Counter(width=2))
    cycles = 5
    inputs = {
        "load": np.ones(cycles, int),
        "rate": np.full(cycles, to_bfloat16(2.0**-8)),
        "gradient": np.full((cycles, 3), to_bfloat16(-1.0)),
        "momentum_in": np.zeros((cycles, 3), int),
        "weight_in": np.full((cycles, 3), to_bfloat16(1.0)),
    }
    outputs, _ = circuit.run(inputs)
    up = outputs["weight"][1:] - 0x3F80
    # The words 00, 01, 10, 11, and their second bits for lane 1.
    assert up.T.tolist() == [[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("generator", [None, Lfsr(width=5), Lfsr(width=16)])
def test_a_tensor_at_once_is_its_groups_one_by_one(size, generator):
    circuit = made("stochastic" if generator else "nearest_even", 3, 2, generator)
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 1 << 16, (3, size))
    assert_equals_cycles(circuit, codes, rate=int(to_bfloat16(0.03)), position=11)


def test_shapes_of_tensors():
    circuit = made(lanes=4)
    momentum, weight, position = circuit.step_tensor(*np.zeros((3, 2, 0), int), position=11)
    assert momentum.shape == weight.shape == (2, 0)
    assert position == 11
    momentum, weight, _ = circuit.step_tensor(*np.zeros((3, 2, 3, 5), int))
    assert momentum.shape == weight.shape == (2, 3, 5)
    with pytest.raises(ValueError, match=r"^weight_in must have shape \(2,\), not \(3,\)$"):
        circuit.step_tensor([0, 0], [0, 0], [0, 0, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lanes": 0}, "Bfloat16MomentumSgdLanes lanes must be between 1 and 4096, not 0"),
        (
            {"decay_shift": 17},
            "Bfloat16MomentumSgdLanes decay_shift must be between 0 and 16, not 17",
        ),
        (
            {"rounding": "ceil"},
            "Bfloat16MomentumSgdLanes rounding must be one of "
            "nearest_even, stochastic, not 'ceil'",
        ),
        (
            {"rounding": "stochastic", "generator": Lfsr(width=20)},
            "Bfloat16MomentumSgdLanes weight_generator width must be between 1 and 16, not 20",
        ),
    ],
)
def test_errors(changes, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        made(**changes)
