"""The commands about fixed-point networks run, short, and go on where they were."""

import csv
import json

import pytest

pytest.importorskip("torch")

from tests.support.example_runs import run_example

pytestmark = pytest.mark.slow


def test_eight_bits_and_bit_width(tmp_path):
    short = ("--networks", tmp_path, "--epochs", 1, "--images", 64, "--out", tmp_path)
    done = run_example("eight_bits", *short)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "eight_bits.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["network"].split(",")[0] for row in rows] == [
        "VGG16",
        "ResNet18",
        "MobileNetV2",
    ]
    assert (tmp_path / "eight_bits.png").read_bytes().startswith(b"\x89PNG")
    networks = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.pt")}
    assert len(networks) == 3

    # What is in the table is not made again: here a figure that no run would give.
    table = tmp_path / "bit_width.csv"
    kept = "mobilenetv2,1,64,3,0,0.125"
    table.write_text(f"network,seed,images,bits,epochs,accuracy\n{kept}\n")
    done = run_example("bit_width", *short, "--bits", 3)
    assert done.returncode == 0, done.stderr
    with table.open() as file:
        found = list(csv.DictReader(file))
    assert ",".join(found.pop(0).values()) == kept
    # The others in float, as bits 0, and in three bits; none was trained anew.
    assert [row["bits"] for row in found] == ["0", "3", "0", "3", "0"]
    assert [row["accuracy"] for row in found[::2]] == [row["float"] for row in rows]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.pt")} == networks
    assert (tmp_path / "bit_width.png").read_bytes().startswith(b"\x89PNG")


def test_fixed_training(tmp_path):
    short = ("--model", "vgg16", "--epochs", 1, "--images", 64, "--out", tmp_path, "--jobs", 1)
    done = run_example("fixed_training", *short, "--formats", "float", "8-bit")
    assert done.returncode == 0, done.stderr
    table = tmp_path / "fixed_training.csv"
    with table.open() as file:
        rows = list(csv.DictReader(file))
    facts = [(row["network"], row["formats"], row["seed"], row["number"]) for row in rows]
    assert facts == [("vgg16", kind, "1", "1") for kind in ("float", "8-bit")]
    assert (tmp_path / "fixed_training.png").read_bytes().startswith(b"\x89PNG")
    folder = tmp_path / "runs" / "vgg16-8-bit-seed1"
    settings = json.loads((folder / "configuration.json").read_text())
    assert (settings["formats"], settings["optimizer"]) == ("8-bit", "fixed-stochastic")
    # What is done is not made again: seconds would differ.
    again = run_example("fixed_training", *short, "--formats", "8-bit")
    assert again.returncode == 0, again.stderr
    with table.open() as file:
        assert list(csv.DictReader(file)) == rows[1:]
    other = run_example("fixed_training", *short, "--formats", "8-bit", "--images", 128)
    assert other.returncode == 2
    assert other.stderr.strip() == (
        f"{folder} holds a run with images 64, not 128: give the same settings to go on "
        "with it, or another folder"
    )


def test_a_foreign_table_is_refused(tmp_path):
    (tmp_path / "bit_width.csv").write_text("a,b\n1,2\n")
    done = run_example("bit_width", "--networks", tmp_path, "--out", tmp_path)
    assert done.returncode == 2
    sentence = (
        f"{tmp_path / 'bit_width.csv'} is not a table of this command; give another --out"
    )
    assert done.stderr.strip() == sentence
