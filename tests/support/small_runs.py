"""A small run, killed where a test wants it, and the bits that it ends with."""

import pytest

torch = pytest.importorskip("torch")
from stochastic.training import Configuration, Run

SMALL = Configuration(
    model="vgg16", width=1 / 64, images=160, epochs=3, batch_size=32, validation=32, seed=3
)


class KilledError(Exception):
    pass


def killed_after(number):
    def progress(step, results):
        if step == number:
            raise KilledError

    return progress


def bits(run):
    state = run.trainer.state_dict()
    tensors = [*state["model"].values()]
    for one in state["optimizer"]["state"].values():
        tensors += [v for _, v in sorted(one.items()) if isinstance(v, torch.Tensor)]
    return [tensor.clone() for tensor in tensors]


def same(one, other):
    return len(one) == len(other) and all(map(torch.equal, one, other))


def run_all_here(folder, trials, *, jobs, data_directory, progress, finished):
    """Make the runs of `run_all` one after the other, where everything is imported already."""
    for name, trial in trials.items():
        finished(name, Run(folder / name, trial, data_directory=data_directory).train())
