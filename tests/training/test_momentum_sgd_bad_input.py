"""Options, tensors and gradients that the optimizer refuses."""

import math

import pytest

torch = pytest.importorskip("torch")
from stochastic import Lfsr
from stochastic.training import MomentumSGD
from tests.support.optimizer_steps import (
    bits,
    give_gradients,
    parameters,
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"momentum": 0.9},
            "momentum must be 1 - 2**-n with an integer n from 0 to 16, not 0.9",
        ),
        (
            {"lr": 2.0**-19},
            "lr must be 0 or at least half of 7.62939453125e-06, which is rate 1, "
            "not 1.9073486328125e-06",
        ),
        ({"lr": -1}, "lr must be between 0 and 3.9999923706054688, not -1.0"),
        ({"lr": 4}, "lr must be between 0 and 3.9999923706054688, not 4.0"),
        ({"lr": math.nan}, "lr must be between 0 and 3.9999923706054688, not nan"),
        ({"weight_bits": 25}, "weight_bits must be between 2 and 24, not 25"),
        (
            {"cycles_per_step": 32},
            "weight_bits + log2(cycles_per_step) must be at most 24, not 25",
        ),
        (
            {"weight_decay": 5e-4},
            "weight_decay must be 0 or a power of two between 3.0517578125e-05 and 0.25, "
            "not 0.0005",
        ),
        (
            {"weight_decay": 0.5},
            "weight_decay must be 0 or a power of two between 3.0517578125e-05 and 0.25, "
            "not 0.5",
        ),
        ({"weight_fraction": 20}, "weight_fraction must be between 0 and 19, not 20"),
        (
            {"weight_fraction": 5000, "weight_decay": 2.0**-9},
            "weight_fraction must be between 0 and 19, not 5000",
        ),
        ({"scale": -127}, "scale must be between -126 and 114, not -127"),
        ({"scale_interval": 0}, "scale_interval must be between 1 and 2147483648, not 0"),
        ({"scale": 127}, "scale must be between -126 and 114, not 127"),
        (
            {"scale": "auto*2"},
            "scale must be an integer, auto, or auto with an offset like auto-2, not 'auto*2'",
        ),
        (
            {"gradient_generator": Lfsr(width=14)},
            "MomentumSgdLanes needs two generators of different sequences, not "
            f"{Lfsr(width=14)!r} and {Lfsr(width=14)!r}",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError) as caught:
        MomentumSGD(parameters((3,)), **options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tensor", "kind", "message"),
    [
        (torch.zeros(3, dtype=torch.float64), TypeError,
         "MomentumSGD updates float32, but parameter 0 is torch.float64"),
        (torch.zeros(3, device="meta"), TypeError,
         "MomentumSGD updates dense tensors that have values, but parameter 0 is "
         "torch.strided on meta"),
        (torch.tensor([0.0, 4.0]), ValueError,
         "weights must be between -4.0 and 3.9999923706054688, but parameter 0 holds 4.0"),
        (torch.tensor([math.nan]), ValueError,
         "weights must be between -4.0 and 3.9999923706054688, but parameter 0 holds nan"),
        (torch.zeros(1, 3).expand(2, 3), ValueError,
         "parameter 0 has elements that share memory: it is an expanded tensor, of strides "
         "(0, 1)"),
    ],
)  # fmt: skip
def test_bad_tensors(tensor, kind, message):
    with pytest.raises(kind) as caught:
        MomentumSGD([torch.nn.Parameter(tensor)])
    assert str(caught.value) == message


@pytest.mark.parametrize("lr", ["fast", None, 10**400])
def test_a_learning_rate_that_is_no_number(lr):
    with pytest.raises(TypeError) as caught:
        MomentumSGD(parameters((3,)), lr=lr)
    assert str(caught.value) == f"lr must be a number, not {lr!r}"


@pytest.mark.parametrize(
    ("key", "value", "kind", "message"),
    [
        ("scale", 500, ValueError, "scale must be between -126 and 114, not 500"),
        ("scale", None, TypeError, "scale must be an integer, not None"),
        ("lr", "x", TypeError, "lr must be a number, not 'x'"),
    ],
)
def test_a_group_that_got_a_bad_value_changes_nothing(key, value, kind, message):
    tensors = parameters((9, 4), (33,))
    optimizer = MomentumSGD([{"params": tensors[:1]}, {"params": tensors[1:]}], lr=0.05)
    give_gradients(tensors, seed=0)
    optimizer.step()
    before = bits(tensors), optimizer.position
    optimizer.param_groups[1][key] = value
    with pytest.raises(kind) as caught:
        optimizer.step()
    assert str(caught.value) == message
    assert (bits(tensors), optimizer.position) == before


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (
            lambda tensor, state: setattr(tensor, "data", tensor.data.double()),
            TypeError,
            "the values of b must be torch.float32, not torch.float64",
        ),
        (
            lambda tensor, state: setattr(tensor, "data", torch.zeros(1).expand(33)),
            ValueError,
            "b has elements that share memory: it is an expanded tensor, of strides (0,)",
        ),
        (
            lambda tensor, state: setattr(tensor, "data", tensor.data[:2].clone()),
            ValueError,
            "the gradient of b must have shape (2,), not (33,)",
        ),
        (
            lambda tensor, state: state.update(momentum=torch.zeros(33)),
            TypeError,
            "the momentum of b must be torch.int8, not torch.float32",
        ),
        (
            lambda tensor, state: state.update(momentum=torch.zeros(3, dtype=torch.int8)),
            ValueError,
            "the momentum of b must have shape (33,), not (3,)",
        ),
    ],
)
def test_data_that_does_not_fit_changes_nothing(spoil, kind, message):
    tensors = parameters((9, 4), (33,))
    optimizer = MomentumSGD([("w", tensors[0]), ("b", tensors[1])], lr=0.05)
    for step in (0, 1):
        give_gradients(tensors, seed=step)
        if step == 0:
            optimizer.step()
    spoil(tensors[1], optimizer.state[tensors[1]])
    before = bits(tensors), str(optimizer.state_dict())
    with pytest.raises(kind) as caught:
        optimizer.step()
    assert str(caught.value) == message
    assert (bits(tensors), str(optimizer.state_dict())) == before


def test_sparse_gradients_are_refused():
    table = torch.nn.Embedding(5, 2, sparse=True)
    optimizer = MomentumSGD(table.named_parameters(), lr=0.1)
    table(torch.tensor([1, 2])).sum().backward()
    with pytest.raises(
        TypeError, match=r"^MomentumSGD takes dense gradients, but that of weight is sparse$"
    ):
        optimizer.step()


def test_a_refused_group_leaves_the_optimizer_as_it_was():
    weight = parameters((4,))[0]
    optimizer = MomentumSGD([weight], lr=0.1)
    with pytest.raises(ValueError, match=r"^lr must be between 0 and"):
        optimizer.add_param_group({"params": parameters((2,)), "lr": 9.0})
    assert len(optimizer.param_groups) == 1
