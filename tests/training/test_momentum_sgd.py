"""The optimizer of PyTorch: the circuit's very bits, in every way a tensor can come."""

import copy
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from stochastic import Lfsr
from stochastic.training import MomentumSGD
from stochastic.training.optimizers.gradient_scale import choose_exponent
from tests.support.optimizer_steps import (
    SHAPES,
    assert_follows,
    bits,
    give_gradients,
    parameters,
)


@pytest.mark.parametrize("sharing", ["rotation", "per-lane"])
@pytest.mark.parametrize(("lanes", "cycles_per_step"), [(1, 1), (64, 1), (5, 4), (300, 16)])
def test_steps_are_those_of_the_circuit(lanes, cycles_per_step, sharing):
    tensors = parameters(*SHAPES)
    optimizer = MomentumSGD(
        tensors,
        lr=0.02,
        momentum=0.875,
        lanes=lanes,
        cycles_per_step=cycles_per_step,
        weight_bits=14,
        weight_fraction=12,
        sharing=sharing,
    )
    assert optimizer.unit == Fraction(1, 2**12 * cycles_per_step)
    # 0.02 * 2^12 = 81.92.
    assert_follows(optimizer, tensors, rate=82, gradient_unit=Fraction(1, 2**13), steps=12)


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_weights_saturate_at_both_ends(cycles_per_step):
    weight = torch.nn.Parameter(torch.tensor([0.9, -0.9]))
    optimizer = MomentumSGD(
        [weight], lr=0.125, momentum=0.0, weight_bits=7, weight_fraction=6, scale=8,
        cycles_per_step=cycles_per_step,
    )  # fmt: skip
    weight.grad = torch.tensor([-1.0, 1.0])
    for _ in range(10):
        optimizer.step()
    assert weight.tolist() == [1 - 2**-6 / cycles_per_step, -1]


def test_parameters_are_rounded_to_the_grid():
    weight = torch.nn.Parameter(torch.tensor([0.1, 0.125, 0.375, -0.125, 0.63]))
    MomentumSGD([weight], lr=1.0, weight_bits=4, weight_fraction=2)
    # Half to even: 0.125 and -0.125 are half a unit.
    assert weight.tolist() == [0.0, 0.0, 0.5, 0.0, 0.75]


def test_memory_format_does_not_matter():
    plain = parameters((8, 6, 3, 3), (4, 3, 2, 2))
    other = [
        torch.nn.Parameter(t.detach().clone(memory_format=torch.channels_last)) for t in plain
    ]
    strided = [torch.nn.Parameter(torch.zeros(*t.shape, 2)[..., 0]) for t in plain]
    with torch.no_grad():
        for to, source in zip(strided, plain, strict=True):
            to.copy_(source)
    assert not other[0].is_contiguous() and not strided[0].is_contiguous()
    results = []
    for tensors in (plain, other, strided):
        optimizer = MomentumSGD(tensors, lr=0.01)
        for step in range(4):
            give_gradients(tensors, seed=step)
            optimizer.step()
        results.append(bits(tensors))
    assert results[0] == results[1] == results[2]


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
    ("state", "message"),
    [
        (
            torch.optim.SGD(parameters((3,)), lr=0.1).state_dict(),
            "the state is not one of MomentumSGD: it has no 'circuit'",
        ),
        (without(saved(), "steps"), "the state is not one of MomentumSGD: it has no 'steps'"),
        (
            saved(lanes=8),
            "the state is of another circuit: its lanes is 8, but the optimizer's is 64",
        ),
        (
            {**saved(), "circuit": "{"},
            "the state is of another circuit: its description is '{'",
        ),
        (
            saved(weight_fraction=16),
            "the state has weight_fraction 16, but the optimizer has 17",
        ),
        (
            {**saved(), "tensors": [("w", [9, 4])]},
            "the state is of 1 tensors, but the optimizer has 2",
        ),
        (
            {**saved(), "tensors": [("w", [9, 4]), ("b", [32])]},
            "the state's tensor 1 is b of shape (32,), but the optimizer's is b of shape (33,)",
        ),
        (changed(saved(), "state", "scale", None), "the state of b has no 'scale'"),
        (
            changed(saved(), "state", "momentum", torch.zeros(33)),
            "the momentum of b must be torch.int8 of shape (33,), not torch.float32 of shape "
            "(33,)",
        ),
        (
            {**saved(), "param_groups": [{"params": [0, 1], "lr": 1.0}]},
            "group 0 of the state has no 'scale'",
        ),
        (
            {**saved(), "param_groups": [{"params": [0], "lr": 1.0, "scale": "auto"}]},
            "the groups of the state hold 1 tensors, not 2",
        ),
    ],
)
def test_a_wrong_checkpoint_is_refused_whole(state, message):
    tensors = parameters((9, 4), (33,))
    optimizer = MomentumSGD([("w", tensors[0]), ("b", tensors[1])], lr=0.05)
    before = str(optimizer.state_dict())
    with pytest.raises(ValueError) as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value) == message
    assert str(optimizer.state_dict()) == before


