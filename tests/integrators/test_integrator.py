import numpy as np
import pytest

from fixedpoint.circuit import State
from stochastic import Counter, Integrator, Lfsr, VanDerCorput


@pytest.mark.parametrize("full_scale", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_every_transition(width, full_scale):
    """The next value and the stream bit of every value, pair of inputs and word."""
    integrator = Integrator(width=width, generator=Counter(width=width), full_scale=full_scale)
    top = 2**width if full_scale else 2**width - 1
    value, up, down = (x.reshape(-1) for x in np.indices((top + 1, 2, 2)))
    for word in range(2**width):
        state = State(word, {"value": value.copy()})
        outputs, after = integrator.run(
            {"increment": up[None], "decrement": down[None]}, state=state
        )
        for lane, (c, a, b) in enumerate(zip(value, up, down, strict=True)):
            expected = c
            if a and not b:
                expected = min(c + 1, top)
            if b and not a:
                expected = max(c - 1, 0)
            assert after.registers["value"][lane] == expected
            assert outputs["stream"][0, lane] == (word < c)
            assert outputs["value"][0, lane] == c


@pytest.mark.parametrize("full_scale", [False, True])
@pytest.mark.parametrize("width", [1, 3, 8])
def test_saturation_at_both_ends(width, full_scale):
    top = 2**width - (not full_scale)
    integrator = Integrator(
        width=width, generator=VanDerCorput(width=width), full_scale=full_scale
    )
    up = np.concatenate([np.ones(top + 5, int), np.zeros(top + 5, int)])
    outputs, _ = integrator.run({"increment": up, "decrement": 1 - up})
    rise = [min(t, top) for t in range(top + 5)]
    fall = [top - min(t, top) for t in range(top + 5)]
    assert outputs["value"][:, 0].tolist() == rise + fall


@pytest.mark.parametrize("initial", [1, (1 << 32) - 1])
def test_ends_of_the_widest_counter(initial):
    integrator = Integrator(width=32, generator=VanDerCorput(width=32), initial=initial)
    up = np.full(4, initial > 1, int)
    outputs, _ = integrator.run({"increment": up, "decrement": 1 - up})
    end = 1 << 32 if initial > 1 else 0
    assert outputs["value"][:, 0].tolist() == [initial, end, end, end]
    assert outputs["stream"][1:, 0].tolist() == [int(end > 0)] * 3


@pytest.mark.parametrize("width", [1, 3, 8])
def test_stream_of_a_held_value(width):
    for initial in range(2**width + 1):
        integrator = Integrator(
            width=width, generator=VanDerCorput(width=width), initial=initial
        )
        both = np.arange(2**width) % 2
        outputs, _ = integrator.run({"increment": both, "decrement": both})
        assert outputs["stream"].sum() == initial


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"width": 33}, ValueError, "Integrator width must be between 1 and 32, not 33"),
        ({"width": 7}, ValueError, "Integrator generator must have the width 7, not 8"),
        ({"generator": 1}, TypeError, "Integrator generator must be a generator, not 1"),
        ({"initial": 257}, ValueError, "Integrator initial must be between 0 and 256, not 257"),
        (
            {"initial": 256, "full_scale": False},
            ValueError,
            "Integrator initial must be between 0 and 255, not 256",
        ),
        ({"initial": 0.5}, TypeError, "Integrator initial must be an integer, not 0.5"),
        (
            {"full_scale": 1},
            TypeError,
            "Integrator full_scale must be True or False, not 1",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        Integrator(width=8, generator=Lfsr(width=8)).replace(**changes)
