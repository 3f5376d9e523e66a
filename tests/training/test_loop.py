"""Training: the same bits for the same seed, and networks that learn."""

import copy
import dataclasses

import numpy as np
import pytest

pytestmark = pytest.mark.slow

torch = pytest.importorskip("torch")

from stochastic import Counter, Lfsr
from stochastic.training import (
    Dataset,
    MomentumSGD,
    Recorder,
    Trainer,
    load_records,
    save_records,
    train,
    vgg16,
)


def bars(n, seed):
    """Return images with a bright row, and that row's number as their label."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 100, (n, 1, 4, 6)).astype(np.uint8)
    labels = rng.integers(0, 4, n).astype(np.uint8)
    images[np.arange(n), 0, labels] += 120
    return images, labels


DATA = Dataset("bars", *bars(300, 0), *bars(100, 1), classes=4)


def network(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, (1, 6), bias=False),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(32, 4),
    )


def trained(seed=0, recorder=None, **options):
    model = network()
    optimizer = MomentumSGD(model.named_parameters(), lr=0.01, **options)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3 * 18)
    epochs = train(
        model, DATA, optimizer, epochs=3, batch_size=16, seed=seed, schedule=schedule,
        recorder=recorder,
    )  # fmt: skip
    weights = np.concatenate([p.detach().numpy().reshape(-1) for p in model.parameters()])
    return weights, epochs, optimizer


def test_a_small_network_learns():
    _, epochs, optimizer = trained()
    assert [(e.number, e.epochs) for e in epochs] == [(1, 3), (2, 3), (3, 3)]
    # A guess is right once in four; five standard deviations above is 0.47.
    assert epochs[-1].test_accuracy > 0.47
    assert epochs[-1].loss < epochs[0].loss
    # 300 images are 18 whole batches of 16.
    assert optimizer.steps == 3 * 18
    assert optimizer.param_groups[0]["lr"] == 0


def test_a_seed_gives_the_same_bits():
    (one, first, _), (again, second, _), (other, _, _) = (
        trained(0), trained(0), trained(1)
    )  # fmt: skip
    assert one.tobytes() == again.tobytes() != other.tobytes()
    assert [e.loss for e in first] == [e.loss for e in second]


def test_progress_is_reported():
    seen = []
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    epochs = train(model, DATA, optimizer, epochs=2, batch_size=50, progress=seen.append)
    assert seen == epochs
    assert all(e.seconds > 0 for e in epochs)


def test_records_go_through_a_file(tmp_path):
    recorder = Recorder([0, 20])
    weights, _, optimizer = trained(recorder=recorder)
    # To record changes nothing.
    assert weights.tobytes() == trained()[0].tobytes()
    names = ["0.weight", "1.weight", "1.bias", "4.weight", "4.bias"]
    assert [(r.step, r.name) for r in recorder.records] == [
        (step, name) for step in (0, 20) for name in names
    ]
    path = tmp_path / "records"
    save_records(path, optimizer.circuit, recorder.records)
    circuit, records = load_records(path)
    assert circuit == optimizer.circuit
    for one, other in zip(recorder.records, records, strict=True):
        for field in ("step", "name", "rate", "scale", "position"):
            assert getattr(one, field) == getattr(other, field)
        for field in ("gradient", "momentum_before", "momentum_after", "weight_before"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
        momentum, weight, _ = circuit.step_tensor(
            other.gradient,
            other.momentum_before,
            other.weight_before,
            rate=other.rate,
            position=other.position,
        )
        np.testing.assert_array_equal(momentum, other.momentum_after)
        np.testing.assert_array_equal(weight, other.weight_after)
    assert any((r.weight_before != r.weight_after).any() for r in records)


def test_a_recorded_gradient_may_share_memory_with_its_weight():
    weight = torch.nn.Parameter(torch.tensor([1.0, -0.6, 0.1]))
    optimizer = MomentumSGD([weight], lr=0.2, momentum=0.0, scale=0)
    recorder = Recorder([1])
    weight.grad = weight.detach()
    # Weights move by the momenta from before a step, which are 0 in the first one.
    for _ in range(2):
        recorder.step(optimizer)
    (record,) = recorder.records
    # Codes are multiples of 2^-13: of weights on their grid of 2^-17 before the step.
    assert record.gradient.tolist() == [8192, -4915, 819]
    assert (record.weight_before != record.weight_after).any()
    # Recording leaves the gradient what it was.
    assert weight.grad.data_ptr() == weight.data_ptr()


def state_after(steps, epochs=2):
    """Return a trainer of 3 steps an epoch after some steps, and its state."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3 * epochs)
    trainer = Trainer(model, DATA, optimizer, epochs=epochs, batch_size=100, schedule=schedule)
    for step in trainer.steps() if steps else ():
        if step == steps:
            break
    return trainer, copy.deepcopy(trainer.state_dict())


def test_a_schedule_of_the_momentum_goes_on():
    whole, _ = state_after(6)
    _, state = state_after(3)
    assert state["optimizer"]["param_groups"][0]["momentum"] != 0.95
    trainer, _ = state_after(0)
    trainer.load_state_dict(state)
    for _ in trainer.steps():
        pass
    for one, other in zip(whole.model.parameters(), trainer.model.parameters(), strict=True):
        assert torch.equal(one, other)
    # A longer run has the momenta of its own length.
    trainer, _ = state_after(0, epochs=4)
    trainer.load_state_dict(state)
    longer, _ = state_after(3, epochs=4)
    (group,), (expected,) = trainer.optimizer.param_groups, longer.optimizer.param_groups
    assert (group["lr"], group["momentum"]) == (expected["lr"], expected["momentum"])
    state["optimizer"]["param_groups"][0]["momentum"] = 0.5
    trainer, _ = state_after(0)
    with pytest.raises(
        ValueError,
        match=r"^group 0 of the state has momentum 0\.5, not 0\.\d+ as after step 3$",
    ):
        trainer.load_state_dict(state)


