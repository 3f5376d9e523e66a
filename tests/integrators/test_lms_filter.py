import itertools
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint.circuit import State
from stochastic import Counter, Lfsr, LmsFilter, Pcg, ScGdc, Sng, Sobol


def adaptive(taps=4, width=6, bits=5, **changes):
    """Return a filter with Sobol words."""
    return LmsFilter(
        taps=taps,
        width=width,
        sample_generator=Sobol(width=bits),
        error_generator=Sobol(width=bits, dimension=1),
        **changes,
    )


def clipped(value, limit):
    return max(-limit, min(value, limit))


def test_every_transition_of_a_tap():
    """The next weight of every weight, sample, target, and pair of words, at one tap."""
    circuit = LmsFilter(
        taps=1,
        width=2,
        sample_generator=Counter(width=2),
        error_generator=Counter(width=2, direction="down"),
    )
    codes = np.arange(-4, 5)
    weight, window, target = (a.reshape(-1) for a in np.meshgrid(codes, codes, codes))
    nothing = {
        "sample": np.zeros((1, weight.size), int),
        "target": np.zeros((1, weight.size), int),
    }

    def bit(code, word):
        return int(np.sign(code)) if word < abs(code) else 0

    for position in range(4):
        registers = {"weights": weight.copy(), "window": window.copy(), "target": target.copy()}
        outputs, after = circuit.run(nothing, state=State(position, registers))
        one, other = position, 3 - position
        for i, (w, x, t) in enumerate(
            zip(weight.tolist(), window.tolist(), target.tolist(), strict=True)
        ):
            y = round(Fraction(w * x, 4))
            assert outputs["estimate"][0, i] == y
            step = bit(x, one) * bit(t, other) - bit(x, one) * bit(y, other)
            assert after.registers["weights"][i] == clipped(w + step, 4)