@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_weight_decay_is_the_circuit_s(cycles_per_step):
    tensors = parameters(*SHAPES)
    optimizer = MomentumSGD(
        tensors,
        lr=0.5,
        weight_decay=0.125,
        lanes=5,
        cycles_per_step=cycles_per_step,
        weight_bits=10,
        weight_fraction=8,
    )
    # lambda is 2^(8 + log2(L) - q).
    assert optimizer.circuit.weight_decay_generator.width == 11 + cycles_per_step // 2
    position = 0
    for step in range(6):
        give_gradients(tensors, seed=step)
        before = [(optimizer.momentum_codes(t), optimizer.weight_codes(t)) for t in tensors]
        optimizer.step()
        for tensor, (momentum, weight) in zip(tensors, before, strict=True):
            momentum, weight, position = optimizer.circuit.step_tensor(
                optimizer.gradient_codes(tensor), momentum, weight, rate=128, position=position
            )
            np.testing.assert_array_equal(optimizer.momentum_codes(tensor), momentum)
            np.testing.assert_array_equal(optimizer.weight_codes(tensor), weight)


def test_weights_decay_as_they_say():
    """With gradients of 0 the mean falls by 1 - lr * lambda a step, within its spread."""
    weight = torch.nn.Parameter(torch.full((50_000,), 0.75))
    optimizer = MomentumSGD([weight], lr=2.0**-4, weight_decay=2.0**-3)
    for _ in range(100):
        weight.grad = torch.zeros_like(weight)
        optimizer.step()
    decay = 2.0**-7
    expected = 0.75 * (1 - decay) ** 100
    # An event moves a weight by lr = 2^-4; there are (0.75 - mean) / lr on average, so that
    # the variance of a weight is at most lr * 0.75. Lanes share words: a 64th is independent.
    spread = math.sqrt(2.0**-4 * 0.75 / (50_000 / 64))
    assert abs(weight.mean().item() - expected) < 5 * spread


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_tensors_on_a_gpu_get_the_bits_of_the_cpu():
    results = []
    for device in ("cpu", "cuda"):
        tensors = [
            torch.nn.Parameter(t.detach().to(device)) for t in parameters((70_001,), (8, 6, 3))
        ]
        optimizer = MomentumSGD(tensors, lr=0.01, cycles_per_step=2)
        for step in range(4):
            generator = torch.Generator().manual_seed(step)
            for tensor in tensors:
                tensor.grad = torch.randn(tensor.shape, generator=generator).to(device)
            optimizer.step()
        momenta = [optimizer.momentum_codes(t).tobytes() for t in tensors]
        results.append((bits([t.cpu() for t in tensors]), momenta))
        assert all(t.device.type == device for t in tensors)
    assert results[0] == results[1]


def test_learning_rates_become_rates():
    tensors = parameters((3,), (3,), (3,))
    groups = [
        {"params": [tensors[0]], "lr": 0.5},
        {"params": [tensors[1]], "lr": 3 * 2.0**-11},
        {"params": [tensors[2]]},
    ]
    optimizer = MomentumSGD(groups, lr=0.0, weight_bits=12, weight_fraction=10)
    assert [optimizer.rate(g) for g in optimizer.param_groups] == [512, 2, 0]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    before = bits(tensors)
    for expected in ([256, 1, 0], [171, 0, 0], [128, 0, 0]):
        give_gradients(tensors, seed=1)
        optimizer.step()
        schedule.step()
        assert [optimizer.rate(g) for g in optimizer.param_groups] == expected
    assert bits(tensors)[2] == before[2] and bits(tensors)[0] != before[0]
    # At rate 0 the weights rest and the momentum goes on.
    assert optimizer.momentum_codes(tensors[2]).any()


