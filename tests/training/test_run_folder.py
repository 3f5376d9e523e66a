"""A run's folder: one writer, epochs that are added, and checkpoints that must fit."""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

torch = pytest.importorskip("torch")

from fixedpoint.circuit.folder_lock import LOCK, sole_writer
from stochastic.training import Configuration, Run, load_records, save_records
from tests.support.small_runs import KilledError, bits, killed_after, same

TINY = Configuration(model="resnet18", width=1 / 64, images=64, batch_size=16, epochs=2, seed=3)
ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from fixedpoint.circuit.folder_lock import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("run") / "whole", TINY, record=(1, -1))
    run.train()
    return run


@pytest.fixture
def half(tmp_path):
    """A run that stopped after 6 of its 8 steps."""
    with pytest.raises(KilledError):
        Run(tmp_path / "half", TINY).train(killed_after(6), checkpoint_seconds=0)
    return tmp_path / "half"


def test_the_second_writer_is_told_who_holds_the_folder(tmp_path):
    run = Run(tmp_path, TINY)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        sentence = (
            rf"{re.escape(str(tmp_path))} is being written to by process {holder.pid} on "
            rf"{re.escape(os.uname().nodename)}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\S*: "
            "wait for its end, or take another folder"
        )
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            run.train()
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            # Nobody gets in between the two who claim a new folder, either.
            (tmp_path / "configuration.json").unlink()
            Run(tmp_path, TINY.replace(seed=4))
    finally:
        holder.kill()
        holder.communicate()
    # The lock went with its holder.
    Run(tmp_path, TINY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["configuration.json"]


def test_of_two_new_runs_the_second_one_is_refused(tmp_path, monkeypatch):
    """Both found an empty folder; the first one has claimed it when the second one does."""
    from stochastic.training.runs import run as module

    first = TINY.replace(seed=4)
    found = [None, first]
    monkeypatch.setattr(module, "read_configuration", lambda folder: found.pop(0))
    with pytest.raises(ValueError, match="holds a run with seed 4, not 3: give the same"):
        Run(tmp_path, TINY)
    assert not (tmp_path / "configuration.json").exists()


def test_a_lock_is_held_once(tmp_path):
    with (
        sole_writer(tmp_path),
        pytest.raises(ValueError, match=f"by process {os.getpid()} on"),
        sole_writer(tmp_path),
    ):
        pass
    (tmp_path / LOCK).write_text("no JSON")
    with sole_writer(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_a_run_has_its_threads_after_another_was_made(tmp_path):
    one = Run(tmp_path / "one", TINY.replace(epochs=1))
    Run(tmp_path / "two", TINY.replace(threads=2))
    seen = set()
    one.train(lambda step, results: seen.add(torch.get_num_threads()))
    assert seen == {1}


def test_what_another_process_has_written_is_not_lost(tmp_path, whole):
    run = Run(tmp_path, TINY)
    (tmp_path / "checkpoint.pt").write_bytes(whole.checkpoint.read_bytes())
    with pytest.raises(ValueError, match="was written to by another process meanwhile"):
        run.train()
    assert (tmp_path / "checkpoint.pt").read_bytes() == whole.checkpoint.read_bytes()


def test_epochs_are_added(tmp_path, whole):
    before = bits(whole)
    folder = tmp_path / "run"
    Run(folder, TINY).train()
    longer = Run(folder, TINY.replace(epochs=3))
    assert same(bits(longer), before)
    # The cosine of the longer run, not that of the shorter one, which is 0 by now.
    (group,) = longer.trainer.optimizer.param_groups
    assert group["lr"] == pytest.approx(TINY.lr * 0.25)  # (1 + cos(2 pi / 3)) / 2
    assert len(longer.train()) == 3
    assert [(e.number, e.epochs) for e in longer.trainer.results] == [(1, 2), (2, 2), (3, 3)]
    assert json.loads((folder / "configuration.json").read_text())["epochs"] == 3
    again = Run(folder)
    assert again.done
    assert same(bits(again), bits(longer))
    with pytest.raises(
        ValueError, match="holds a run of 3 epochs: there may be more, but not 2$"
    ):
        Run(folder, TINY)


def test_every_file_has_the_digest_of_the_run(whole, tmp_path):
    digest = TINY.digest
    assert digest == TINY.replace(epochs=9).digest != TINY.replace(seed=4).digest
    assert {row["run"] for row in csv.DictReader((whole.folder / "epochs.csv").open())} == {
        digest
    }
    assert torch.load(whole.checkpoint, weights_only=True)["run"] == digest
    circuit, records = load_records(whole.records, digest)
    save_records(whole.folder / "other.npz", circuit, records, "0123456789abcdef")
    with pytest.raises(
        ValueError, match=f"holds records of the run 0123456789abcdef, not of {digest}$"
    ):
        load_records(whole.folder / "other.npz", digest)
    (whole.folder / "other.npz").unlink()


def lr_of_8_times(trainer):
    for group in trainer["optimizer"]["param_groups"]:
        group["lr"] *= 8


CHANGES = [
    (lambda t: t.update(batch=10**9), "batch must be between 0 and 4, not 1000000000"),
    (lambda t: t.update(batch=True), "batch must be an integer, not True"),
    (lambda t: t.update(step=-1), "step must be between 0 and 8, not -1"),
    (lambda t: t.update(step=True), "step must be an integer, not True"),
    (lambda t: t.update(step=5), "step must be 6 after 1 epochs and 2 batches, not 5"),
    (lr_of_8_times, "group 0 of the state has lr "),
    (
        lambda t: t.update(results=[(1, 2, 2.5, 0.5, 99.0, 1.0)]),
        "test_accuracy of epoch 1 must be between 0 and 1, not 99.0",
    ),
    (lambda t: t.update(results=[(2, 2, 2.5, 0.5, 0.5, 1.0)]), "epoch must be between 1 and 1"),
    (lambda t: t.update(results=[]), "step must be 2 after 0 epochs and 2 batches, not 6"),
    (lambda t: t.update(right=33), "right must be between 0 and 32, not 33"),
    (lambda t: t.update(loss="2"), "loss must be a number, not '2'"),
    (lambda t: t.update(seconds=-1.0), "seconds must be 0 or more, not -1.0"),
    (lambda t: t.update(order=torch.zeros(3)), "order must be a state of torch's generator"),
]


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_a_checkpoint_that_does_not_fit_its_configuration_is_refused(half, change, sentence):
    path = half / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    change(state["trainer"])
    torch.save(state, path)
    before = path.read_bytes()
    sentence = f"^{re.escape(f'{path} cannot be used: {sentence}')}"
    with pytest.raises(ValueError, match=sentence):
        Run(half)
    assert path.read_bytes() == before


def test_a_checkpoint_that_fits_is_used(half, whole):
    run = Run(half)
    assert (run.trainer.step, run.saved) == (6, 6)
    run.train()
    assert same(bits(run), bits(whole))


def test_a_compressed_checkpoint_is_refused(half):
    """Unpacked it could take any memory."""
    path = half / "checkpoint.pt"
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    with pytest.raises(ValueError, match="is not a checkpoint: .* in it is compressed$"):
        Run(half)


def test_ctrl_c_of_the_progress_leaves_a_checkpoint(tmp_path):
    def stop(step, results):
        if step == 3:
            raise KeyboardInterrupt

    run = Run(tmp_path, TINY)
    with pytest.raises(KeyboardInterrupt):
        run.train(stop)
    assert run.saved == Run(tmp_path).trainer.step == 3


@pytest.mark.parametrize("optimizer", ["sgd", "dsc-momentum", "hybrid", "bfloat16-nearest"])
def test_formats_are_for_optimizers_in_fixed_point(optimizer):
    sentence = (
        "formats need an optimizer in fixed point, fixed-nearest or fixed-stochastic, not "
        f"{optimizer}, which ignores them"
    )
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Configuration(optimizer=optimizer, formats="8-bit")
