"""Checkpoints of the optimizer that do not fit are refused whole."""

import copy

import pytest

torch = pytest.importorskip("torch")

from stochastic.training import MomentumSGD
from tests.support.optimizer_steps import (
    give_gradients,
    parameters,
)


def saved(**options):
    """Return the state of an optimizer that has made a step, of two named tensors."""
    tensors = parameters((9, 4), (33,))
    named = [("w", tensors[0]), ("b", tensors[1])]
    optimizer = MomentumSGD(named, lr=0.05, **options)
    give_gradients(tensors, seed=1)
    optimizer.step()
    return optimizer.state_dict()


def without(state, key):
    return {name: value for name, value in state.items() if name != key}


def changed(state, entry, key, value):
    """Return a state in which an entry of tensor 1 is another, or absent."""
    state = copy.deepcopy(state)
    if value is None:
        del state[entry][1][key]
    else:
        state[entry][1][key] = value
    return state


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: torch.optim.SGD(parameters((3,)), lr=0.1).state_dict(),
            "the state is not one of MomentumSGD: it has no 'circuit'",
        ),
        (
            lambda: without(saved(), "steps"),
            "the state is not one of MomentumSGD: it has no 'steps'",
        ),
        (
            lambda: saved(lanes=8),
            "the state is of another circuit: its lanes is 8, but the optimizer's is 64",
        ),
        (
            lambda: {**saved(), "circuit": "{"},
            "the state is of another circuit: its description is '{'",
        ),
        (
            lambda: saved(weight_fraction=16),
            "the state has weight_fraction 16, but the optimizer has 17",
        ),
        (
            lambda: {**saved(), "tensors": [("w", [9, 4])]},
            "the state is of 1 tensors, but the optimizer has 2",
        ),
        (
            lambda: {**saved(), "tensors": [("w", [9, 4]), ("b", [32])]},
            "the state's tensor 1 is b of shape (32,), but the optimizer's is b of shape (33,)",
        ),
        (lambda: changed(saved(), "state", "scale", None), "the state of b has no 'scale'"),
        (
            lambda: changed(saved(), "state", "momentum", torch.zeros(33)),
            "the momentum of b must be torch.int8 of shape (33,), not torch.float32 of shape "
            "(33,)",
        ),
        (
            lambda: {**saved(), "param_groups": [{"params": [0, 1], "lr": 1.0}]},
            "group 0 of the state has no 'scale'",
        ),
        (
            lambda: {**saved(), "param_groups": [{"params": [0], "lr": 1.0, "scale": "auto"}]},
            "the groups of the state hold 1 tensors, not 2",
        ),
    ],
)
def test_a_wrong_checkpoint_is_refused_whole(make, message):
    state = make()
    tensors = parameters((9, 4), (33,))
    optimizer = MomentumSGD([("w", tensors[0]), ("b", tensors[1])], lr=0.05)
    before = str(optimizer.state_dict())
    with pytest.raises(ValueError) as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value) == message
    assert str(optimizer.state_dict()) == before


def test_a_state_with_the_former_name_of_the_circuit_is_loaded():
    source, target = (MomentumSGD(parameters((3,)), lr=0.5) for _ in range(2))
    state = source.state_dict()
    former = state["circuit"].replace('"MomentumSgdLanes"', '"MomentumSgd"')
    assert former != state["circuit"]
    target.load_state_dict({**state, "circuit": former, "steps": 7})
    assert target.steps == 7
    with pytest.raises(ValueError, match="^the state is of another circuit: its type is 'Sng'"):
        target.load_state_dict({**state, "circuit": former.replace("MomentumSgd", "Sng")})
