"""A network of one's own that copy.deepcopy does not copy."""

import copy

import pytest

torch = pytest.importorskip("torch")

from stochastic.training import Configuration, Run
from tests.support.small_runs import KilledError, bits, killed_after, same

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning"),
]

FILE = """
import torch
from torch import nn
from torch.utils.data import Dataset

class Weighted(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.utils.weight_norm(nn.Linear(9, 2)))

class Data(Dataset):
    def __init__(self, train):
        self.train = train
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return torch.full((1, 3, 3), i / 8), i % 2
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return Configuration(
        model="mine.py:Weighted", dataset="mine.py:Data", batch_size=4, epochs=2, lr=0.01
    )


def test_it_is_trained_and_goes_on(settings, tmp_path):
    whole = Run(tmp_path / "whole", settings)
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(whole.trainer.model)
    whole.train()
    with pytest.raises(KilledError):
        Run(tmp_path / "cut", settings).train(killed_after(1), checkpoint_seconds=0)
    again = Run(tmp_path / "cut")
    again.train()
    assert same(bits(again), bits(whole))


def test_it_is_refused_in_fixed_point(settings, tmp_path):
    with pytest.raises(
        ValueError,
        match="^a network that is converted to fixed point must be one that copy.deepcopy "
        "copies, unlike Weighted$",
    ):
        Run(tmp_path / "run", settings.replace(formats="8-bit", optimizer="fixed-stochastic"))
    assert not (tmp_path / "run").exists()
