"""EarlyDecision: the law of the gambler's ruin."""

import numpy as np
import pytest

from stochastic import Bitstream, EarlyDecision

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("value", [-0.3, 0.0, 0.1, 0.5])
@pytest.mark.parametrize("bound", [1, 4, 9])
def test_decisions_and_their_time(value, bound):
    rng = np.random.default_rng(bound)
    p, lanes = (1 + value) / 2, 20000
    x = Bitstream.from_bits(rng.random((lanes, 1000)) < p, "bipolar")
    out = EarlyDecision(states=2 * bound + 1).apply(x=x)
    done, positive = out["done"].bits(), out["positive"].bits()[:, -1]
    decided = done[:, -1]
    assert decided.mean() > 0.999
    r = ((1 - p) / p) ** bound
    chance = 1 / (1 + r)
    spread = 5 * np.sqrt(chance * (1 - chance) / lanes) + 1e-3
    assert abs(positive.mean() - chance) < spread
    time = (~done).sum(axis=1)[decided]
    mean = bound * (1 - r) / (1 + r) / value if value else bound**2
    assert abs(time.mean() - mean) < 5 * time.std() / np.sqrt(lanes) + 0.02 * mean


def test_wanted_confidence():
    rng = np.random.default_rng(1)
    circuit = EarlyDecision.for_confidence(value=0.2, confidence=0.95)
    x = Bitstream.from_bits(rng.random((20000, 600)) < 0.6, "bipolar")
    right = circuit.apply(x=x)["positive"].bits()[:, -1].mean()
    smaller = EarlyDecision(states=circuit.states - 2)
    wrong = smaller.apply(x=x)["positive"].bits()[:, -1].mean()
    assert wrong < 0.95 < right
    assert right < 0.97


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EarlyDecision(states=4), "EarlyDecision states must be odd, not 4"),
        (
            lambda: EarlyDecision.for_confidence(value=0, confidence=0.9),
            "EarlyDecision value must be between 0 and 1, not 0",
        ),
        (
            lambda: EarlyDecision.for_confidence(value=0.1, confidence=0.5),
            "EarlyDecision confidence must be between 0.5 and 1, not 0.5",
        ),
        (
            lambda: EarlyDecision.for_confidence(value=0.001, confidence=0.99),
            "EarlyDecision states must be between 3 and 1024, not 4597",
        ),
        (
            lambda: EarlyDecision.for_confidence(value=1e-17, confidence=0.9),
            r"EarlyDecision states must be between 3 and 1024, not \d+",
        ),
        (
            lambda: EarlyDecision.for_confidence(value=5e-324, confidence=0.9),
            r"EarlyDecision states must be between 3 and 1024, not \d+",
        ),
    ],
)
def test_bad_use_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
