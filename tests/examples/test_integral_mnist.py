"""The study of networks on integral streams, on a small data set; it resumes."""

import csv

import pytest

from examples.integral_mnist import main


@pytest.mark.slow
def test_errors_of_two_settings(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--dataset", "digits", "--epochs", "12"]
    arguments += ["--no-augmentation", "--seeds", "1", "--settings", "256,4"]
    main(arguments)
    rows = list(csv.DictReader((tmp_path / "errors.csv").open()))
    assert [row["generator_seed"] for row in rows] == ["1", "11", "21"]
    assert {row["images"] for row in rows} == {"360"}
    assert all(0 < float(row["error"]) < 60 for row in rows)
    shown = capsys.readouterr().out
    assert "N =  256, m = 4: " in shown
    # A second call trains and measures nothing again.
    before = (tmp_path / "errors.csv").read_text()
    main(arguments)
    assert (tmp_path / "errors.csv").read_text() == before
    assert "law" not in capsys.readouterr().out