@pytest.mark.parametrize("sharing", ["rotation", "per-tap"])
def test_taps_are_gradient_descent_circuits(sharing):
    """A tap equals `ScGdc` behind converters, and the estimate an exact sum, rounded."""
    taps, width, bits, cycles = 7, 5, 4, 1500
    circuit = adaptive(taps, width, bits, sharing=sharing)
    limit = 1 << bits
    rng = np.random.default_rng(1)
    sample, target = rng.integers(-limit, limit, (2, cycles), endpoint=True)
    # Single samples of half scale cannot reach the target: the weights go to their ends.
    sample[100:1200], target[100:1200] = 0, limit
    sample[100:1200:taps] = limit // 2
    outputs, _ = circuit.run({"sample": sample, "target": target})
    weights, estimate = outputs["weights"], outputs["estimate"][:, 0]
    late = np.append(0, target[:-1])
    windows = np.stack(
        [np.append(np.zeros(tap + 1, int), sample[: -tap - 1]) for tap in range(taps)]
    )

    def streams(code, generator):
        inputs = {"code": np.abs(code), "code_sign": (code < 0).astype(int)}
        converter = Sng(generator=generator, encoding="sign-magnitude")
        shown, _ = converter.run(inputs)
        return shown["stream"], shown["stream_sign"]

    for t in range(cycles):
        exact = Fraction(int(weights[t] @ windows[:, t]), 1 << width)
        assert estimate[t] == clipped(round(exact), limit)
    period = 1 << bits
    for tap in range(taps):
        if sharing == "rotation":
            generator = Sobol(width=bits).rotated(tap % bits)
        else:
            generator = Sobol(width=bits, phase=tap * (period // taps))
        inputs = {}
        for name, code, source in (
            ("factor", windows[tap], generator),
            ("excitatory", late, Sobol(width=bits, dimension=1)),
            ("inhibitory", estimate, Sobol(width=bits, dimension=1)),
        ):
            inputs[name], inputs[f"{name}_sign"] = streams(code, source)
        single = ScGdc(width=width, generator=Lfsr(width=width), encoding="sign-magnitude")
        assert np.array_equal(single.run(inputs)[0]["value"][:, 0], weights[:, tap])
    assert np.abs(weights).max() == 1 << width
    assert np.abs(estimate).max() == limit


@pytest.mark.parametrize(
    ("weights", "window", "estimate"),
    [
        ([8, 8], [4, 4], 4),  # a sum of 2 is held at full scale
        ([8, 8], [-4, -4], -4),
        ([-8, 8], [4, 4], 0),
        ([1, 0], [4, 0], 0),  # halves go to the even
        ([3, 0], [4, 0], 2),
        ([-1, 0], [4, 0], 0),
        ([-3, 0], [4, 0], -2),
        ([5, 0], [4, 0], 2),
        ([1, 1], [4, 1], 1),  # 5/8
        ([-1, -1], [4, 1], -1),
        ([8, 4], [4, -1], 4),  # 3.5
    ],
)
def test_estimate_is_rounded_half_to_even_and_held(weights, window, estimate):
    circuit = adaptive(taps=2, width=3, bits=2)
    registers = {"weights": weights, "window": window, "target": [0]}
    state = State(0, {name: np.array(values) for name, values in registers.items()})
    outputs, _ = circuit.run({"sample": [0], "target": [0]}, state=state)
    assert outputs["estimate"].tolist() == [[estimate]]


def test_full_sum_of_the_widest_filter():
    """Weights, samples and sums at their largest fit the accumulator."""
    circuit = adaptive(taps=4096, width=20, bits=16)
    for sign in (1, -1):
        registers = {
            "weights": np.full(4096, 1 << 20),
            "window": np.full(4096, sign << 16),
            "target": np.array([sign << 16]),
        }
        outputs, after = circuit.run({"sample": [0], "target": [0]}, state=State(0, registers))
        assert outputs["estimate"].tolist() == [[sign << 16]]
        assert np.array_equal(after.registers["weights"], registers["weights"])


def test_nothing_moves_without_an_error():
    """Where the weights are the system's own, target and estimate have the same bits."""
    circuit = adaptive(taps=3, width=5, bits=5)
    system = np.array([16, -8, 4])
    sample = np.random.default_rng(2).integers(-16, 16, 300)
    exact = np.convolve(sample, system)[:300]
    target = np.rint(exact / 32).astype(int)
    state = State(
        0, {"weights": system, "window": np.zeros(3, int), "target": np.zeros(1, int)}
    )
    outputs, _ = circuit.run({"sample": sample, "target": target}, state=state)
    assert np.array_equal(outputs["weights"], np.tile(system, (300, 1)))
    assert np.array_equal(outputs["estimate"][1:, 0], target[:-1])


@pytest.mark.parametrize("sharing", ["rotation", "per-tap"])
@pytest.mark.parametrize("kind", [Sobol, Pcg])
def test_mean_path_is_that_of_least_mean_squares(kind, sharing):
    """Beside a float LMS filter of the same step on the same samples, as it learns."""
    taps, width, bits, cycles, lanes = 5, 9, 10, 1000, 64
    sources = ((0,), (1,)) if kind is Sobol else ((1,), (2,))
    field = "dimension" if kind is Sobol else "seed"
    circuit = LmsFilter(
        taps=taps,
        width=width,
        sample_generator=kind(width=bits, **{field: sources[0][0]}),
        error_generator=kind(width=bits, **{field: sources[1][0]}),
        sharing=sharing,
    )
    limit, step = 1 << bits, 2.0**-width
    rng = np.random.default_rng(3)
    system = np.array([0.1, -0.4, 0.5, 0.2, -0.1])
    sample = rng.integers(-limit, limit, (cycles, lanes), endpoint=True)
    x = np.stack([np.roll(sample, tap, axis=0) for tap in range(taps)], axis=-1) / limit
    for tap in range(taps):
        x[:tap, :, tap] = 0
    t = np.clip(x @ system, -1, 1)
    outputs, _ = circuit.run({"sample": sample, "target": np.rint(t * limit).astype(int)})
    weights = np.zeros((lanes, taps))
    for now in range(cycles - 1):
        y = np.clip(np.sum(weights * x[now], axis=1), -1, 1)
        weights += step * x[now] * (t[now] - y)[:, None]
    learned = outputs["weights"][-1].reshape(lanes, taps) * step
    # The difference's noise gains at most |x| |t - y| <= 1/2 of step^2 in variance a cycle
    # and is averaged over the lanes, which have the same words but other samples.
    assert np.all(
        np.abs((learned - weights).mean(axis=0)) <= 5 * step * np.sqrt(cycles / 2 / lanes)
    )
    # After 1000 steps of mean gain step / 3 half of the way is done: nobody stands still.
    assert np.all(np.abs(weights.mean(axis=0)) >= 0.4 * np.abs(system))


def test_taps_may_not_see_the_error_generators_sequence():
    for by, sharing in itertools.product((0, 2), ("rotation", "per-tap")):
        generator = Lfsr(width=5)
        other = generator.rotated(by) if by else generator.delayed(0)
        if sharing == "per-tap":
            other = generator.replace(phase=(by * (31 // 4)) % 31)
        with pytest.raises(ValueError, match=f"but tap {by} sees that of the error generator"):
            LmsFilter(
                taps=4,
                width=5,
                sample_generator=generator,
                error_generator=other,
                sharing=sharing,
            )


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"taps": 0}, ValueError, "LmsFilter taps must be between 1 and 4096, not 0"),
        ({"width": 21}, ValueError, "LmsFilter width must be between 1 and 20, not 21"),
        (
            {"sample_generator": Sobol(width=17)},
            ValueError,
            "LmsFilter sample_generator width must be between 1 and 16, not 17",
        ),
        (
            {"error_generator": Lfsr(width=4)},
            ValueError,
            "LmsFilter error_generator must have the sample generator's width 5, not 4",
        ),
        (
            {"error_generator": None},
            TypeError,
            "LmsFilter error_generator must be a generator, not None",
        ),
        (
            {"sharing": "none"},
            ValueError,
            "LmsFilter sharing must be one of rotation, per-tap, not 'none'",
        ),
        (
            {"error_generator": Sobol(width=5)},
            ValueError,
            "LmsFilter needs generators of different sequences, but tap 0 sees that of the "
            "error generator, Sobol\\(width=5, phase=0, dimension=0\\)",
        ),
    ],
)
def test_bad_parameters(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        adaptive().replace(**changes)
