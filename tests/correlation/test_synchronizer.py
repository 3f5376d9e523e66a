"""Synchronizer: values are kept, correlation rises."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, Synchronizer, scc


def test_published_table_of_depth_1():
    # DAC 2019, figure 5a: (a, b, saved) to (a_out, b_out), from each of the three states.
    lead = {"none": ([], []), "a": ([1], [0]), "b": ([0], [1])}
    expected = {
        "none": {(0, 0): (0, 0), (1, 1): (1, 1), (1, 0): (0, 0), (0, 1): (0, 0)},
        "a": {(0, 0): (0, 0), (1, 1): (1, 1), (1, 0): (1, 0), (0, 1): (1, 1)},
        "b": {(0, 0): (0, 0), (1, 1): (1, 1), (1, 0): (1, 1), (0, 1): (0, 1)},
    }
    for saved, (first, second) in lead.items():
        for (a, b), shown in expected[saved].items():
            outputs, _ = Synchronizer().run({"a": [*first, a], "b": [*second, b]})
            found = outputs["a_out"][-1, 0], outputs["b_out"][-1, 0]
            assert found == shown, (saved, a, b)


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_ones_are_kept_up_to_the_depth(depth):
    rng = np.random.default_rng(depth)
    bits = rng.random((2, 400, 256)) < rng.random((2, 400, 1))
    a, b = (Bitstream.from_bits(x, "unipolar") for x in bits)
    out = Synchronizer(depth=depth).apply(a=a, b=b)
    late = {}
    for name, before in zip("ab", bits, strict=True):
        after = np.cumsum(out[f"{name}_out"].bits(), axis=-1)
        late[name] = np.cumsum(before, axis=-1) - after
        assert late[name].min() >= 0
        assert late[name].max() == depth
    assert not np.any((late["a"] > 0) & (late["b"] > 0))


def test_correlation_rises_as_published():
    # Derived for the reference: SCC 0 becomes 0.92 with depth 1, and higher with more.
    rng = np.random.default_rng(3)
    bits = rng.random((2, 4000, 256)) < rng.uniform(0, 1, (2, 4000, 1))
    a, b = (Bitstream.from_bits(x, "unipolar") for x in bits)
    found = []
    for depth in (1, 2, 4, 8):
        out = Synchronizer(depth=depth).apply(a=a, b=b)
        found.append(scc(out["a_out"], out["b_out"]).mean())
    assert abs(scc(a, b).mean()) < 0.02
    assert 0.85 < found[0] < 0.97
    assert np.all(np.diff(found) > 0)


def test_pairs_are_all_made_where_the_depth_suffices():
    # Eight bits, all 2^16 pairs of streams, depth 8: nothing passes alone.
    rows = np.array(list(itertools.product((False, True), repeat=8)))
    a = Bitstream.from_bits(rows[:, None], "unipolar")
    b = Bitstream.from_bits(rows[None], "unipolar")
    out = Synchronizer(depth=8).apply(a=a, b=b)
    np.testing.assert_array_equal(out["a_out"].words, out["b_out"].words)
    least = np.minimum(a.count(), b.count())
    assert np.all(out["a_out"].count() <= least)
    assert np.all((out["a_out"].count() == least) | (a.count() != b.count()))


@pytest.mark.parametrize("depth", [0, 9])
def test_depth_is_checked(depth):
    with pytest.raises(
        ValueError, match=f"^Synchronizer depth must be between 1 and 8, not {depth}$"
    ):
        Synchronizer(depth=depth)
