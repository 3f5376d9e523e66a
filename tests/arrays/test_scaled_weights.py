import itertools
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import binarize, ternarize


def distance(w, codes):
    """Return the least sum((w - alpha B)^2) over alpha, and that alpha, exactly."""
    inner = sum(x * b for x, b in zip(w, codes, strict=True))
    norm = sum(b * b for b in codes)
    alpha = Fraction(inner, norm) if norm else Fraction(0)
    return sum((x - alpha * b) ** 2 for x, b in zip(w, codes, strict=True)), alpha


@pytest.mark.parametrize("seed", range(4))
def test_binary_weights_are_the_nearest_of_all(seed):
    """Among all 2^8 patterns of signs, each with its best scale."""
    rng = np.random.default_rng(seed)
    w = rng.integers(-100, 100, 8)
    best = min(distance(w.tolist(), b)[0] for b in itertools.product((-1, 1), repeat=8))
    made = binarize(w / 64)
    found, alpha = distance(w.tolist(), made.codes.codes.tolist())
    assert found == best
    # The mean of 8 multiples of 1/64 is exact in doubles.
    assert Fraction(float(made.scale[0])) == alpha / 64 == Fraction(int(np.abs(w).sum()), 512)


def test_ternary_weights_have_the_threshold_of_the_paper_and_the_best_scale():
    rng = np.random.default_rng(2)
    for _ in range(50):
        # Ten times the magnitude against seven times the mean: in integers, over 16 weights.
        w = rng.integers(-1000, 1000, 16)
        total = int(np.abs(w).sum())
        if any(10 * 16 * abs(x) == 7 * total for x in w.tolist()):
            continue
        codes = [(x > 0) - (x < 0) if 160 * abs(x) > 7 * total else 0 for x in w.tolist()]
        made = ternarize(w)
        assert made.codes.codes.tolist() == codes
        assert made.scale[0] == float(distance(w.tolist(), codes)[1])


@pytest.mark.parametrize("quantiser", [binarize, ternarize])
def test_each_channel_has_its_own_scale(quantiser):
    rng = np.random.default_rng(3)
    w = rng.standard_normal((4, 3, 2, 2)) * np.array([1, 10, 0.1, 3])[:, None, None, None]
    made = quantiser(w, axis=(1, 2, 3))
    assert made.scale.shape == (4, 1, 1, 1)
    for channel, codes, scale in zip(w, made.codes, made.scale, strict=True):
        alone = quantiser(channel)
        assert codes.is_identical(alone.codes)
        assert scale == pytest.approx(alone.scale)
        assert alone.scale.shape == (1, 1, 1)
    assert made.to_float().shape == w.shape
    assert np.array_equal(made.to_float(), made.codes.codes * made.scale)
    last = quantiser(w[:, :, 0, 0], axis=-1)
    assert last.scale.shape == (4, 1)


def test_zeros():
    made = binarize([0.0, -0.0])
    assert (made.codes.codes.tolist(), made.scale.tolist()) == ([1, 1], [0.0])
    made = ternarize(np.zeros((2, 2)))
    assert (made.codes.codes.tolist(), made.scale.tolist()) == ([[0, 0], [0, 0]], [[0.0]])
    one = ternarize([-3])
    assert (one.codes.codes.tolist(), one.scale.tolist()) == ([-1], [3.0])


@pytest.mark.parametrize("quantiser", [binarize, ternarize])
def test_errors(quantiser):
    name = quantiser.__name__
    with pytest.raises(
        ValueError, match=rf"^{name} takes finite numbers, not nan at index \(1\)$"
    ):
        quantiser([1.0, np.nan])
    with pytest.raises(TypeError, match=f"^{name} takes real numbers, not complex128$"):
        quantiser([1j])
    with pytest.raises(
        ValueError, match=rf"^{name} takes at least one weight to a scale, not shape \(3, 0\)$"
    ):
        quantiser(np.zeros((3, 0)), axis=1)


def test_axes_may_be_a_list_and_sums_must_fit():
    weights = np.arange(1.0, 9.0).reshape(2, 2, 2)
    for scale in (binarize, ternarize):
        listed, several = scale(weights, axis=[1, 2]), scale(weights, axis=(1, 2))
        assert listed.scale.tolist() == several.scale.tolist()
        message = "takes weights whose sum fits into float64, not 1e\\+308"
        with pytest.raises(ValueError, match=message):
            scale([1e308] * 3)
