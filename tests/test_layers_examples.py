"""The commands about fixed-point networks run, short, and go on where they were."""

import csv
import subprocess
import sys

import pytest

pytest.importorskip("torch")


def run(module, *arguments):
    return subprocess.run(
        [sys.executable, "-m", f"examples.{module}", *map(str, arguments)],
        text=True,
        capture_output=True,
        check=False,
    )


def test_eight_bits_and_bit_width(tmp_path):
    short = ("--networks", tmp_path, "--epochs", 1, "--images", 64, "--out", tmp_path)
    done = run("eight_bits", *short)
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
    done = run("bit_width", *short, "--bits", 3)
    assert done.returncode == 0, done.stderr
    with table.open() as file:
        found = list(csv.DictReader(file))
    assert ",".join(found.pop(0).values()) == kept
    # The others in float, as bits 0, and in three bits; none was trained anew.
    assert [row["bits"] for row in found] == ["0", "3", "0", "3", "0"]
    assert [row["accuracy"] for row in found[::2]] == [row["float"] for row in rows]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.pt")} == networks
    assert (tmp_path / "bit_width.png").read_bytes().startswith(b"\x89PNG")


def test_a_foreign_table_is_refused(tmp_path):
    (tmp_path / "bit_width.csv").write_text("a,b\n1,2\n")
    done = run("bit_width", "--networks", tmp_path, "--out", tmp_path)
    assert done.returncode == 2
    sentence = (
        f"{tmp_path / 'bit_width.csv'} is not a table of this command; give another --out"
    )
    assert done.stderr.strip() == sentence
