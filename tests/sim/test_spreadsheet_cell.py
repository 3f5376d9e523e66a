"""Names from files in tables: no formula in a spreadsheet, no control characters."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from sim.commands.replay import spreadsheet_cell
from stochastic.training import MomentumSGD, Record, load_records, save_records


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_formula_becomes_text(name):
    assert spreadsheet_cell(name) == f"'{name}"


@pytest.mark.parametrize("value", ["conv.weight", "", -1, 0.5, None])
def test_other_values_stay(value):
    assert spreadsheet_cell(value) is value


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "\x00", "x" * 1001])
def test_records_of_names_that_cannot_be_printed_are_refused(tmp_path, name):
    import torch

    circuit = MomentumSGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01).circuit
    codes = dict.fromkeys(
        ("gradient", "momentum_before", "momentum_after", "weight_before", "weight_after"),
        np.zeros(1, np.int32),
    )
    facts = SimpleNamespace(step=0, rate=1, scale=0, position=0)
    save_records(tmp_path / "x.npz", circuit, [Record(name=name, **vars(facts), **codes)])
    with pytest.raises(
        ValueError, match=f"{re.escape('name must be printable and of up to 1000 characters')}"
    ):
        load_records(tmp_path / "x.npz")
