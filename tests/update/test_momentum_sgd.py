"""The momentum-SGD lanes: whole tensors against single cycles, and what theory says."""

import numpy as np
import pytest

from fixedpoint.update.base import SLICE_SIZE
from stochastic import Counter, Lfsr, MomentumSgdLanes
from stochastic.update.many_cycles_update import update_tensor_many_cycles
from stochastic.update.momentum_tensor_update import sample_tensor, update_tensor
from tests.support.parameter_updates import assert_equals_cycles, counter_codes

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def lane(**changes):
    given = {
        "lanes": 4,
        "momentum_bits": 7,
        "weight_bits": 6,
        "decay_shift": 3,
        "rate_bits": 3,
        "gradient_generator": Lfsr(width=5),
        "momentum_generator": Lfsr(width=7, form="galois", zero_state=True),
    }
    return MomentumSgdLanes(**{**given, **changes})


@pytest.mark.parametrize("third", [None, Lfsr(width=10, form="galois")])
@pytest.mark.parametrize("sharing", ["rotation", "per-lane"])
@pytest.mark.parametrize("cycles_per_step", [1, 2, 16])
@pytest.mark.parametrize("lanes", [1, 3, 8, 70])
def test_tensor_step_equals_cycles(lanes, cycles_per_step, sharing, third):
    rng = np.random.default_rng(lanes * cycles_per_step)
    circuit = lane(
        lanes=lanes,
        cycles_per_step=cycles_per_step,
        sharing=sharing,
        weight_decay_generator=third,
    )
    for size in (1, lanes, 3 * lanes, 5 * lanes + lanes // 2 + 1, 1000):
        codes = counter_codes(circuit, size, rng)
        rate, position = int(rng.integers(0, 8)), int(rng.integers(0, 10**9))
        assert_equals_cycles(circuit, codes, rate, position)


def test_tensor_step_keeps_shape_and_takes_nothing():
    circuit = lane()
    zeros = np.zeros((2, 0, 3), int)
    momentum, weight, position = circuit.step_tensor(zeros, zeros, zeros, position=7)
    assert momentum.shape == weight.shape == (2, 0, 3)
    assert position == 7
    codes = np.arange(24).reshape(2, 3, 4)
    flat = circuit.step_tensor(codes.reshape(-1), codes.reshape(-1), codes.reshape(-1))
    shaped = circuit.step_tensor(codes, codes, codes)
    np.testing.assert_array_equal(shaped[0], flat[0].reshape(2, 3, 4))
    np.testing.assert_array_equal(shaped[1], flat[1].reshape(2, 3, 4))


def test_a_large_tensor_goes_in_pieces():
    circuit = lane(lanes=64, cycles_per_step=2)
    size = SLICE_SIZE + 100
    rng = np.random.default_rng(0)
    gradient = rng.integers(-32, 33, size)
    zeros = np.zeros(size, int)
    momentum, weight, position = circuit.step_tensor(gradient, zeros, zeros, position=5)
    assert position == 5 + 2 * -(-size // 64)
    # A group in the second piece, alone.
    last = slice(SLICE_SIZE, size)
    start = 5 + 2 * SLICE_SIZE // 64
    alone = circuit.step_tensor(gradient[last], zeros[last], zeros[last], position=start)
    np.testing.assert_array_equal(momentum[last], alone[0])
    np.testing.assert_array_equal(weight[last], alone[1])


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000, 70_001])
@pytest.mark.parametrize(("lanes", "start"), [(64, 0), (64, 35), (5, 40), (1, 12)])
def test_kernels_equal_plain_formulas(kind, size, lanes, start):
    """Single precision, from halves and saturation to the words' first row again."""
    rng = np.random.default_rng(size + lanes)
    words = rng.integers(0, 32, (41, lanes)).astype(np.uint16)
    others = rng.integers(0, 16, (37, lanes)).astype(kind)
    g = rng.choice([-1e38, -16.5, -15.5, -3.0, -0.0, 0.5, 1.5, 2.5, 7.0, 1e-45, 3e38], size)
    g = g.astype(np.float32)
    c = rng.integers(-16, 17, size).astype(kind)
    w = rng.choice([-32, -31, -1, 0, 3, 30, 31], size).astype(np.float32) / 8
    codes = np.rint(np.float64(g) * 2)
    place = np.arange(size)
    r1 = words[(start + place // lanes) % 41, place % lanes].astype(int)
    r2 = others[(start % 37 + place // lanes) % 37, place % lanes].astype(int)
    G = np.sign(codes) * (abs(codes) > r1)
    S = np.sign(c.astype(int)) * (abs(c.astype(int)) > r2)
    expected_c = np.clip(c + G - S, -15, 15)
    expected_w = np.clip(w * 8 - 5 * S, -32, 31) / 8
    samples = np.empty(size, np.int8)
    first, second = (words, start), (others, start % 37)
    third = np.empty((0, 1), np.uint32), 0
    f = np.float32
    assert sample_tensor((g, f(2)), first, second, samples)
    weight = (w, f(1 / 8), f(5), f(-32), f(31))
    update_tensor((g, f(2)), (c, 1, 15), weight, first, second, third, samples)
    np.testing.assert_array_equal(c, expected_c)
    np.testing.assert_array_equal(w, expected_w)


@pytest.mark.parametrize(
    ("kind", "cycles", "increment"),
    [(np.int8, 2, 1), (np.int16, 16, 1), (np.int32, 4, 3), (np.int16, 1 << 15, 1)],
)
@pytest.mark.parametrize(("size", "lanes"), [(1, 1), (64, 64), (130, 5), (200, 128)])
@pytest.mark.parametrize("decay", [None, "rotation", "per-lane"])
def test_many_cycles_equal_plain_formulas(kind, cycles, increment, size, lanes, decay):
    """Weights near both ends and far from them, and words over their last row."""
    if cycles > 100 and (size, decay) != (200, None):
        pytest.skip("once is enough for so many cycles")
    rng = np.random.default_rng([size, cycles])
    limit, real = 32 * increment, np.float64 if kind == np.int32 else np.float32
    words = rng.integers(0, 1 << 16, (41, lanes)).astype(np.uint16)
    others = rng.integers(0, limit, (37, lanes)).astype(kind)
    rows = -(-size // lanes) * cycles
    columns = {None: 0, "rotation": 1, "per-lane": lanes}[decay]
    third = rng.integers(0, 1 << 20, (rows if columns else 0, max(columns, 1)), np.uint32)
    g = rng.choice([-1e38, -65535.5, -3e4, -0.0, 0.25, 1.0, 5e4, 65536, 3e38], size)
    g = g.astype(np.float32)
    c = rng.integers(-limit, limit + 1, size).astype(kind)
    low, high, rate = -(1 << 18), (1 << 18) - 1, 7
    w = np.repeat([low + 3, -5, high - 20, 999], 64)[:size] + rng.integers(0, 5, size)
    codes, place = np.minimum(np.rint(abs(np.float64(g))), 1 << 16), np.arange(size)
    momentum, weight = c.astype(int), w.copy()
    for t in range(cycles):
        row, lane = place // lanes * cycles + t, place % lanes
        G = np.sign(g).astype(int) * (codes > words[(row + 9) % 41, lane])
        S = np.sign(momentum) * (abs(momentum) > others[(row + 36) % 37, lane])
        D = 0
        if decay:
            word = third[row, lane if decay == "per-lane" else 0].astype(int)
            if decay == "rotation":
                word = (word << lane % 20 | word >> 20 - lane % 20) & ((1 << 20) - 1)
            D = np.sign(weight) * (abs(weight) > word)
        momentum = np.clip(momentum + increment * (G - S), -limit, limit)
        weight = np.clip(weight - rate * (S + D), low, high)
    w = (w / 8).astype(real)
    update_tensor_many_cycles(
        (g, np.float32(1)),
        (c, increment, limit),
        (w, real(1 / 8), real(rate), real(low), real(high)),
        *((words, 9), (others, 36), (third, 20)),
        cycles,
    )
    np.testing.assert_array_equal(c, momentum)
    np.testing.assert_array_equal(w * 8, weight)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_kernel_sees_every_gradient_that_is_not_finite(bad):
    words = np.zeros((7, 64), np.uint16), 3
    others = np.zeros((5, 64), np.int8), 4
    samples = np.empty(200, np.int8)
    for i in range(200):
        g = np.full(200, 3e38, np.float32)
        assert sample_tensor((g, np.float32(2)), words, others, samples)
        g[i] = bad
        assert not sample_tensor((g, np.float32(2)), words, others, samples)


@pytest.mark.parametrize("size", [0, 1, SLICE_SIZE - 1, SLICE_SIZE, 3 * SLICE_SIZE + 1])
@pytest.mark.parametrize("lanes", [1, 48, 4096])
def test_pieces_are_whole_groups(size, lanes):
    found = list(lane(lanes=lanes, cycles_per_step=2).slices(size))
    assert sum(part.stop - part.start for part, _ in found) == size
    assert all(part.start % lanes == 0 for part, _ in found)
    assert sum(cycles for _, cycles in found) == -(-size // lanes) * 2


def test_rotation_gives_every_lane_the_same_words_in_other_bits():
    circuit = lane(lanes=12, momentum_bits=3, gradient_generator=Counter(width=5),
                   momentum_generator=Lfsr(width=3), decay_shift=0, weight_bits=20)  # fmt: skip
    # Without momentum C is the last G, so C shows the comparison with the rotated word.
    gradient = np.full(12, 11)
    for word in range(32):
        found, _, _ = circuit.step_tensor(
            gradient, np.zeros(12, int), np.zeros(12, int), position=word
        )
        text = f"{word:05b}"
        seen = [int(text[k % 5 :] + text[: k % 5], 2) for k in range(12)]
        assert (found // 8).tolist() == [int(w < 11) for w in seen]


def test_per_lane_generators_are_spread_over_the_period():
    generator = Lfsr(width=6, phase=5)
    circuit = lane(lanes=4, gradient_generator=generator, sharing="per-lane")
    phases = [g.phase for g in circuit.lane_generators(generator)]
    assert phases == [5, 20, 35, 50]
    assert len(circuit.generators) == 8


def test_moving_average_is_exact_over_all_words():
    """E[dC] = 2^-n (g - C): summed over every word, by enumeration."""
    circuit = lane(lanes=1, momentum_bits=6, decay_shift=2, weight_bits=16,
                   gradient_generator=Counter(width=5),
                   momentum_generator=Counter(width=6, direction="down"))  # fmt: skip
    # 64 cycles: R1 takes each of its words twice, R2 each of its once.
    for gradient in (-32, -7, 0, 1, 32):
        for momentum in (-48, -16, 0, 16, 48):
            gain = [
                circuit.step_tensor([gradient], [momentum], [0], position=t)[0][0] - momentum
                for t in range(64)
            ]
            # On C's scale g is 2 * gradient; 2^-2 of the difference, 64 times.
            assert sum(gain) == 64 * (2 * gradient - momentum) // 4


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_mean_follows_momentum_sgd(cycles_per_step):
    """The mean over many parameters is the float recursion, within five standard errors."""
    steps, size, n = 48, 20_000, 3
    circuit = lane(
        lanes=16, decay_shift=n, cycles_per_step=cycles_per_step, weight_bits=16,
        momentum_bits=8, gradient_generator=Lfsr(width=16),
        momentum_generator=Lfsr(width=8, zero_state=True),
    )  # fmt: skip
    gradient = 0.4
    codes = np.full(size, round(gradient * 2**16))
    momentum, weight = np.zeros(size, int), np.zeros(size, int)
    position, average, moved = 0, 0.0, 0.0
    decay = 1 - 2.0**-circuit.cycle_shift
    for _ in range(steps):
        momentum, weight, position = circuit.step_tensor(
            codes, momentum, weight, position=position
        )
        for _ in range(cycles_per_step):
            moved += average
            average = decay * average + (1 - decay) * gradient
    # A full-scale C moves W by one unit a cycle. In the steady state c is binomial, of
    # variance at most g / 2^n; and the sum of S is that of G less what C holds, so that of
    # T cycles has variance at most T g (1 - g) + 2^n g. Rotated words are shared by 16 lanes,
    # so that at the worst only a 16th of the parameters are independent.
    cycles, count = steps * cycles_per_step, size / 16
    scale = 1 << circuit.cycle_shift
    assert abs(momentum.mean() / 256 - average) < 5 * np.sqrt(gradient / scale / count)
    spread = np.sqrt((cycles * gradient * (1 - gradient) + scale * gradient) / count)
    assert abs(-weight.mean() - moved) < 5 * spread


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lanes": 0}, "MomentumSgdLanes lanes must be between 1 and 4096, not 0"),
        ({"cycles_per_step": 3}, "MomentumSgdLanes cycles_per_step "
          "must be a power of two, not 3"),
        (
            {"momentum_bits": 17},
            "MomentumSgdLanes momentum_bits must be between 1 and 16, not 17",
        ),
        (
            {"cycles_per_step": 32},
            "MomentumSgdLanes momentum_bits must be at least decay_shift + "
            "log2(cycles_per_step) = 8, not 7",
        ),
        (
            {"weight_bits": 32, "cycles_per_step": 2},
            "MomentumSgdLanes weight_bits + log2(cycles_per_step) must be at most 32, not 33",
        ),
        (
            {"momentum_generator": Lfsr(width=8)},
            "MomentumSgdLanes momentum_generator must be 7 bits wide, as momentum_bits is, "
            "not 8",
        ),
        (
            {"gradient_generator": Lfsr(width=20)},
            "MomentumSgdLanes gradient_generator width must be between 1 and 16, not 20",
        ),
        (
            {"sharing": "none"},
            "MomentumSgdLanes sharing must be one of rotation, per-lane, not 'none'",
        ),
        (
            {"weight_decay_generator": Lfsr(width=4)},
            "MomentumSgdLanes weight_decay_generator width must be between 5 and 32, not 4",
        ),
        ({"rate_bits": 0}, "MomentumSgdLanes rate_bits must be between 1 and 24, not 0"),
    ],
)  # fmt: skip
def test_bad_parameters(changes, message):
    with pytest.raises(ValueError) as caught:
        lane(**changes)
    assert str(caught.value) == message


def test_decay_is_exact_over_all_words():
    """The sum of D over every word R3 is W: by enumeration, to W's largest magnitude."""
    circuit = lane(lanes=1, weight_decay_generator=Counter(width=6), weight_bits=7)
    for weight in (-64, -63, -7, -1, 0, 1, 30, 63):
        moved = [
            circuit.step_tensor([0], [0], [weight], rate=3, position=t)[1][0] - weight
            for t in range(64)
        ]
        # A step of 3 the other way never saturates.
        assert sum(moved) == -3 * weight
        assert set(moved) <= {0, -3 * np.sign(weight)}


def test_decay_and_sample_saturate_as_one():
    """Opposite samples at the end of W cancel; two alike are clipped once."""
    circuit = lane(
        lanes=1, weight_decay_generator=Counter(width=5), weight_bits=6,
        momentum_generator=Counter(width=7),
    )  # fmt: skip
    # R2 and R3 are 0 in cycle 0: both samples are the signs.
    cases = {(-128, 31): 31, (128, 31): 17, (128, -32): -32, (-128, -32): -18, (128, 3): -11}
    for (momentum, weight), expected in cases.items():
        _, found, _ = circuit.step_tensor([0], [momentum], [weight], rate=7)
        assert found.tolist() == [expected]


def test_generators_must_be_generators_and_differ():
    same = Lfsr(width=7, seed=2)
    for one in ({"gradient_generator": same}, {"momentum_generator": same}):
        with pytest.raises(
            ValueError, match=r"^MomentumSgdLanes needs two generators of different"
        ):
            lane(**one, weight_decay_generator=Lfsr(width=7, phase=1))
    with pytest.raises(
        TypeError, match=r"^MomentumSgdLanes weight_decay_generator must be a gener"
    ):
        lane(weight_decay_generator=8)
    with pytest.raises(
        TypeError, match=r"^MomentumSgdLanes gradient_generator must be a generator"
    ):
        lane(gradient_generator=8)
    # The state after 1 is 2, so these are two names of one sequence.
    for other in (Lfsr(width=7, seed=2), Lfsr(width=7, phase=1)):
        with pytest.raises(
            ValueError,
            match=r"^MomentumSgdLanes needs two generators of different sequences, not ",
        ):
            lane(gradient_generator=other, momentum_generator=Lfsr(width=7, seed=2))


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (([33], [0], [0]), {}, "port gradient takes values from -32 to 32, not 33"),
        (([0], [-129], [0]), {}, "port momentum_in takes values from -128 to 128, not -129"),
        (([0], [0], [32]), {}, "port weight_in takes values from -32 to 31, not 32"),
        (([0], [0, 0], [0]), {}, "momentum_in must have shape (1,), not (2,)"),
        (([0], [0], [0]), {"rate": 8}, "port rate takes values from 0 to 7, not 8"),
    ],
)
def test_bad_tensors(arrays, options, message):
    with pytest.raises(ValueError) as caught:
        lane().step_tensor(*arrays, **options)
    assert str(caught.value) == message


def test_codes_must_be_integers():
    with pytest.raises(TypeError, match=r"^port gradient takes integers, not float64$"):
        lane().step_tensor([0.5], [0], [0])
