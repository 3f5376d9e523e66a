"""Runs in fixed point: resumed with the same bits, and their formats."""

import csv

import pytest

torch = pytest.importorskip("torch")
from fixedpoint import Format
from stochastic.training import (
    Run,
)
from stochastic.training.runs.training_roles import words_of_seed
from tests.support.small_runs import SMALL, KilledError, bits, killed_after, same

pytestmark = pytest.mark.slow

FIXED = SMALL.replace(optimizer="fixed-stochastic", lr=None, formats="8-bit", lanes=16)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory):
    """A run in fixed point that nothing stopped."""
    run = Run(tmp_path_factory.mktemp("fixed") / "whole", FIXED)
    run.train()
    return run


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_a_killed_run_in_fixed_point_ends_with_the_same_bits(fixed, tmp_path, steps):
    with pytest.raises(KilledError):
        Run(tmp_path, FIXED).train(killed_after(steps), checkpoint_seconds=0)
    again = Run(tmp_path)
    assert again.trainer.step == steps
    again.train()
    assert same(bits(again), bits(fixed))
    assert [e.test_accuracy for e in again.trainer.results] == [
        e.test_accuracy for e in fixed.trainer.results
    ]
    assert (tmp_path / "formats.csv").read_text() == (fixed.folder / "formats.csv").read_text()


def test_a_run_in_fixed_point_keeps_every_weight_on_the_circuits_grid(fixed):
    circuit = fixed.trainer.optimizer.circuit
    for parameter in fixed.trainer.model.parameters():
        codes = parameter.detach().double() * 2.0**circuit.weight_format.frac_bits
        assert torch.equal(codes, codes.round())
        assert codes.abs().max() <= 2.0 ** (circuit.weight_format.width - 1)


def test_a_run_in_fixed_point_writes_the_formats_of_every_layer(fixed):
    rows = list(csv.DictReader((fixed.folder / "formats.csv").open()))
    assert sorted({int(row["epoch"]) for row in rows}) == [1, 2, 3]
    # The last convolution of VGG16, its batch normalization, and the linear layer.
    found = {(r["layer"], r["point"]): Format.parse(r["format"]) for r in rows}
    points = ("activation", "weight", "sum", "error", "gradient", "error sent")
    for layer in ("40", "45"):
        widths = [found[layer, point].width for point in points]
        assert widths == [8, 8, 16, 8, 8, 8]
    assert {p for layer, p in found if layer == "41"} == {
        "input", "inverse deviation", "normalized", "weight", "sum", "error", "gradient",
        "bias gradient", "slope", "centred error", "scale", "error sent",
    }  # fmt: skip
    assert {p for layer, p in found if layer == "loss"} == {"input", "error sent"}
    assert not found["45", "activation"].signed  # it comes out of a ReLU
    # The scales follow the numbers: errors are small.
    assert found["45", "error"].frac_bits > found["45", "weight"].frac_bits


def test_formats_of_another_run_are_refused(fixed, tmp_path):
    with pytest.raises(
        ValueError,
        match=f"^{fixed.folder} holds a run with formats 8-bit, not 16-bit: give the same "
        "settings to go on with it, or another folder$",
    ):
        Run(fixed.folder, FIXED.replace(formats="16-bit"))
    Run(tmp_path, FIXED.replace(formats="16-bit"))
    (tmp_path / "checkpoint.pt").write_bytes(fixed.checkpoint.read_bytes())
    with pytest.raises(
        ValueError, match=r"checkpoint\.pt is of a run with formats 8-bit, not 16-bit$"
    ):
        Run(tmp_path)


def test_formats_change_the_bits_and_another_seed_the_words(fixed):
    assert words_of_seed(3).words(9).tolist() != words_of_seed(4).words(9).tolist()
    assert words_of_seed(0).seed == words_of_seed(2**17 - 1).seed == 1
    folder = fixed.folder.parent / "float"
    plain = Run(folder, FIXED.replace(formats=None, epochs=1))
    plain.train()
    assert not same(bits(plain), bits(fixed))
    assert not (folder / "formats.csv").exists()
