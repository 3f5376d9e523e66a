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
from tests.support.optimizer_steps import (
    SHAPES,
    assert_follows,
    bits,
    give_gradients,
    parameters,
)

# The kernels take long to compile.
pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("momentum_bits", range(4, 17))
def test_the_default_generators_differ_at_every_width(momentum_bits):
    circuit = MomentumSGD(parameters((3,)), momentum_bits=momentum_bits).circuit
    assert circuit.momentum_generator.width == momentum_bits
    assert circuit.gradient_generator.width == (12 if momentum_bits == 13 else 13)


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
def test_a_tensor_is_updated_once():
    first, second = parameters((3,), (2,))
    with pytest.raises(
        ValueError,
        match="^an optimizer takes each tensor once, but parameter 2 is repeated$",
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
