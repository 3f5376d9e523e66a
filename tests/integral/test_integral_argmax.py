"""The label with the largest sum."""

import itertools

import numpy as np
import pytest

from stochastic import IntegralArgmax


@pytest.mark.parametrize("parallel", [1, 3])
def test_every_input(parallel):
    unit = IntegralArgmax(classes=3, parallel=parallel, limit=1)
    turns = 3 // parallel
    for sums in itertools.product((-1, 0, 1), repeat=3):
        beats = np.vstack([np.reshape(sums, (turns, parallel)), np.zeros((1, parallel), int)])
        valid = [1] * turns + [0]
        inputs = {"input_valid": valid, "sums": beats, "output_ready": [1] * (turns + 1)}
        outputs, _ = unit.run(inputs)
        assert outputs["output_valid"][:, 0].tolist() == [0] * turns + [1]
        assert outputs["label"][-1, 0] == sums.index(max(sums))
        assert outputs["largest"][-1, 0] == max(sums)


def test_the_label_waits_until_it_is_taken():
    unit = IntegralArgmax(classes=2, parallel=2, limit=5)
    inputs = {
        "input_valid": [1, 1, 1, 1],
        "sums": [[1, 2], [4, 3], [4, 3], [4, 3]],
        "output_ready": [1, 0, 0, 1],
    }
    outputs, _ = unit.run(inputs)
    assert outputs["output_valid"][:, 0].tolist() == [0, 1, 1, 1]
    assert outputs["label"][1:, 0].tolist() == [1, 1, 1]
    assert outputs["input_ready"][:, 0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 1}, "IntegralArgmax classes must be between 2 and 65536, not 1"),
        ({"parallel": 4}, "IntegralArgmax parallel must divide 6, not 4"),
        ({"limit": 0}, "IntegralArgmax limit must be between 1 and 1099511627776, not 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        IntegralArgmax(**{"classes": 6, "parallel": 3, "limit": 9, **options})