def test_a_trainer_with_a_schedule_does_not_go_back():
    _, state = state_after(3)
    trainer, _ = state_after(6)
    sentence = (
        "a trainer with a schedule does not go back from step 6 to step 3: make a new one"
    )
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        trainer.load_state_dict(state)


def test_broken_files_of_records(tmp_path):
    path = tmp_path / "records.npz"
    with pytest.raises(FileNotFoundError):
        load_records(path)
    for data in (b"", b"no archive"):
        path.write_bytes(data)
        with pytest.raises(
            ValueError, match=f"^{path} is not a file of records: it is no archive"
        ):
            load_records(path)
    save_records(path, Counter(width=3), [])
    with pytest.raises(
        ValueError, match=f"^{path} holds records of Counter, which updates no parameters$"
    ):
        load_records(path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"step": -1}, "step must be between 0 and 4611686018427387904, not -1"),
        ({"position": 0.5}, "position must be an integer, not 0.5"),
        ({"rate": 1 << 19}, "port rate takes values from 0 to 524287, not 524288"),
        ({"name": None}, "name must be a string, not None"),
        (
            {"gradient": np.array([1, 8193])},
            "port gradient takes values from -8192 to 8192, not 8193",
        ),
        ({"weight_after": np.zeros(2)}, "port weight takes integers, not float64"),
        (
            {"momentum_after": np.array([1])},
            "momentum_after of weight must have shape (2,), not (1,)",
        ),
        (
            {"gradient": np.array([[1, 2]])},
            "gradient of weight must have shape (2,), not (1, 2)",
        ),
    ],
)
def test_records_that_do_not_fit_the_circuit(tmp_path, changes, sentence):
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    optimizer, recorder = MomentumSGD([("weight", weight)]), Recorder([0])
    recorder.step(optimizer)
    path = tmp_path / "records.npz"
    save_records(path, optimizer.circuit, [dataclasses.replace(recorder.records[0], **changes)])
    with pytest.raises(ValueError) as caught:
        load_records(path)
    assert str(caught.value) == f"{path} holds a record that does not fit: {sentence}"


@pytest.mark.parametrize("shift", [-1, 1, 1 << 60])
def test_records_that_are_not_one_after_another_are_refused(tmp_path, shift):
    recorder = Recorder([0, 2])
    _, _, optimizer = trained(recorder=recorder)
    path = tmp_path / "records.npz"
    first, second, *others = recorder.records
    away = dataclasses.replace(second, position=second.position + shift)
    save_records(path, optimizer.circuit, [first, away, *others])
    with pytest.raises(ValueError) as caught:
        load_records(path)
    assert str(caught.value) == (
        f"{path} holds a record that does not fit: {second.name} of step 0 must start at "
        f"cycle {second.position}, where the tensor before it ends, not at {away.position}"
    )
    # Steps, on the other hand, lie wherever they were made.
    save_records(path, optimizer.circuit, recorder.records)
    assert len(load_records(path)[1]) == len(recorder.records)


def test_a_file_of_records_is_replaced_whole_or_not_at_all(tmp_path):
    recorder = Recorder([0])
    _, _, optimizer = trained(recorder=recorder)
    path = tmp_path / "records.npz"
    save_records(path, optimizer.circuit, recorder.records)
    before = path.read_bytes()
    (*others, last) = recorder.records
    unfit = dataclasses.replace(last, gradient=np.array([None]))
    with pytest.raises(ValueError, match="^Object arrays cannot be saved"):
        save_records(path, optimizer.circuit, [*others, unfit])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_only_steps_of_the_circuit_are_recorded():
    optimizer = torch.optim.SGD(network().parameters(), lr=0.1)
    with pytest.raises(
        TypeError,
        match=r"^only steps of an optimizer that stands for a circuit are recorded, not those "
        "of SGD$",
    ):
        Recorder([0]).step(optimizer)


@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32), (1, 17)])
def test_vgg16_shapes(channels, side):
    model = vgg16(channels=channels, width=1 / 16, classes=7)
    images = torch.zeros(2, channels, side, side)
    assert model(images).shape == (2, 7)


def test_vgg16_size():
    """Counted by hand from configuration D: 3 x 3 convolutions, two values a channel more."""
    convolutions = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256),
                    (256, 256), (256, 512), *[(512, 512)] * 5]  # fmt: skip
    expected = sum(9 * a * b + 2 * b for a, b in convolutions) + 512 * 10 + 10
    assert sum(p.numel() for p in vgg16(channels=3).parameters()) == expected
    eighth = [(a // 8, b // 8) for a, b in convolutions[1:]]
    expected = 9 * 8 + 2 * 8 + sum(9 * a * b + 2 * b for a, b in eighth) + 64 * 10 + 10
    assert sum(p.numel() for p in vgg16(width=1 / 8).parameters()) == expected


def test_bad_use():
    with pytest.raises(ValueError, match=r"^width must be above 0 and at most 1, not 0$"):
        vgg16(width=0)
    with pytest.raises(ValueError, match=r"^channels must be between 1 and 4096, not 0$"):
        vgg16(channels=0)
    model = network()
    optimizer = MomentumSGD(model.parameters(), gradient_generator=Lfsr(width=8))
    with pytest.raises(ValueError, match=r"^batch size must be between 1 and 300, not 301$"):
        train(model, DATA, optimizer, epochs=1, batch_size=301)
    with pytest.raises(ValueError, match=r"^epochs must be between 1 and 1048576, not 0$"):
        train(model, DATA, optimizer, epochs=0)
