"""What every optimizer of a circuit keeps, whichever circuit it is."""

import copy
import io
import math
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixedpoint import FixedMomentumSgdLanes
from stochastic import HybridMomentumSgdLanes, Lfsr
from stochastic.training import (
    FixedMomentumSGD,
    HybridMomentumSGD,
    MomentumSGD,
    Recorder,
    ShiftLR,
    load_records,
    save_records,
)
from tests.support.optimizer_steps import (
    SHAPES,
    assert_follows,
    bits,
    give_gradients,
    parameters,
)

# Class, options, and the unit of a gradient's code.
KINDS = {
    "stochastic": (MomentumSGD, {}, Fraction(1, 2**13)),
    "stochastic, long": (
        MomentumSGD,
        {"cycles_per_step": 2, "scale": 7, "sharing": "per-lane"},
        Fraction(1, 2**13),
    ),
    "decaying": (MomentumSGD, {"weight_decay": 2.0**-4}, Fraction(1, 2**13)),
    "hybrid": (HybridMomentumSGD, {}, Fraction(1, 2**13)),
    "hybrid, long": (
        HybridMomentumSGD,
        {"cycles_per_step": 4, "gradient_bits": 6, "momentum_bits": 16, "sharing": "per-lane"},
        Fraction(1, 2**6),
    ),
    "nearest": (FixedMomentumSGD, {}, Fraction(1, 2**12)),
    "random": (FixedMomentumSGD, {"rounding": "stochastic"}, Fraction(1, 2**12)),
    "wide": (
        FixedMomentumSGD,
        {
            "rounding": "stochastic",
            "gradient_format": "sQ4.20",
            "momentum_format": "sQ4.20",
            "weight_format": "sQ3.21",
        },
        Fraction(1, 2**20),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


pytestmark = pytest.mark.slow


def made(kind, tensors, **options):
    cls, own, _ = KINDS[kind]
    return cls(tensors, **{"lr": 0.02, "momentum": 0.875, **own, **options})


@every_kind
@pytest.mark.parametrize("lanes", [1, 64, 5])
def test_steps_are_those_of_the_circuit(kind, lanes):
    tensors = parameters(*SHAPES)
    optimizer = made(kind, tensors, lanes=lanes)
    rate = round(0.02 / optimizer.rate_unit)
    assert_follows(optimizer, tensors, rate=rate, gradient_unit=KINDS[kind][2], steps=5)


@every_kind
def test_a_checkpoint_goes_on_with_the_same_bits(kind):
    def run(optimizer, schedule, tensors, steps):
        for step in steps:
            give_gradients(tensors, seed=step)
            optimizer.step()
            schedule.step()

    def fresh(seed=0):
        tensors = parameters((9, 4), (33,), seed=seed)
        optimizer = made(kind, tensors, scale_interval=3)
        return tensors, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)

    tensors, optimizer, schedule = fresh()
    run(optimizer, schedule, tensors, range(4))
    file = io.BytesIO()
    state = [[t.detach() for t in tensors], optimizer.state_dict(), schedule.state_dict()]
    torch.save(state, file)
    twin_tensors, twin = copy.deepcopy((tensors, optimizer))
    give_gradients(twin_tensors, seed=4)
    twin.step()
    run(optimizer, schedule, tensors, range(4, 5))
    assert bits(twin_tensors) == bits(tensors)
    run(optimizer, schedule, tensors, range(5, 9))

    others, again, schedule = fresh(seed=1)
    file.seek(0)
    values, state, rates = torch.load(file, weights_only=True)
    with torch.no_grad():
        for tensor, saved in zip(others, values, strict=True):
            tensor.copy_(saved)
    again.load_state_dict(state)
    schedule.load_state_dict(rates)
    run(again, schedule, others, range(4, 9))
    assert bits(others) == bits(tensors)
    for one, other in zip(tensors, others, strict=True):
        momenta = optimizer.state[one]["momentum"], again.state[other]["momentum"]
        assert momenta[0].dtype == momenta[1].dtype
        assert torch.equal(*momenta)
    assert (again.position, again.steps) == (optimizer.position, 9)
    assert again.scale_history == optimizer.scale_history


@every_kind
def test_autograd_refuses_a_graph_of_weights_before_a_step(kind):
    (weight,) = parameters((5,))
    optimizer = made(kind, [weight])
    loss = (weight * weight).sum()
    weight.grad = torch.ones(5)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_checkpoint_of_another_circuit_is_refused():
    states = {kind: made(kind, parameters((4,))).state_dict() for kind in KINDS}
    optimizer = made("hybrid", parameters((4,)))
    with pytest.raises(ValueError) as caught:
        optimizer.load_state_dict(states["nearest"])
    assert (
        str(caught.value)
        == "the state is not one of HybridMomentumSGD: it has no 'weight_fraction'"
    )
    with pytest.raises(ValueError) as caught:
        optimizer.load_state_dict(states["stochastic"])
    assert str(caught.value) == (
        "the state is of another circuit: its type is "
        "'MomentumSgdLanes', but the optimizer's is "
        "'HybridMomentumSgdLanes'"
    )
    optimizer.load_state_dict(states["hybrid"])


@every_kind
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_gradients_that_are_not_finite_change_nothing(kind, bad):
    tensors = [("first", parameters((40,))[0]), ("second", parameters((3, 50))[0])]
    optimizer = made(kind, tensors)
    values = [tensor for _, tensor in tensors]
    for step in (0, 1):
        give_gradients(values, seed=0)
        values[1].grad[1, 30] = bad
        before = bits(values), str(optimizer.state_dict())
        with pytest.raises(ValueError, match=r"^the gradient of second is not finite$"):
            optimizer.step()
        assert (bits(values), str(optimizer.state_dict())) == before
        give_gradients(values, seed=0)
        optimizer.step()
        assert optimizer.steps == step + 1


@every_kind
def test_memory_format_and_threads_do_not_matter(kind):
    plain = parameters((8, 6, 3, 3), (1_100_000,))
    other = copy.deepcopy(plain)
    other[0] = torch.nn.Parameter(plain[0].detach().to(memory_format=torch.channels_last))
    results = []
    for tensors, threads in ((plain, 1), (other, 3)):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            optimizer = made(kind, tensors)
            give_gradients(tensors, seed=0)
            optimizer.step()
        finally:
            torch.set_num_threads(before)
        results.append((bits(tensors), [optimizer.momentum_codes(t).tolist() for t in tensors]))
    assert results[0] == results[1]


@every_kind
def test_pieces_and_batches_do_not_matter(kind, monkeypatch):
    """One piece a call of the kernel, of two groups each, gives the same bits."""
    results = []
    for small in (False, True):
        if small:
            monkeypatch.setattr("fixedpoint.update.base.SLICE_SIZE", 10)
            monkeypatch.setattr(
                "stochastic.training.optimizers.circuit_optimizer.BATCH_SIZE", 1
            )
        tensors = parameters(*SHAPES)
        optimizer = made(kind, tensors, lanes=5)
        for step in range(2):
            give_gradients(tensors, seed=step)
            optimizer.step()
        momenta = [optimizer.momentum_codes(t).tolist() for t in tensors]
        results.append((bits(tensors), momenta, optimizer.position))
        # In one of the last pieces: nothing of those before it changes.
        before = str(optimizer.state_dict()), bits(tensors)
        tensors[3].grad[-1, -1] = math.nan
        with pytest.raises(ValueError, match=r"^the gradient of parameter 3 is not finite$"):
            optimizer.step()
        assert (str(optimizer.state_dict()), bits(tensors)) == before
    assert results[0] == results[1]


@every_kind
def test_records_go_through_a_file_and_through_the_circuit(kind, tmp_path):
    tensors = parameters((9, 8), (3,))
    optimizer = made(kind, [("w", tensors[0]), ("b", tensors[1])], lanes=16)
    recorder = Recorder([0, 3])
    for step in range(5):
        give_gradients(tensors, seed=step)
        recorder.step(optimizer)
    length = optimizer.circuit.cycles_per_step
    found = [(r.step, r.name, r.position) for r in recorder.records]
    assert found == [
        (0, "w", 0), (0, "b", 5 * length), (3, "w", 18 * length), (3, "b", 23 * length),
    ]  # fmt: skip
    save_records(tmp_path / "records", optimizer.circuit, recorder.records)
    circuit, records = load_records(tmp_path / "records")
    assert circuit == optimizer.circuit
    for r in records:
        momentum, weight, _ = circuit.step_tensor(
            r.gradient, r.momentum_before, r.weight_before, rate=r.rate, position=r.position
        )
        np.testing.assert_array_equal(momentum, r.momentum_after)
        np.testing.assert_array_equal(weight, r.weight_after)
        assert r.gradient.any()


@every_kind
def test_a_quadratic_is_learned(kind):
    """The gradient of a parabola brings weights to its bottom, to a few steps' size."""
    goal = torch.linspace(-1, 1, 500)
    weight = torch.nn.Parameter(torch.zeros(500))
    optimizer = made(kind, [weight], lr=2.0**-6, scale=0)
    for _ in range(600):
        optimizer.zero_grad()
        ((weight - goal) ** 2 / 2).sum().backward()
        optimizer.step()
    # lambda of the decaying one moves the bottom to 1 / (1 + lambda) of the goal. Noise: a
    # weight takes ternary steps of lr against a force of w, so its variance is about lr / 2.
    bottom = goal / (1 + 2.0**-4 * (kind == "decaying"))
    assert (weight - bottom).square().mean().item() < 2 * 2.0**-6 / 2
    assert abs((weight - bottom).mean().item()) < 5 * math.sqrt(2.0**-7 / (500 / 64))


@pytest.mark.parametrize("rate", [0, 1, 1.4, 1.5, 2.9, 3, 700, 2**-9])
def test_shifts_are_powers_of_two(rate):
    weight = torch.nn.Parameter(torch.zeros(4))
    optimizer = MomentumSGD([weight], lr=2.0**-17 * 1024)
    ShiftLR(optimizer, lambda step: rate / 1024)
    expected = 0 if rate == 0 else max(1, 2 ** round(math.log2(rate)))
    assert optimizer.rate(optimizer.param_groups[0]) == expected


def test_shifts_with_groups_and_state():
    tensors = parameters((3,), (4,))
    groups = [{"params": [tensors[0]], "lr": 3.0}, {"params": [tensors[1]]}]
    optimizer = FixedMomentumSGD(groups, lr=0.25, rate_format="uQ2.8")
    schedule = ShiftLR(optimizer, lambda step: 0.5**step)
    # 3.0 is nearer to 4 in ratio, but the port takes 1023 at most.
    assert [optimizer.rate(g) for g in optimizer.param_groups] == [512, 64]
    give_gradients(tensors, seed=0)
    optimizer.step()
    schedule.step()
    assert [optimizer.rate(g) for g in optimizer.param_groups] == [512, 32]
    again = ShiftLR(optimizer, lambda step: 0.5**step)
    again.load_state_dict(schedule.state_dict())
    optimizer.step()
    again.step()
    assert [optimizer.rate(g) for g in optimizer.param_groups] == [256, 16]


def test_shifts_need_a_circuit():
    sgd = torch.optim.SGD(parameters((3,)), lr=0.1)
    with pytest.raises(TypeError) as caught:
        ShiftLR(sgd, lambda step: 1.0)
    sentence = "ShiftLR schedules an optimizer whose rates are integers times a unit, not SGD"
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda t: FixedMomentumSGD(t, weight_format="sQ3.22"),
            "weight_format must fit a signed number of 24 bits, not sQ3.22",
        ),
        (
            lambda t: FixedMomentumSGD(t, gradient_format="uQ3.21"),
            "gradient_format must fit a signed number of 24 bits, not uQ3.21",
        ),
        (
            lambda t: FixedMomentumSGD(t, lr=1.0),
            "lr must be between 0 and 0.2499847412109375, not 1.0",
        ),
        (
            lambda t: FixedMomentumSGD(t, momentum=0.9),
            "momentum must be 1 - 2**-n with an integer n from 0 to 16, not 0.9",
        ),
        (
            lambda t: HybridMomentumSGD(t, weight_bits=22, cycles_per_step=8),
            "weight_bits + log2(cycles_per_step) must be at most 24, not 25",
        ),
        (
            lambda t: HybridMomentumSGD(t, gradient_bits=15),
            "HybridMomentumSgdLanes momentum_bits must be between 15 and 16, not 14",
        ),
    ],
)
def test_bad_options(make, message):
    with pytest.raises(ValueError) as caught:
        make(parameters((3,)))
    assert str(caught.value) == message


def test_circuits_are_those_told():
    hybrid = made("hybrid", parameters((3,)), lanes=7, weight_bits=12, weight_fraction=9)
    assert hybrid.circuit == HybridMomentumSgdLanes(
        lanes=7, gradient_bits=13, momentum_bits=14, weight_bits=12, decay_shift=3,
        rate_bits=11, generator=Lfsr(width=14),
    )  # fmt: skip
    fixed = made("random", parameters((3,)), lanes=7)
    assert fixed.circuit == FixedMomentumSgdLanes(
        lanes=7, gradient_format="sQ4.12", momentum_format="sQ4.12", weight_format="sQ3.13",
        rate_format="uQ-2.16", decay_shift=3, rounding="stochastic", overflow="saturate",
        momentum_generator=Lfsr(width=13), weight_generator=Lfsr(width=14),
    )  # fmt: skip
