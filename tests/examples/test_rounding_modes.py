import numpy as np
import pytest

from fixedpoint import Rounding

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib")


def test_the_picture_and_table_of_rounding_modes(tmp_path, capsys):
    from examples.rounding_modes import errors, main

    main(["--output", str(tmp_path / "modes.png")])
    assert (tmp_path / "modes.png").read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    for mode in Rounding:
        assert mode.name in printed and (mode.ap_fixed or "-") in printed
    # Of 16 equal steps to a unit: truncation loses 0..15, nearest-up -8..7 sixteenths.
    bias = {mode: np.mean(np.subtract(*errors(mode)[::-1])) for mode in Rounding}
    assert bias[Rounding.TRUNCATE] == -15 / 32 and bias[Rounding.CEIL] == 15 / 32
    assert bias[Rounding.NEAREST_UP] == 1 / 32 and bias[Rounding.NEAREST_DOWN] == -1 / 32
    assert bias[Rounding.JAM] == 1 / 32
    for mode in (
        Rounding.NEAREST_EVEN,
        Rounding.NEAREST_ODD,
    ):
        assert bias[mode] == 0
    # Six standard errors of 8192 errors, none with a variance above 1/4.
    assert abs(bias[Rounding.STOCHASTIC]) < 6 * 0.5 / np.sqrt(8192)