def test_a_closure_and_missing_gradients():
    tensors = parameters((4,), (130,), (4,))
    optimizer = MomentumSGD(tensors, lr=0.01)

    def closure():
        optimizer.zero_grad()
        loss = (tensors[0] ** 2).sum() + (tensors[2] ** 2).sum()
        loss.backward()
        return loss

    before = bits(tensors)
    expected = float(sum((tensors[i].detach() ** 2).sum() for i in (0, 2)))
    assert optimizer.step(closure).item() == pytest.approx(expected)
    # A tensor without a gradient takes no cycles.
    assert optimizer.position == 2
    assert bits(tensors)[1] == before[1]


def test_few_words_are_warned_of():
    """96 cycles a step and a period of 64: every second step has the same words."""
    weight = parameters((96 * 4,))[0]
    give_gradients([weight], seed=0)
    few = Lfsr(width=6, zero_state=True)
    optimizer = MomentumSGD([weight], lanes=4, gradient_generator=few)
    with pytest.warns(UserWarning) as caught:
        optimizer.step()
    assert [str(w.message) for w in caught] == [
        "every parameter meets only 2 of the 64 words of the gradient_generator, because a "
        "step takes 96 cycles: choose another width or zero_state"
    ]
    optimizer = MomentumSGD([weight], lanes=4, gradient_generator=Lfsr(width=6, seed=9))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # 63 words, of which 96 cycles a step leave 21: too few; with 95 none is left out.
        with pytest.raises(UserWarning, match=r"^every parameter meets only 21 of the 63"):
            optimizer.step()
        weight = parameters((95 * 4,))[0]
        give_gradients([weight], seed=0)
        MomentumSGD([weight], lanes=4, gradient_generator=Lfsr(width=6)).step()


def test_scale_choice_is_recorded():
    tensors = [("a", parameters((1000,))[0]), ("b", parameters((10,))[0])]
    optimizer = MomentumSGD(tensors, lr=0.01, scale_interval=4)
    a, b = (tensor for _, tensor in tensors)
    a.grad, b.grad = torch.full((1000,), 2.0**-6), torch.zeros(10)
    for _ in range(2):
        optimizer.step()
    b.grad = torch.full((10,), 8.0)
    a.grad = torch.full((1000,), 2.0**-9)
    for _ in range(4):
        optimizer.step()
    history = [(s.step, s.name, s.exponent) for s in optimizer.scale_history]
    # a is looked at in steps 0 and 4; b is chosen when it first has a gradient.
    assert history == [(0, "a", 6), (2, "b", -3), (4, "a", 9)]


def test_a_given_scale_is_kept():
    weight = parameters((4,))[0]
    optimizer = MomentumSGD([{"params": [weight], "scale": 3}], lr=0.01)
    weight.grad = torch.tensor([2.0**-4, -(2.0**-16), 1.0, 3 * 2.0**-17])
    optimizer.step()
    # 2^3 and the generator's 13 bits; 0.5 and 1.5 go to the even neighbours.
    assert optimizer.gradient_codes(weight).tolist() == [4096, -1, 8192, 2]
    weight.grad = weight.grad / 2
    optimizer.step()
    assert optimizer.gradient_codes(weight).tolist() == [2048, 0, 8192, 1]
    assert optimizer.scale_history == []


def test_exponent_brings_the_root_mean_square_near_one():
    rng = np.random.default_rng(3)
    for size in (1, 3, 1000):
        for power in (-140, -60, -1, 0, 1, 60, 120):
            values = (rng.normal(size=size) * 2.0**power).astype(np.float32)
            if not values.any():
                continue
            exponent = choose_exponent(values)
            mean = sum(Fraction(float(v)) ** 2 for v in values) / size
            # Within the rounding to 15 bits below the largest.
            ratio = math.sqrt(mean * Fraction(4) ** exponent) if abs(exponent) < 126 else 1
            assert 2**-0.5 * (1 - 2**-9) <= ratio <= 2**0.5 * (1 + 2**-9)


