import numpy as np
import pytest

from stochastic import Counter, Lfsr, Sng, Sobol, VanDerCorput

PERMUTATIONS = [
    *(Counter(width=n) for n in range(1, 9)),
    *(Counter(width=n, direction="down") for n in (1, 4, 8)),
    *(VanDerCorput(width=n) for n in range(1, 9)),
    *(Sobol(width=n, dimension=d) for n in (1, 5, 8) for d in (1, 2, 7)),
    *(Lfsr(width=n, zero_state=True) for n in range(3, 9)),
    *(Lfsr(width=n, zero_state=True, form="galois", seed=3) for n in (3, 8)),
]


def all_codes(generator, periods=1):
    """Return the streams [cycles, 2^n + 1] of every code over whole periods."""
    codes = np.arange((1 << generator.width) + 1)
    inputs = {"code": np.tile(codes, (periods * generator.period, 1))}
    return Sng(generator=generator).run(inputs)[0]["stream"]


@pytest.mark.parametrize("generator", PERMUTATIONS, ids=str)
def test_ones_of_a_period_are_the_code(generator):
    expected = np.arange((1 << generator.width) + 1)
    np.testing.assert_array_equal(all_codes(generator).sum(axis=0), expected)
    np.testing.assert_array_equal(all_codes(generator, 3).sum(axis=0), 3 * expected)


@pytest.mark.parametrize("width", range(3, 9))
@pytest.mark.parametrize("form", ["fibonacci", "galois"])
def test_lfsr_without_zero_has_one_fewer(width, form):
    ones = all_codes(Lfsr(width=width, form=form)).sum(axis=0)
    np.testing.assert_array_equal(ones, [0, *range(1 << width)])


@pytest.mark.parametrize("width", range(1, 9))
def test_counter_gives_unary_streams(width):
    cycle, code = np.ogrid[: 1 << width, : (1 << width) + 1]
    np.testing.assert_array_equal(all_codes(Counter(width=width)), cycle < code)
    down = all_codes(Counter(width=width, direction="down"))
    np.testing.assert_array_equal(down, cycle >= (1 << width) - code)


def test_code_may_change_in_every_cycle():
    generator = Sobol(width=24, dimension=2)
    codes = np.random.default_rng(0).integers(0, 1 << 24, 500, endpoint=True)
    stream = Sng(generator=generator).run({"code": codes})[0]["stream"][:, 0]
    words = generator.words(500).tolist()
    assert stream.tolist() == [int(r < x) for r, x in zip(words, codes.tolist(), strict=True)]


def test_widest_code():
    generator = VanDerCorput(width=32)
    codes = [0, 1, (1 << 32) - 1, 1 << 32]
    stream = Sng(generator=generator).run({"code": np.tile(codes, (100, 1))})[0]["stream"]
    # Of the first 100 words only the first is 0, and none is 2^32 - 1.
    assert stream.sum(axis=0).tolist() == [0, 1, 100, 100]


def test_sign_passes_through():
    sng = Sng(generator=Counter(width=1), encoding="sign-magnitude")
    code, sign = np.meshgrid([0, 1, 2], [0, 1])
    inputs = {"code": np.tile(code.reshape(-1), (2, 1))}
    inputs["code_sign"] = np.tile(sign.reshape(-1), (2, 1))
    outputs, _ = sng.run(inputs)
    np.testing.assert_array_equal(outputs["stream_sign"], inputs["code_sign"])
    assert outputs["stream"].tolist() == [[0, 1, 1] * 2, [0, 0, 1] * 2]


def test_bipolar_is_the_hardware_of_unipolar():
    unipolar, bipolar = (
        Sng(generator=Lfsr(width=8), encoding=encoding) for encoding in ("unipolar", "bipolar")
    )
    assert unipolar.ports == bipolar.ports
    code = np.random.default_rng(1).integers(0, 256, (300, 2), endpoint=True)
    one, two = (p.run({"code": code})[0]["stream"] for p in (unipolar, bipolar))
    np.testing.assert_array_equal(one, two)


def test_empty_run():
    outputs, state = Sng(generator=Lfsr(width=8)).run({"code": np.zeros((0, 3), int)})
    assert outputs["stream"].shape == (0, 3)
    assert state.position == 0


def test_errors():
    with pytest.raises(TypeError, match=r"^Sng generator must be a generator, not 8$"):
        Sng(generator=8)
    with pytest.raises(
        ValueError,
        match=r"^Sng encoding must be one of unipolar, bipolar, sign-magnitude, not 'ternary'$",
    ):
        Sng(generator=Lfsr(width=8), encoding="ternary")
    with pytest.raises(ValueError, match=r"^port code takes values from 0 to 256, not 257$"):
        Sng(generator=Lfsr(width=8)).run({"code": [257]})
    with pytest.raises(ValueError, match=r"^Sng has no input port 'code_sign'$"):
        Sng(generator=Lfsr(width=8)).run({"code": [1], "code_sign": [1]})
