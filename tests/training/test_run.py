"""Runs in a folder: results on disk, resumed with the same bits, never of another kind."""

import csv
import json
import re
import zipfile

import pytest

torch = pytest.importorskip("torch")

from stochastic.training import (
    OPTIMIZERS,
    SCHEDULES,
    Configuration,
    Run,
    load_records,
    save_records,
)
from stochastic.training.runs.training_roles import words_of_seed
from tests.support.small_runs import SMALL, KilledError, bits, killed_after, same

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stopped."""
    run = Run(tmp_path_factory.mktemp("run") / "whole", SMALL, record=(1, -1))
    run.train()
    return run


def test_the_folder_holds_all_of_a_run(whole):
    assert sorted(path.name for path in whole.folder.iterdir()) == [
        "checkpoint.pt", "configuration.json", "epochs.csv", "records.npz",
    ]  # fmt: skip
    assert json.loads((whole.folder / "configuration.json").read_text()) == SMALL.to_dict()
    rows = list(csv.DictReader((whole.folder / "epochs.csv").open()))
    assert [int(row["number"]) for row in rows] == [1, 2, 3]
    assert [float(row["loss"]) for row in rows] == [e.loss for e in whole.trainer.results]
    # 160 images less 32 held out are 4 batches an epoch.
    assert whole.steps == whole.trainer.step == 12
    assert whole.done
    circuit, records = load_records(whole.records)
    assert circuit == whole.trainer.optimizer.circuit
    assert {record.step for record in records} == {1, 11}


# At the start, in mid-epoch, at an epoch's last step, after its test, at the last step.
@pytest.mark.parametrize("steps", [1, 3, 4, 5, 12])
def test_a_killed_run_ends_with_the_same_bits(whole, tmp_path, steps):
    with pytest.raises(KilledError):
        Run(tmp_path, SMALL, record=(1, -1)).train(killed_after(steps), checkpoint_seconds=0)
    again = Run(tmp_path, record=(1, -1))
    assert again.trainer.step == steps
    again.train()
    assert same(bits(again), bits(whole))
    for mine, its in zip(again.trainer.results, whole.trainer.results, strict=True):
        assert (mine.loss, mine.train_accuracy, mine.test_accuracy) == (
            its.loss, its.train_accuracy, its.test_accuracy,
        )  # fmt: skip
    records, wanted = load_records(again.records)[1], load_records(whole.records)[1]
    assert [(r.step, r.name) for r in records] == [(r.step, r.name) for r in wanted]


def test_steps_after_the_last_checkpoint_are_made_again(whole, tmp_path):
    with pytest.raises(KilledError):
        # No time for a checkpoint but that after the first epoch.
        Run(tmp_path, SMALL).train(killed_after(7), checkpoint_seconds=1e9)
    again = Run(tmp_path)
    assert again.trainer.step == 5
    again.train()
    assert same(bits(again), bits(whole))


def test_another_seed_gives_other_bits(whole, tmp_path):
    other = Run(tmp_path, SMALL.replace(seed=4))
    other.train()
    assert not same(bits(other), bits(whole))


def test_a_finished_run_is_left_as_it_is(whole):
    before = whole.checkpoint.read_bytes()
    again = Run(whole.folder)
    assert again.done
    assert [e.test_accuracy for e in again.trainer.results] == [
        e.test_accuracy for e in whole.trainer.results
    ]
    assert whole.checkpoint.read_bytes() == before


def test_settings_of_another_run_are_refused(whole):
    with pytest.raises(
        ValueError,
        match=f"^{whole.folder} holds a run with seed 3, not 4: give the same settings to go "
        "on with it, or another folder$",
    ):
        Run(whole.folder, SMALL.replace(seed=4))


def test_a_checkpoint_of_another_lane_count_is_refused(whole, tmp_path):
    Run(tmp_path, SMALL.replace(lanes=8))
    (tmp_path / "checkpoint.pt").write_bytes(whole.checkpoint.read_bytes())
    with pytest.raises(ValueError, match=r"checkpoint\.pt is of a run with lanes None, not 8$"):
        Run(tmp_path)


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_truncated_checkpoint_is_refused(whole, tmp_path, left):
    Run(tmp_path, SMALL)
    data = whole.checkpoint.read_bytes()[:left]
    (tmp_path / "checkpoint.pt").write_bytes(data)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is not a checkpoint: "):
        Run(tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == data


def test_a_checkpoint_with_a_flipped_bit_is_refused(whole, tmp_path):
    Run(tmp_path, SMALL)
    data = bytearray(whole.checkpoint.read_bytes())
    with zipfile.ZipFile(whole.checkpoint) as archive:
        largest = max(archive.infolist(), key=lambda part: part.file_size)
    data[largest.header_offset + largest.file_size // 2] ^= 1
    (tmp_path / "checkpoint.pt").write_bytes(data)
    with pytest.raises(
        ValueError, match=rf"checkpoint\.pt is not a checkpoint: {largest.filename} in it is"
    ):
        Run(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "is not a checkpoint: list indices must be integers"),
        ({}, "is not a checkpoint: 'configuration'$"),
        (
            {"configuration": 3},
            "is not a checkpoint: parameters must be a text of JSON, not 3$",
        ),
        ({"configuration": "[]"}, "is not a checkpoint: parameters must be a JSON object"),
        (
            {"configuration": words_of_seed(1).to_json()},
            "is not a checkpoint: its configuration is one of Lfsr$",
        ),
        ({"configuration": SMALL.to_json()}, "cannot be used: 'trainer'$"),
        ({"configuration": SMALL.to_json(), "trainer": [1]}, "cannot be used: list indices"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, content, sentence):
    Run(tmp_path, SMALL)
    torch.save(content, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match=rf"^{tmp_path}/checkpoint\.pt {sentence}") as caught:
        Run(tmp_path)
    assert "\n" not in str(caught.value)


def test_records_of_another_circuit_are_refused(whole, tmp_path):
    run = Run(tmp_path, SMALL, record=(0,))
    with pytest.raises(KilledError):
        run.train(killed_after(3), checkpoint_seconds=0)
    circuit, records = load_records(run.records)
    other = circuit.replace(decay_shift=circuit.decay_shift + 1)
    save_records(run.records, other, records)
    before = run.records.read_bytes()
    with pytest.raises(ValueError, match=r"records\.npz holds records of another circuit$"):
        Run(tmp_path, record=(0, -1))
    assert run.records.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"type": "Lfsr", "width": 8}', '{"epochs": 3}', "[" * 100_000),
        *(
            f'{{"type": "Configuration", "lr": {10**400}}}',
            '{"type": "Configuration", "lr": []}',
        ),
    ],
)
def test_a_corrupt_configuration_is_refused(tmp_path, text):
    (tmp_path / "configuration.json").write_text(text)
    with pytest.raises(ValueError, match=r"configuration\.json is not a configuration"):
        Run(tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no run: there is no configuration$"):
        Run(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"images": 8001},
            "images must be at most 8000, as fashion-mnist-subset has, not 8001",
        ),
        ({"validation": 160}, "validation must be less than the 160 images used, not 160"),
        (
            {"batch_size": 129},
            "batch_size must be at most the 128 images trained on, not 129",
        ),
    ],
)
def test_images_that_are_not_there_are_refused(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Run(tmp_path / "run", SMALL.replace(**changes))
    assert not (tmp_path / "run").exists()


@pytest.fixture
def digits(tmp_path):
    """The directory of a small data set of 8 x 8 images."""
    row = ",".join(["1", "15"] * 32)
    (tmp_path / "digits.csv").write_text("".join(f"{row},{i % 10}\n" for i in range(20)))
    return tmp_path


@pytest.mark.parametrize("model", ["vgg16", "resnet18", "mobilenetv2"])
def test_single_images_that_end_as_one_pixel_are_refused(tmp_path, digits, model):
    settings = SMALL.replace(
        model=model, dataset="digits", images=16, validation=0, batch_size=1, epochs=1
    )
    sentence = (
        f"batch_size must be at least 2 for {model} on images of 8 x 8, which it reduces to "
        "one pixel, too few for batch normalization, not 1"
    )
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Run(tmp_path / "run", settings, data_directory=digits)
    assert not (tmp_path / "run").exists()


def test_two_images_and_single_larger_ones_are_enough(tmp_path, digits):
    settings = SMALL.replace(dataset="digits", images=5, validation=0, batch_size=2, epochs=1)
    run = Run(tmp_path / "run", settings, data_directory=digits)
    # The fifth image, alone in its batch, is left out.
    assert (run.steps, len(run.train())) == (2, 1)
    settings = SMALL.replace(images=2, validation=0, batch_size=1, epochs=1)
    assert len(Run(tmp_path / "larger", settings).train()) == 1


def test_steps_that_are_not_there_or_of_no_circuit_cannot_be_recorded(tmp_path):
    with pytest.raises(
        ValueError, match="^steps to record must be between -12 and 11, not 12$"
    ):
        Run(tmp_path / "run", SMALL, record=(12,))
    with pytest.raises(
        ValueError, match="^the optimizer sgd is no circuit: no step can be recorded$"
    ):
        Run(tmp_path / "run", SMALL.replace(optimizer="sgd", lr=None), record=(0,))


def test_steps_that_are_done_cannot_be_recorded(tmp_path):
    with pytest.raises(KilledError):
        Run(tmp_path, SMALL, record=(1,)).train(killed_after(4), checkpoint_seconds=0)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(
        ValueError, match="^steps to record must be 4 or later, where the run goes on, not 3$"
    ):
        Run(tmp_path, record=(1, 3))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    # Without records of its own, a run goes on.
    (tmp_path / "records.npz").unlink()
    assert Run(tmp_path, record=None).trainer.step == 4
    assert Run(tmp_path, record=(4, -1)).trainer.step == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"threads": "two"}, "Configuration: threads must be an integer, not 'two'"),
        ({"width": "1/8"}, "Configuration: width must be a number, not '1/8'"),
        ({"width": None}, "Configuration: width must be a number, not None"),
        ({"width": True}, "Configuration: width must be a number, not True"),
        ({"lr": [0.1]}, "Configuration: lr must be a number, not (0.1,)"),
        ({"momentum": "0.9"}, "Configuration: momentum must be a number, not '0.9'"),
        ({"weight_decay": []}, "Configuration: weight_decay must be a number, not ()"),
        ({"layerwise": 1}, "Configuration: layerwise must be True or False, not 1"),
        ({"epochs": 1.5}, "Configuration: epochs must be an integer, not 1.5"),
        ({"model": 3}, "model must be one of vgg16, resnet18, mobilenetv2, not 3"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_with_the_file(tmp_path, changes, sentence):
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps({**SMALL.to_dict(), **changes}))
    with pytest.raises(ValueError) as caught:
        Run(tmp_path)
    assert str(caught.value) == f"{path} is not a configuration: {sentence}"


def test_a_configuration_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "configuration.json"
    path.write_bytes(b"\xff\xfe")
    sentence = f"^file {path} cannot be read: it is no text in utf-8$"
    with pytest.raises(ValueError, match=sentence):
        Run(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match=f"^file {path} cannot be read: Is a directory$"):
        Run(tmp_path)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"width": 0.0}, "width must be above 0 and at most 1, not 0.0"),
        ({"lr": -1.0}, "lr must be a positive number, not -1.0"),
        ({"lr": float("nan")}, "lr must be a positive number, not nan"),
        ({"lr": 10**400}, f"lr must be a positive number, not 1{'0' * 199}..."),
        ({"lr": 10**5000}, "lr must be a positive number, not an integer of 16610 bits"),
        *(
            (
                {"optimizer": "sgd", "weight_decay": value},
                f"weight_decay must be a number of 0 or more, not {value}",
            )
            for value in (float("nan"), float("inf"), -0.5)
        ),
        ({"momentum": 1.0}, "momentum must be 0 or more and less than 1, not 1.0"),
        ({"optimizer": "sgd", "lanes": 4}, "the optimizer sgd has no lanes"),
        ({"epochs": 0}, "epochs must be between 1 and 1048576, not 0"),
        ({"generator": "dice"}, "generator must be one of lfsr, sobol, not 'dice'"),
        ({"formats": "17-bit"}, "formats must be 2-bit to 16-bit, not '17-bit'"),
        (
            {"formats": "8-bit", "device": "cuda"},
            "formats are computed on the cpu, not on cuda",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Configuration(**settings)


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match="^model must be one of vgg16, resnet18, mobilenetv2, not 'lenet'$"
    ):
        Configuration(model="lenet")


def test_the_learning_rate_is_the_optimizers_own_by_default():
    assert Configuration(optimizer="sgd").lr != Configuration(optimizer="dsc-momentum").lr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_run_on_a_gpu_resumes_with_the_same_bits(tmp_path):
    settings = SMALL.replace(device="cuda")
    whole = Run(tmp_path / "whole", settings)
    whole.train()
    with pytest.raises(KilledError):
        Run(tmp_path / "run", settings).train(killed_after(6), checkpoint_seconds=0)
    again = Run(tmp_path / "run")
    again.train()
    assert same([t.cpu() for t in bits(again)], [t.cpu() for t in bits(whole)])


def test_a_schedule_of_shifts_is_for_circuits():
    with pytest.raises(ValueError, match="^the schedule shift is for circuits, not for sgd$"):
        Configuration(optimizer="sgd", schedule="shift")


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [*((name, "cosine") for name in OPTIMIZERS), *(("hybrid", name) for name in SCHEDULES)],
)
def test_every_optimizer_and_schedule_trains_and_resumes(tmp_path, optimizer, schedule):
    settings = SMALL.replace(optimizer=optimizer, schedule=schedule, lr=None, epochs=1)
    whole = Run(tmp_path / "whole", settings)
    start = bits(whole)
    whole.train()
    assert not same(bits(whole), start)
    with pytest.raises(KilledError):
        Run(tmp_path / "run", settings).train(killed_after(2), checkpoint_seconds=0)
    again = Run(tmp_path / "run")
    again.train()
    assert same(bits(again), bits(whole))
