"""The study of faults: binary words, and the table of small networks."""

import csv

import numpy as np
import pytest
import torch

from examples import integral_faults, integral_mnist
from examples.faulty_binary import faulty_errors, faulty_words
from examples.integral_binary import binary_network, grey_levels, in_fixed_point
from fixedpoint import Format
from stochastic.training import load


def test_wrong_bits_of_words():
    fmt = Format.parse("sQ4.0")
    codes = np.array([3, -8, 5])
    first, sign = np.array([True, False, False, False]), np.array([False, False, False, True])
    assert faulty_words(codes, fmt, "flip", first).tolist() == [2, -7, 4]
    assert faulty_words(codes, fmt, "flip", sign).tolist() == [-5, 0, -3]
    assert faulty_words(codes, fmt, "stuck_at_0", sign).tolist() == [3, 0, 5]
    assert faulty_words(codes, fmt, "stuck_at_1", first).tolist() == [3, -7, 5]
    before = np.array([-8, 0, 0])
    assert faulty_words(codes, fmt, "late", sign, before).tolist() == [-5, 0, 5]


@pytest.mark.slow
def test_binary_network_without_and_with_faults(tmp_path):
    data = load("digits")
    model = binary_network(tmp_path, data, (16,), augment=False, seed=1, epochs=4)
    network = in_fixed_point(model, data)
    images, labels = data.test_images, data.test_labels
    with torch.no_grad():
        expected = network(grey_levels(images)).argmax(1).numpy()
    clean = int((expected != labels).sum())
    assert faulty_errors(network, images, labels) == clean
    for node in ("inputs", "weights", "sums"):
        # Flips of half of all bits leave no information.
        wrong = faulty_errors(network, images, labels, node=node, rate=0.5)
        assert wrong > 0.75 * len(labels)
        assert faulty_errors(network, images, labels, node=node, rate=1e-9) == clean


@pytest.mark.slow
def test_table_of_small_networks(tmp_path, monkeypatch, capsys):
    study, out = tmp_path / "study", tmp_path / "out"
    options = ["--dataset", "digits", "--epochs", "3", "--seeds", "1"]
    integral_mnist.main(
        ["--out", str(study), *options, "--parts", "augmented", "--settings", "256,4"]
    )
    monkeypatch.setattr(integral_faults, "RATES", (0.0, 0.2))
    monkeypatch.setattr(integral_faults, "STREAMS", {"integral streams": "N256-m4-seed1"})
    arguments = ["--study", str(study), "--out", str(out), "--dataset", "digits"]
    assert integral_faults.main([*arguments, "--images", "100"]) == 0
    rows = list(csv.DictReader((out / "faults.csv").open()))
    # Three kinds on four nodes or three, late bits and words of sums, and no faults.
    assert [
        sum(row["network"] == name for row in rows)
        for name in ("integral streams", "8-bit words")
    ] == [15, 12]
    assert (out / "faults.png").read_bytes()[:4] == b"\x89PNG"
    capsys.readouterr()
    assert integral_faults.main([*arguments, "--images", "100"]) == 0
    assert capsys.readouterr().out == ""
