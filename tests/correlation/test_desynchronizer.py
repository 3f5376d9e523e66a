"""Desynchronizer: values are kept, correlation falls."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, Desynchronizer, scc


@pytest.mark.parametrize("depth", [1, 2, 8])
def test_every_pair_of_short_streams(depth):
    # Against a queue of the ones held back, for all pairs of streams of 6 bits.
    rows = list(itertools.product((0, 1), repeat=6))
    for a, b in itertools.product(rows, rows[::5]):
        outputs, _ = Desynchronizer(depth=depth).run({"a": list(a), "b": list(b)})
        queue, expected = [], []
        for first, second in zip(a, b, strict=True):
            if first and second and len(queue) < depth:
                queue.append(1)
                second = 0
            elif not first and not second and queue:
                second = queue.pop()
            expected.append(second)
        assert outputs["a_out"][:, 0].tolist() == list(a)
        assert outputs["b_out"][:, 0].tolist() == expected


def test_correlation_falls():
    rng = np.random.default_rng(3)
    bits = rng.random((2, 4000, 256)) < rng.uniform(0, 1, (2, 4000, 1))
    a, b = (Bitstream.from_bits(x, "unipolar") for x in bits)
    found = []
    for depth in (1, 2, 4, 8):
        out = Desynchronizer(depth=depth).apply(a=a, b=b)
        assert np.all(b.count() - out["b_out"].count() <= depth)
        found.append(scc(out["a_out"], out["b_out"]).mean())
    # Derived for the reference: SCC 0 becomes -0.77 with depth 1.
    assert -0.85 < found[0] < -0.7
    assert np.all(np.diff(found) < 0)


def test_depth_is_checked():
    with pytest.raises(
        ValueError, match="^Desynchronizer depth must be between 1 and 8, not 9$"
    ):
        Desynchronizer(depth=9)
