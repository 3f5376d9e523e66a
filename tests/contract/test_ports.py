"""Ports of every circuit: each says what it carries, under a name that Verilog can have."""

import pytest

from fixedpoint.circuit import Port
from sim.catalog import catalog

LONGEST = 60


def silent(ports):
    """Return the names of the ports that do not say in one phrase what they carry."""
    return [p.name for p in ports if not 0 < len(p.meaning) <= LONGEST or "\n" in p.meaning]


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.name)
def test_every_port_has_a_meaning(entry):
    for circuit in entry.all:
        assert not silent(circuit.interface), (
            f"each Port of {type(circuit).__name__} needs a meaning of at most {LONGEST} "
            f"characters, such as Port.input('a', meaning='first factor')"
        )


def test_a_port_without_a_meaning_is_found():
    assert silent([Port.input("a"), Port.input("b", meaning="first factor")]) == ["a"]
    assert silent([Port.output("y", meaning="y" * (LONGEST + 1))]) == ["y"]


def test_a_meaning_does_not_make_ports_different():
    one, two = (Port.input("a", 4, meaning=text) for text in ("first factor", "other"))
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize("name", ["wire", "reg", "module", "signed", "bit", "logic", "final"])
def test_a_keyword_is_no_name(name):
    sentence = f"^a port's name must not be the Verilog keyword '{name}'$"
    with pytest.raises(ValueError, match=sentence):
        Port.input(name)


@pytest.mark.parametrize("name", ["", "1st", "a b", "a$0", "größe", "a.b"])
def test_a_name_is_an_identifier(name):
    with pytest.raises(ValueError, match=r"^a port's name must be a Verilog identifier, not "):
        Port.output(name)


def test_the_description_has_the_range_of_an_element():
    (entry,) = (entry for entry in catalog() if entry.name == "sng")
    rows = {row["name"]: row for row in entry.default.describe()["ports"]}
    code = rows["code"]
    assert (code["minimum"], code["maximum"]) == (0, 256)
    assert (code["width"], code["count"], code["signed"]) == (9, 1, False)
    assert rows["clk"]["meaning"] == "clock; state changes at its rising edge"
    keys = {"name", "direction", "width", "signed", "count", "meaning", "minimum", "maximum"}
    assert all(keys <= row.keys() for row in rows.values())
