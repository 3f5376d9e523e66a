"""The approximate parallel counter: its table, and when its errors cancel."""

import itertools

import numpy as np
import pytest

from stochastic import ApproximateParallelCounter


def test_every_input_of_four():
    rows = np.array(list(itertools.product((0, 1), repeat=4)))
    count = ApproximateParallelCounter(fan_in=4, width=8).run({"streams": rows})[0]["count"]
    assert count[:, 0].tolist() == [0, 0, 0, 2, 2, 2, 2, 4, 2, 2, 2, 4, 2, 2, 2, 4]


def test_errors_cancel_where_pairs_are_alike():
    # Over all inputs, each pair has p = q = 1/2: the mean count is that of the exact counter.
    rows = np.array(list(itertools.product((0, 1), repeat=8)))
    count = ApproximateParallelCounter(fan_in=8, width=11).run({"streams": rows})[0]["count"]
    assert count.mean() == 4
    # Not so for three pairs: the lone OR is too large by a half.
    rows = np.array(list(itertools.product((0, 1), repeat=6)))
    count = ApproximateParallelCounter(fan_in=6, width=11).run({"streams": rows})[0]["count"]
    assert count.mean() == 3.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fan_in": 2, "width": 4}, "fan_in must be between 4 and 65536, not 2"),
        ({"fan_in": 5, "width": 4}, "fan_in must be even, not 5"),
        ({"fan_in": 8, "width": 3}, "width with 8 streams must be between 4 and 48, not 3"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^ApproximateParallelCounter {message}$"):
        ApproximateParallelCounter(**options)
