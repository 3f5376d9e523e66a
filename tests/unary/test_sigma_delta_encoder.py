"""SigmaDeltaEncoder: an error of less than 1 / N at every length."""

import numpy as np
import pytest

from stochastic import SigmaDeltaEncoder


@pytest.mark.parametrize("initial", [0, 16, 31])
def test_error_of_every_code_at_every_length(initial):
    codes = np.tile(np.arange(33), (200, 1))
    outputs, _ = SigmaDeltaEncoder(width=5, initial=initial).run({"code": codes})
    length = np.arange(1, 201)[:, None]
    error = np.abs(np.cumsum(outputs["stream"], axis=0) / length - np.arange(33) / 32)
    assert np.all(error < 1 / length)
    if initial == 16:
        assert np.all(error <= 0.5 / length + 1e-12)
    # The ends are exact, and whole periods too.
    assert not error[:, [0, 32]].any()
    assert not error[[31, 63, 159]].any()


def test_codes_that_change():
    # The published example of a first-order modulator: a ramp's mean is followed.
    codes = np.arange(256)
    outputs, _ = SigmaDeltaEncoder(width=8).run({"code": codes})
    assert outputs["stream"].sum() == codes.sum() // 256


def test_bad_parameters_are_one_sentence():
    with pytest.raises(
        ValueError, match="^SigmaDeltaEncoder initial must be between 0 and 15, not 16$"
    ):
        SigmaDeltaEncoder(width=4, initial=16)
