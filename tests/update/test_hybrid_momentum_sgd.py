"""The hybrid lanes: whole tensors against single cycles, and what theory says."""

from fractions import Fraction

import numpy as np
import pytest

from stochastic import Counter, HybridMomentumSgdLanes, Lfsr, Sobol
from stochastic.update.hybrid_tensor_update import update_hybrid_tensor
from tests.support.parameter_updates import assert_equals_cycles, counter_codes

pytestmark = pytest.mark.slow


def lane(**changes):
    given = {
        "lanes": 4,
        "gradient_bits": 5,
        "momentum_bits": 7,
        "weight_bits": 6,
        "decay_shift": 3,
        "rate_bits": 3,
        "generator": Lfsr(width=7),
    }
    return HybridMomentumSgdLanes(**{**given, **changes})


@pytest.mark.parametrize("sharing", ["rotation", "per-lane"])
@pytest.mark.parametrize("cycles_per_step", [1, 2, 16])
@pytest.mark.parametrize("lanes", [1, 3, 70])
def test_tensor_step_equals_cycles(lanes, cycles_per_step, sharing):
    rng = np.random.default_rng(lanes * cycles_per_step)
    circuit = lane(lanes=lanes, cycles_per_step=cycles_per_step, sharing=sharing)
    for size in (1, lanes, 5 * lanes + lanes // 2 + 1, 1000):
        codes = counter_codes(circuit, size, rng)
        rate, position = int(rng.integers(0, 8)), int(rng.integers(0, 10**9))
        assert_equals_cycles(circuit, codes, rate, position)


def test_empty_tensor():
    zeros = np.zeros((2, 0, 3), int)
    momentum, weight, position = lane().step_tensor(zeros, zeros, zeros, position=7)
    assert momentum.shape == weight.shape == (2, 0, 3)
    assert position == 7


@pytest.mark.parametrize("decay_shift", [0, 1, 2, 16])
@pytest.mark.parametrize(("gradient_bits", "momentum_bits"), [(1, 1), (3, 3), (2, 5), (9, 16)])
def test_momenta_by_rational_arithmetic(gradient_bits, momentum_bits, decay_shift):
    """All pairs of codes, or many; the wide ones need double precision."""
    circuit = lane(
        gradient_bits=gradient_bits,
        momentum_bits=momentum_bits,
        decay_shift=decay_shift,
        generator=Lfsr(width=max(momentum_bits, 3)) if momentum_bits > 2 else Counter(width=1),
    )
    full, most = 2**gradient_bits, 2**momentum_bits
    gradients = np.arange(-full, full + 1, max(1, full // 16))
    momenta = np.unique(np.r_[-most : most + 1 : max(1, most // 100), 1 - most, -1, 0, 1, most])
    gradient, momentum = (a.reshape(-1) for a in np.meshgrid(gradients, momenta))
    found, _, _ = circuit.step_tensor(gradient, momentum, np.zeros_like(momentum))
    share = Fraction(1, 2**decay_shift)
    assert found.tolist() == [
        round(share * g * most / full + (1 - share) * c)
        for g, c in zip(gradient.tolist(), momentum.tolist(), strict=True)
    ]


def test_a_period_sends_the_momentum_whole():
    """Every code V, over all 2^6 words: the weight falls by V, by enumeration."""
    circuit = lane(
        lanes=1, gradient_bits=6, momentum_bits=6, decay_shift=0, weight_bits=8,
        cycles_per_step=64, generator=Sobol(width=6),
    )  # fmt: skip
    codes = np.arange(-64, 65)
    momentum, weight, _ = circuit.step_tensor(codes, np.zeros_like(codes), np.zeros_like(codes))
    np.testing.assert_array_equal(momentum, codes)
    np.testing.assert_array_equal(weight, -codes)


@pytest.mark.parametrize("kind", [np.int16, np.int32])
@pytest.mark.parametrize("size", [1, 63, 64, 70_001])
@pytest.mark.parametrize(("lanes", "start", "length"), [(64, 35, 1), (5, 40, 4), (1, 12, 1)])
def test_kernel_equals_plain_formulas(kind, size, lanes, start, length):
    """Single precision, from halves and saturation to the words' first row again."""
    rng = np.random.default_rng(size + lanes)
    words = rng.integers(0, 64, (41, lanes)).astype(kind)
    g = rng.choice([-1e38, -16.5, -15.5, -3.0, -0.0, 0.5, 1.5, 2.5, 7.0, 1e-45, 3e38], size)
    g = g.astype(np.float32)
    c = rng.integers(-64, 65, size).astype(kind)
    w = rng.choice([-32, -31, -1, 0, 3, 30, 31], size).astype(np.float32) / 8
    codes = np.clip(np.rint(np.float64(g) * 2), -16, 16)
    expected_c = np.rint((4 * codes + 3 * c.astype(float)) / 4)
    place = np.arange(size)
    expected_w = w * 8
    for cycle in range(length):
        rows = (start + place // lanes * length + cycle) % 41
        r = words[rows, place % lanes]
        S = np.sign(expected_c) * (np.abs(expected_c) > r)
        expected_w = np.clip(expected_w - 5 * S, -32, 31)
    f = np.float32
    rule = np.array([16, 1, 0.75], f)
    weight = (w, f(1 / 8), f(5), f(-32), f(31))
    update_hybrid_tensor((g, f(2)), (c, rule), weight, (words, start), length)
    np.testing.assert_array_equal(c, expected_c)
    np.testing.assert_array_equal(w, expected_w / 8)


@pytest.mark.parametrize("lanes", [64, 5])
def test_weights_far_from_their_ends_and_others(lanes):
    """Whole blocks far from the ends, and blocks with one weight that comes to an end."""
    rng = np.random.default_rng(lanes)
    size, length, f = 9_000, 16, np.float32
    words = rng.integers(0, 64, (41, lanes)).astype(np.int16)
    g, c = np.zeros(size, f), rng.integers(-64, 65, size).astype(np.int16)
    start = rng.integers(-500, 500, size)
    # Full momenta send a sample in every cycle: 16 samples of 5 are 80 units.
    c[[3000, 7000, 8000]] = 64, -64, 64
    start[[3000, 7000, 8000]] = -1024 + 79, 1023 - 79, -1024 + 80
    w = (start / 8).astype(f)
    before = c.copy()
    rule = np.array([16, 0, 1], f)  # The momentum stays.
    update_hybrid_tensor(
        (g, f(1)), (c, rule), (w, f(1 / 8), f(5), f(-1024), f(1023)), (words, 30), length
    )
    place = np.arange(size)
    rows = 30 + place // lanes * length + np.arange(length)[:, None]
    samples = np.abs(before) > words[rows % 41, place % lanes]
    expected = start - 5 * np.sign(before) * samples.sum(axis=0)
    expected[[3000, 7000, 8000]] = -1024, 1023, -1024
    np.testing.assert_array_equal(c, before)
    np.testing.assert_array_equal(w * 8, expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lanes": 0}, "HybridMomentumSgdLanes lanes must be between 1 and 4096, not 0"),
        (
            {"cycles_per_step": 3},
            "HybridMomentumSgdLanes cycles_per_step must be a power of two, not 3",
        ),
        (
            {"gradient_bits": 17},
            "HybridMomentumSgdLanes gradient_bits must be between 1 and 16, not 17",
        ),
        (
            {"gradient_bits": 8},
            "HybridMomentumSgdLanes momentum_bits must be between 8 and 16, not 7",
        ),
        (
            {"weight_bits": 32, "cycles_per_step": 2},
            "HybridMomentumSgdLanes weight_bits + log2(cycles_per_step) "
            "must be at most 32, not 33",
        ),
        (
            {"generator": Lfsr(width=8)},
            "HybridMomentumSgdLanes generator must be 7 bits wide, as momentum_bits is, not 8",
        ),
        (
            {"sharing": "none"},
            "HybridMomentumSgdLanes sharing must be one of rotation, per-lane, not 'none'",
        ),
    ],
)
def test_bad_parameters(changes, message):
    with pytest.raises(ValueError) as caught:
        lane(**changes)
    assert str(caught.value) == message


def test_generator_must_be_one():
    with pytest.raises(
        TypeError, match=r"^HybridMomentumSgdLanes generator must be a generator, not"
    ):
        lane(generator=8)


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (([33], [0], [0]), {}, "port gradient takes values from -32 to 32, not 33"),
        (([0], [129], [0]), {}, "port momentum_in takes values from -128 to 128, not 129"),
        (([0], [0], [[0]]), {}, "weight_in must have shape (1,), not (1, 1)"),
        (([0], [0], [0]), {"rate": 8}, "port rate takes values from 0 to 7, not 8"),
    ],
)
def test_bad_tensors(arrays, options, message):
    with pytest.raises(ValueError) as caught:
        lane().step_tensor(*arrays, **options)
    assert str(caught.value) == message
