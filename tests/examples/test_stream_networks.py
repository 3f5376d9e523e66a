"""The study of deep networks on streams: its table, lengths and images."""

import dataclasses

import numpy as np
import pytest
import torch

from examples.float_training import augmented
from examples.stream_networks import Study, Trial, normalized
from examples.stream_networks_report import draw, length_within, show_lengths
from stochastic.training import Dataset

RESULTS = {
    Trial("digits", "vgg16", "float", "float", "", 0): 90.0,
    Trial("digits", "vgg16", "float", "bipolar", "lfsr", 16): 40.0,
    Trial("digits", "vgg16", "float", "bipolar", "lfsr", 64): 89.5,
    Trial("digits", "vgg16", "corrected", "bipolar", "lfsr", 16): 89.0,
    Trial("digits", "vgg16", "streams", "bipolar", "lfsr", 16): 70.0,
}


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ({16: 50.0, 32: 80.0, 64: 79.0, 128: 81.0}, 128),
        ({16: 80.0, 32: 80.0}, 16),
        ({16: 50.0}, None),
        ({}, None),
    ],
)
def test_length_within(accuracies, expected):
    assert length_within(accuracies, 79.5) == expected


def test_table_is_read_again(tmp_path):
    def study():
        return Study(tmp_path, {}, 1, 1, 1, 1, float("inf"))

    first = study()
    for trial, accuracy in RESULTS.items():
        first.note(trial, accuracy)
    assert study().results == RESULTS
    other = dataclasses.replace(next(iter(RESULTS)), length=32)
    assert other not in study().results


def test_report(tmp_path, capsys):
    show_lengths(RESULTS)
    shown = capsys.readouterr().out
    lines = [x.split() for x in shown.splitlines() if "│ bipolar, lfsr" in x]
    assert lines == [["│", "bipolar,", "lfsr", "│", length, "│"] for length in ("64", "16")]
    assert "40.0 %, after training with streams 70.0 %" in shown
    for training in ("float", "corrected"):
        path = tmp_path / f"{training}.png"
        draw(path, RESULTS, training)
        assert path.read_bytes()[1:4] == b"PNG"


def test_images_are_those_of_the_data_set():
    rng = np.random.default_rng(1)
    train = rng.integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)
    test = rng.integers(0, 256, (5, 3, 4, 4), dtype=np.uint8)
    labels = np.zeros(20, np.uint8)
    expected = Dataset("test", train, labels, test, labels[:5]).normalized()
    found = normalized(train, train[:7], test)
    np.testing.assert_allclose(found[0], expected[0][:7], atol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-5)


def test_augmentation_flips_and_shifts():
    torch.manual_seed(1)
    image = torch.arange(1.0, 26.0).reshape(1, 1, 5, 5)
    seen = set()
    for _ in range(60):
        moved = augmented(image, 1)[0, 0]
        middle = moved[1:-1, 1:-1]
        row, column = divmod(int(middle[1, 1]) - 1, 5)
        # The middle is a neighbour of the image's middle, with its own neighbours beside it.
        step = int(middle[1, 2] - middle[1, 1])
        assert abs(step) == 1
        assert max(abs(row - 2), abs(column - 2)) <= 1
        seen.add((row, column, step))
    assert len(seen) > 12