def test_exponent_is_kept_while_it_fits():
    ones = np.ones(5, np.float32)
    assert [choose_exponent(ones, s) for s in (-2, -1, 0, 1, 2)] == [0, -1, 0, 1, 0]
    zeros = np.zeros(5, np.float32)
    assert choose_exponent(zeros) is None
    assert choose_exponent(zeros, 4) == 4
    assert choose_exponent(np.array([np.nan, 1], np.float32), 4) == 4
    assert choose_exponent(np.array([-np.inf, 1], np.float32)) is None
    assert [choose_exponent(ones, s, -2) for s in (-4, -3, -2, -1, 0)] == [-2, -3, -2, -1, -2]
    # Exactly at the ends of [1/sqrt(2), sqrt(2)) squared.
    assert choose_exponent(np.array([1, 0], np.float32)) == 0
    assert choose_exponent(np.array([2, 0], np.float32)) == -1


@pytest.mark.parametrize("momentum_bits", range(4, 17))
def test_the_default_generators_differ_at_every_width(momentum_bits):
    circuit = MomentumSGD(parameters((3,)), momentum_bits=momentum_bits).circuit
    assert circuit.momentum_generator.width == momentum_bits
    assert circuit.gradient_generator.width == (12 if momentum_bits == 13 else 13)


@pytest.mark.parametrize("further", [-2, 1])
def test_an_automatic_scale_with_an_offset_is_that_much_off(further):
    (plain,), (moved,), (fixed,) = (parameters((40,)) for _ in range(3))
    for tensor in (plain, moved, fixed):
        give_gradients([tensor], seed=1)
    reference = MomentumSGD([plain])
    optimizer = MomentumSGD([moved], scale=f"auto{further:+}")
    for _ in range(8):
        reference.step()
        optimizer.step()
    assert optimizer.scale_of(moved) == reference.scale_of(plain) + further
    same = MomentumSGD([fixed], scale=optimizer.scale_of(moved))
    for _ in range(8):
        same.step()
    assert bits([moved]) == bits([fixed])
    momenta = optimizer.momentum_codes(moved).tolist()
    assert momenta == same.momentum_codes(fixed).tolist()
    assert momenta != reference.momentum_codes(plain).tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"momentum": 0.9}, "momentum must be 1 - 2**-n with a whole n from 0 to 16, not 0.9"),
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


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
def test_a_tensor_is_updated_once():
    first, second = parameters((3,), (2,))
    with pytest.raises(
        ValueError,
        match="^an optimizer takes each tensor once, but parameter 2 is there again$",
    ):
        MomentumSGD([first, second, first])


def test_gradients_may_be_weights():
    """Of half the sum of squares the gradients are the weights, of before the step."""
    found = []
    for copied in (False, True):
        one, other = parameters((40,), (40,))
        optimizer = MomentumSGD([one, other], lr=0.25, scale=2, cycles_per_step=4)
        for _ in range(3):
            for tensor, source in ((one, one), (other, one)):
                values = source.detach()
                tensor.grad = values.clone() if copied else values
            optimizer.step()
        found.append(bits([one, other]))
    assert found[0] == found[1]


def test_codes_of_gradients_near_the_least_of_float32():
    (tensor,) = parameters((4,))
    optimizer = MomentumSGD([tensor], momentum=0.0)
    tensor.grad = torch.tensor([3.0, -1.0, 2.0, 0.5]) * 2.0**-127
    optimizer.step()
    # With codes of 13 bits, 2^127 makes the codes.
    assert optimizer.scale_of(tensor) == 114
    assert optimizer.gradient_codes(tensor).tolist() == [3, -1, 2, 0]


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


def test_tensors_may_get_other_data_between_steps():
    """A step sees what a parameter, its gradient and its momentum are now."""
    tensors, others = parameters((130,), (7, 9)), parameters((130,), (7, 9))
    optimizer, twin = (MomentumSGD(each, lr=0.01) for each in (tensors, others))
    kept = []
    for step in range(4):
        give_gradients(tensors, seed=step)
        give_gradients(others, seed=step)
        # The old memory stays in use, so that the new one is elsewhere.
        kept.append((tensors[0].data, bits(tensors[:1]), tensors[1].grad))
        tensors[0].data = tensors[0].data.clone()
        tensors[1].grad = tensors[1].grad.t().contiguous().t()
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        optimizer.step()
        twin.step()
        assert bits(tensors) == bits(others)
    for values, before, _ in kept:
        assert bits([values]) == before
    assert bits(tensors[:1]) != kept[0][1]


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
