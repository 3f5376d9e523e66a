import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixedpoint import to_bfloat16
from stochastic import Counter, Lfsr
from stochastic.training import Bfloat16MomentumSGD, Recorder

SHAPES = [(7, 5), (1,), (130,), (2, 3, 4, 5)]


def network(seed=0, shapes=SHAPES):
    source = torch.Generator().manual_seed(seed)
    return [
        (f"tensor{i}", torch.nn.Parameter(torch.randn(shape, generator=source)))
        for i, shape in enumerate(shapes)
    ]


def give_gradients(named, seed):
    source = torch.Generator().manual_seed(seed)
    for _, tensor in named:
        size = torch.rand((), generator=source)
        tensor.grad = torch.randn(tensor.shape, generator=source) * size


def bits(tensor):
    return tensor.detach().contiguous().view(torch.int32)


@pytest.mark.parametrize("n", [0, 2, 5])
def test_updates_are_those_of_torch(n):
    named = network()
    optimizer = Bfloat16MomentumSGD(
        named, lr=0.03, momentum=1 - 2.0**-n, rounding="nearest_even", lanes=3
    )
    rate = torch.tensor(0.03, dtype=torch.bfloat16)
    weights = [tensor.detach().to(torch.bfloat16) for _, tensor in named]
    momenta = [torch.zeros_like(weight) for weight in weights]
    for step in range(20):
        give_gradients(named, step)
        optimizer.step()
        for i, (_, tensor) in enumerate(named):
            gradient = tensor.grad.to(torch.bfloat16)
            momenta[i] = momenta[i] + (gradient - momenta[i]) * 2.0**-n
            weights[i] = weights[i] - rate * momenta[i]
            assert torch.equal(bits(tensor), bits(weights[i].float()))
            shown = optimizer.momentum_codes(tensor)
            np.testing.assert_array_equal(
                shown, momenta[i].view(torch.int16).numpy().reshape(-1).view(np.uint16)
            )
    assert optimizer.position == 20 * sum(-(-tensor.numel() // 3) for _, tensor in named)


@pytest.mark.parametrize(
    ("lanes", "generator"),
    [(1, Lfsr(width=5)), (5, Lfsr(width=13)), (64, None), (4, Lfsr(width=16))],
)
def test_updates_are_those_of_the_circuit(lanes, generator):
    named = network(1)
    optimizer = Bfloat16MomentumSGD(named, lr=0.01, lanes=lanes, generator=generator)
    position = 0
    for step in range(6):
        give_gradients(named, 100 + step)
        before = [(optimizer.momentum_codes(t), optimizer.weight_codes(t)) for _, t in named]
        optimizer.step()
        for (_, tensor), (momentum, weight) in zip(named, before, strict=True):
            momentum, weight, position = optimizer.circuit.step_tensor(
                to_bfloat16(tensor.grad.numpy()).reshape(-1),
                momentum,
                weight,
                rate=int(to_bfloat16(0.01)),
                position=position,
            )
            np.testing.assert_array_equal(optimizer.momentum_codes(tensor), momentum)
            np.testing.assert_array_equal(optimizer.weight_codes(tensor), weight)
            # What the codes say is what the tensor holds.
            as_floats = torch.from_numpy(weight << 16).view(torch.float32)
            assert torch.equal(tensor.detach().reshape(-1), as_floats)
    assert optimizer.position == position


def test_records_go_through_the_circuit():
    named = network(2)
    optimizer = Bfloat16MomentumSGD(named, lr=0.05, lanes=6)
    recorder = Recorder([1])
    for step in range(2):
        give_gradients(named, step)
        recorder.step(optimizer)
    records = recorder.records
    assert [record.name for record in records] == [name for name, _ in named]
    circuit = optimizer.circuit
    begin = records[0].position
    cycles = begin + sum(circuit.cycles(len(r.gradient)) for r in records) + 1
    assert begin == optimizer.position // 2
    inputs = {p.name: np.zeros((cycles, p.count), np.int64) for p in circuit.inputs}
    inputs["load"][:] = 1
    for record in records:
        rows = slice(record.position, record.position + circuit.cycles(len(record.gradient)))
        inputs["rate"][rows] = record.rate
        for port, values in (
            ("gradient", record.gradient),
            ("momentum_in", record.momentum_before),
            ("weight_in", record.weight_before),
        ):
            inputs[port][rows] = np.resize(values, inputs[port][rows].shape)
    outputs, _ = circuit.run(inputs)
    for record in records:
        size = len(record.gradient)
        for port in ("momentum", "weight"):
            shown = outputs[port][record.position + 1 :].reshape(-1)[:size]
            np.testing.assert_array_equal(shown, getattr(record, f"{port}_after"))


def test_a_checkpoint_goes_on_with_the_same_bits(tmp_path):
    named, other = network(3), network(4)
    one = Bfloat16MomentumSGD(named, lr=0.1, generator=Lfsr(width=7), lanes=8)
    for step in range(3):
        give_gradients(named, step)
        one.step()
    torch.save((one.state_dict(), [t for _, t in named]), tmp_path / "state")
    state, tensors = torch.load(tmp_path / "state", weights_only=False)
    two = Bfloat16MomentumSGD(other, lr=0.1, generator=Lfsr(width=7), lanes=8)
    with torch.no_grad():
        for (_, tensor), saved in zip(other, tensors, strict=True):
            tensor.copy_(saved)
    two.load_state_dict(state)
    third = copy.deepcopy(two)
    for step in range(3, 6):
        for names, optimizer in ((named, one), (other, two)):
            give_gradients(names, step)
            optimizer.step()
    for (_, a), (_, b) in zip(named, other, strict=True):
        assert torch.equal(bits(a), bits(b))
        np.testing.assert_array_equal(one.momentum_codes(a), two.momentum_codes(b))
    assert one.position == two.position > third.position


def test_state_takes_two_bytes_a_parameter():
    named = network()
    optimizer = Bfloat16MomentumSGD(named)
    give_gradients(named, 0)
    optimizer.step()
    sizes = [
        (state["momentum"].element_size() * state["momentum"].numel(), tensor.numel())
        for tensor, state in optimizer.state.items()
    ]
    assert sizes == [(2 * tensor.numel(), tensor.numel()) for _, tensor in named]


def test_memory_formats_and_missing_gradients():
    one, two = (network(5, [(3, 4, 5, 2), (6,)]) for _ in range(2))
    two[0][1].data = two[0][1].data.to(memory_format=torch.channels_last)
    for named in (one, two):
        give_gradients(named, 7)
        named[1][1].grad = None
        before = named[1][1].detach().clone()
        Bfloat16MomentumSGD(named, lr=0.5).step()
        assert torch.equal(named[1][1], before.to(torch.bfloat16).float())
    assert torch.equal(one[0][1], two[0][1])


def test_small_updates_are_lost_only_where_the_nearest_is_taken():
    weights = {}
    for rounding in ("nearest_even", "stochastic"):
        weight = torch.nn.Parameter(torch.ones(4096))
        optimizer = Bfloat16MomentumSGD([weight], lr=2.0**-13, momentum=0.0, rounding=rounding)
        for _ in range(256):
            weight.grad = torch.ones(4096)
            optimizer.step()
        weights[rounding] = weight.detach().double()
    assert torch.equal(weights["nearest_even"], torch.ones(4096).double())
    # 256 steps of 1/32 of the distance of two weights, 2^-8. The 13 lanes that see other
    # words than each other are alike in nothing, so that the mean of one lane's count has
    # a deviation of sqrt(256 * 1/32 * 31/32 / 13) at the most, and a mean of 8.
    taken = (1 - weights["stochastic"]) * 256
    assert abs(taken.mean().item() - 8) < 4 * (256 / 32 * 31 / 32 / 13) ** 0.5


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 3.4e38])
def test_gradients_that_are_not_finite_are_refused(value):
    named = network(6)
    optimizer = Bfloat16MomentumSGD(named)
    give_gradients(named, 1)
    named[2][1].grad[77] = value
    before = [tensor.detach().clone() for _, tensor in named]
    with pytest.raises(ValueError, match="^the gradient of tensor2 is not finite$"):
        optimizer.step()
    assert all(torch.equal(t, b) for (_, t), b in zip(named, before, strict=True))
    assert optimizer.steps == optimizer.position == 0


