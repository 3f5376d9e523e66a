"""Tensors that are computed block by block, against the same tensors in memory."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fixedpoint import Overflow, Rounding, WordReader
from fixedpoint.layers import Cast
from fixedpoint.layers.training import computed_tensor
from fixedpoint.layers.training.channel_kernels import affine, subtract_projection
from fixedpoint.layers.training.computed_tensor import blocks
from fixedpoint.layers.training.tensor_codes import extremes, round_in_float
from stochastic import Lfsr

# The kernels take long to compile.
pytestmark = pytest.mark.slow

SHAPES = [(2, 3, 4, 5), (1, 1, 1, 1), (3, 1, 7, 1), (2, 70, 1, 1), (0, 3, 4, 5), (2, 3, 0, 5)]


def integers(seed, *shape):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(-100, 101, shape)).float()


def by_channel(values):
    return values.double()[:, None, None]


def cases(shape):
    """Yield computed tensors and what PyTorch computes of the same numbers."""
    x, y = integers(1, *shape), integers(2, *shape)
    a, b, c = integers(3, 3, shape[1])
    yield affine(x, a), x.double() * by_channel(a)
    yield (
        affine(x, a, centre=b.double(), start=c.double()),
        (x.double() - by_channel(b)) * by_channel(a) + by_channel(c),
    )
    slope = a.double() / 8
    yield (
        subtract_projection(x, y, b.double(), slope, 16.0),
        x.double() * 16 - by_channel(b) - (y.double() * by_channel(slope)).round(),
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("block", [1, 7, 64, 1 << 16])
def test_blocks_hold_the_tensor(shape, block, monkeypatch):
    monkeypatch.setattr(computed_tensor, "_BLOCK", block)
    for computed, stored in cases(shape):
        assert computed.shape == shape
        assert computed.numel() == stored.numel()
        parts = [numbers.copy() for numbers in blocks(computed)]
        # A block is whole pixels, and one pixel at least.
        assert all(len(part) <= max(block, shape[1]) for part in parts)
        found = np.concatenate([np.zeros(0), *parts])
        assert found.tolist() == stored.permute(0, 2, 3, 1).flatten().tolist()
        assert extremes(computed) == extremes(stored)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rounding", [Rounding.NEAREST_EVEN, Rounding.STOCHASTIC])
@pytest.mark.parametrize("width", [3, 8])
def test_blocks_are_rounded_as_the_tensor(shape, rounding, width, monkeypatch):
    # Words of 3 bits repeat after 7, inside a block and across blocks.
    cast = Cast(format="sQ9.-3", rounding=rounding, overflow=Overflow.SATURATE)
    for computed, stored in cases(shape):
        whole, split = (WordReader(Lfsr(width=width), 5) for _ in range(2))
        expected = round_in_float(stored, cast, whole, 0, 1.0)
        with monkeypatch.context() as patch:
            patch.setattr(computed_tensor, "_BLOCK", 10)
            found = round_in_float(computed, cast, split, 0, 1.0)
        assert torch.equal(found, expected)
        assert split.position == whole.position


def test_other_blocks_would_be_seen(monkeypatch):
    """The comparison fails for a tensor of which one number is another."""
    (computed, stored), *_ = cases((2, 3, 4, 5))
    stored[1, 2, 3, 4] += 8
    cast = Cast(format="sQ20.0")
    found = round_in_float(computed, cast, None, 0, 1.0)
    assert (found != round_in_float(stored, cast, None, 0, 1.0)).sum() == 1


@pytest.mark.parametrize("start", [float("inf"), -float("inf"), float("nan")])
def test_a_range_that_is_not_finite_is_refused(start):
    computed = affine(integers(1, 2, 3, 4, 5), torch.ones(3), start=torch.tensor([0, start, 1]))
    with pytest.raises(ValueError, match="^a role takes finite numbers, not NaN or infinity$"):
        extremes(computed)
