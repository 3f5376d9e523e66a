"""A run whose process is killed at random moments ends as one that was not."""

import contextlib
import csv
import dataclasses
import multiprocessing
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fixedpoint.circuit.folder_lock import LOCK
from stochastic.training import Configuration, Run, load_records
from tests.support.small_runs import bits, same

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_nets.py"
# Dropout, batch normalization and augmentation; six epochs of 8 steps.
SETTINGS = Configuration(
    model=f"{EXAMPLE}:Net", dataset=f"{EXAMPLE}:Shapes", width=0.25, images=256, batch_size=32,
    epochs=6, augment=True, seed=7,
)  # fmt: skip
STEPS = 48
RECORD = (0, 21, -1)
KILLS = 10
# Steps that a process makes at most before it is killed: after all kills some are left.
MOST = 4
SEED = 17


def go(folder, most, pipe):
    """Train in a process of its own, and tell every step; after `most` wait for the end."""
    run = Run(folder, SETTINGS, record=RECORD)
    begin = run.trainer.step
    pipe.send(begin)

    def progress(step, results):
        if most is not None:
            pipe.send(step)
            if step == begin + most:
                signal.pause()

    # A checkpoint after every step: kills also hit the writing of checkpoints.
    run.train(progress, checkpoint_seconds=0 if most else 60)


@contextlib.contextmanager
def started(folder, most=None):
    """Start the training in a process that is forked from one with nothing but imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["stochastic.training"])
    mine, its = context.Pipe()
    process = context.Process(target=go, args=(folder, most, its))
    process.start()
    try:
        yield process, mine
    finally:
        process.kill()
        process.join()


def log(folder):
    """Return the rows of the epochs, without the times."""
    with (folder / "epochs.csv").open() as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def recorded(folder):
    """Return all fields of all records as plain values."""
    circuit, records = load_records(folder / "records.npz")
    return circuit, [
        {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in dataclasses.asdict(record).items()
        }
        for record in records
    ]


def test_a_run_killed_at_ten_random_moments_ends_with_the_bits_of_one_that_was_not(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    moments = random.Random(SEED)
    reached = []
    for _ in range(KILLS):
        with started(killed, MOST) as (process, pipe):
            reached.append(pipe.recv())
            for _ in range(moments.randint(1, MOST - 1)):
                pipe.recv()
            time.sleep(moments.uniform(0, 0.02))
            # No process comes to its end, however slow this one is.
            assert process.is_alive()
    for folder in (whole, killed):
        with started(folder) as (process, _):
            process.join(300)
            assert process.exitcode == 0
    # Some went on inside of an epoch, where the one before was killed.
    assert any(step % 8 for step in reached)
    assert reached == sorted(reached)
    assert {path.name for path in killed.glob(".*")} <= {LOCK}
    one, other = Run(whole, record=RECORD), Run(killed, record=RECORD)
    assert same(bits(one), bits(other))
    assert one.trainer.state_dict()["order"].equal(other.trainer.state_dict()["order"])
    assert recorded(whole) == recorded(killed)
    assert {record["step"] for record in recorded(killed)[1]} == {0, 21, STEPS - 1}
    assert log(whole) == log(killed)
    # Another seed shows that the comparison sees a difference.
    changed = Run(tmp_path / "changed", SETTINGS.replace(seed=8))
    changed.train()
    assert not same(bits(one), bits(changed))
    assert log(changed.folder) != log(whole)