def test_the_largest_finite_gradient_is_taken():
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = Bfloat16MomentumSGD([weight], lr=1.0, momentum=0.0)
    just_below = float(np.nextafter(np.float32(2.0**128 - 2.0**119), np.float32(0)))
    weight.grad = torch.tensor([just_below, 1.0])
    optimizer.step()
    assert weight.tolist() == [-(2.0**128 - 2.0**120), -1.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": -0.1}, "lr must be between 0 and 3.3895313892515355e+38, not -0.1"),
        ({"lr": float("nan")}, "lr must be between 0 and 3.3895313892515355e+38, not nan"),
        ({"lr": 3.4e38}, "lr must be between 0 and 3.3895313892515355e+38, not 3.4e+38"),
        (
            {"lr": 2.0**-134},
            "lr must be 0 or more than half of 9.183549615799121e-41, the smallest "
            "positive bfloat16 number, not 4.591774807899561e-41",
        ),
        (
            {"momentum": 0.9},
            "momentum must be 1 - 2**-n with an integer n from 0 to 16, not 0.9",
        ),
        (
            {"generator": Lfsr(width=17)},
            "Bfloat16MomentumSgdLanes weight_generator width must be between 1 and 16, not 17",
        ),
        (
            {"rounding": "truncate"},
            "Bfloat16MomentumSgdLanes rounding must be one of nearest_even, stochastic, "
            "not 'truncate'",
        ),
        (
            {"rounding": "nearest_even", "generator": Counter(width=2)},
            r"Bfloat16MomentumSgdLanes weight_generator must be None if no rounding is "
            r"STOCHASTIC, not Counter\(.*\)",
        ),
    ],
)
def test_errors(changes, message):
    with pytest.raises(
        ValueError, match=f"^{message.replace('**', '[*][*]').replace('e+', 'e[+]')}$"
    ):
        Bfloat16MomentumSGD(network(), **changes)


def test_weights_that_are_not_finite_are_refused():
    weight = torch.nn.Parameter(torch.tensor([1.0, float("inf")]))
    with pytest.raises(
        ValueError,
        match="^weights must be finite in bfloat16, but parameter 0 holds inf$",
    ):
        Bfloat16MomentumSGD([weight])


def test_weights_are_rounded_when_the_optimizer_is_made():
    weight = torch.nn.Parameter(torch.tensor([1 + 2**-8, 1 + 3 * 2**-8, -1e-45]))
    Bfloat16MomentumSGD([weight])
    assert weight.tolist() == [1.0, 1 + 2**-6, 0.0]
