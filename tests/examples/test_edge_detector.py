import numpy as np
import pytest

import sim


def test_edges_of_a_real_image(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    from examples.edge_detector import detected, exact, image, main

    assert main(["--output", str(tmp_path / "edges.png")]) == 0
    assert (tmp_path / "edges.png").read_bytes().startswith(b"\x89PNG")
    assert "RMS error" in capsys.readouterr().out
    error = detected(image()) - exact(image())
    # The differences are exact to 1 / 256; five deviations of choosing one of two bits.
    assert np.abs(error).max() < 5 * np.sqrt(0.25 / 256) + 1 / 128
    assert np.sqrt((error**2).mean()) < 0.02


def test_verilog_of_the_detector():
    pytest.importorskip("amaranth")
    from examples.edge_detector import DETECTOR

    result = sim.verify(DETECTOR, cycles=2000, lanes=2)
    assert result.mismatches == 0
    assert result.bits_compared == 4000
