"""The study of networks on integral streams, on a small data set; it resumes."""

import csv

import numpy as np
import pytest

from examples.integral_binary import binary_errors
from examples.integral_mnist import main, setting
from examples.integral_tables import summarize
from stochastic.training import load


@pytest.mark.slow
def test_errors_of_two_settings(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--dataset", "digits", "--epochs", "12"]
    arguments += ["--parts", "plain", "--seeds", "1", "--settings", "256,4"]
    main(arguments)
    table = tmp_path / "plain" / "errors.csv"
    rows = list(csv.DictReader(table.open()))
    assert [row["generator_seed"] for row in rows] == ["1", "11", "21"]
    assert {row["images"] for row in rows} == {"360"}
    assert all(0 < float(row["error"]) < 60 for row in rows)
    shown = capsys.readouterr().out
    assert "plain: N =  256, m = 4: " in shown
    assert (tmp_path / "errors.png").read_bytes()[:4] == b"\x89PNG"
    # A second call trains and measures nothing again.
    before = table.read_text()
    main(arguments)
    assert table.read_text() == before
    assert "law" not in capsys.readouterr().out


def test_refused_settings(tmp_path):
    assert setting("64,2") == (64, 2)
    with pytest.raises(ValueError, match=r"^a setting is N,m such as 256,4, not 'long'$"):
        setting("long")
    arguments = ["--out", str(tmp_path), "--dataset", "digits", "--parts", "plain"]
    with pytest.raises(ValueError, match="^length must be between 1 and 65536, not 0$"):
        main([*arguments, "--settings", "0,4"])
    with pytest.raises(ValueError, match="^range must be between 1 and 64, not 0$"):
        main([*arguments, "--settings", "64,0"])


def test_summary_has_mean_and_standard_error():
    row = {"length": "256", "range": "4", "law_error": "1.5"}
    rows = [{**row, "seed": str(k), "error": str(error)} for k, error in enumerate((1, 2, 6))]
    (found,) = summarize("plain", rows)
    assert (found["trainings"], found["simulations"]) == (3, 3)
    assert (found["error"], found["law_error"], found["published"]) == ("3.00", "1.50", 2.33)
    # Deviations -2, -1 and 3: variance 7 of one, 7 / 3 of the mean.
    assert found["standard_error"] == f"{np.sqrt(7 / 3):.2f}"


def test_binary_networks_are_trained_once(tmp_path):
    data = load("digits")
    options = {"augment": False, "seed": 1, "epochs": 6}
    first = binary_errors(tmp_path, data, (16,), **options)
    assert all(0 < error < 40 for error in first)
    assert abs(first[0] - first[1]) < 5
    (path,) = tmp_path.glob("*.pt")
    path.unlink()
    # The table answers without the network.
    assert binary_errors(tmp_path, data, (16,), **options) == pytest.approx(first, abs=1e-4)
