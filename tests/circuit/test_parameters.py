"""Parameters in JSON: nested up to 100 levels deep, on every version of Python."""

import pytest

from fixedpoint import LogFormat, ShiftMultiplier
from fixedpoint.circuit import Parameters, json_object
from stochastic import EarlyDecision, GainesDivider, Lfsr, Stanh

TOO_DEEP = "^parameters are nested more than 100 levels deep$"


def rotated_lfsr(times):
    """Return an LFSR in JSON, rotated by 1 bit many times over."""
    rotated = '{"type": "Rotated", "width": 8, "by": 1, "generator": '
    return rotated * times + '{"type": "Lfsr", "width": 8}' + "}" * times


def nested_lists(levels):
    """Return an empty list inside of others, `levels` lists together."""
    nested = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


def test_100_levels_are_read():
    nested = Parameters.from_json(rotated_lfsr(99))
    assert nested.generator == Parameters.from_json(rotated_lfsr(98))
    # The taps of the LFSR are a list, one level more.
    assert Parameters.from_json(nested.generator.to_json()) == nested.generator
    deepest = "[" * 100 + "]" * 100
    with pytest.raises(ValueError, match="^parameters must be a JSON object, not "):
        json_object(deepest)


@pytest.mark.parametrize(
    "text",
    [
        rotated_lfsr(100),
        rotated_lfsr(400),
        "[" * 101 + "]" * 101,
        # Incomplete texts, which Python would refuse at a depth of its own.
        '{"a":' * 9999,
        "[" * 200_000,
    ],
    ids=["101 levels", "401 levels", "lists", "objects", "200000 levels"],
)
def test_deeper_text_is_refused(text):
    with pytest.raises(ValueError, match=TOO_DEEP):
        Parameters.from_json(text)


@pytest.mark.parametrize("levels", [100, 2000])
def test_deeper_values_are_refused(levels):
    values = Lfsr(width=8).to_dict() | {"seed": nested_lists(levels)}
    with pytest.raises(ValueError, match=TOO_DEEP):
        Parameters.from_dict(values)


def test_99_lists_inside_are_a_wrong_value_only():
    values = Lfsr(width=8).to_dict() | {"seed": nested_lists(99)}
    with pytest.raises(ValueError, match="^Lfsr: LFSR seed must be an integer, not "):
        Parameters.from_dict(values)


def test_brackets_in_strings_are_not_counted():
    assert json_object('{"a": "' + "[" * 200 + '"}') == {"a": "[" * 200}
    assert json_object('{"a": "\\"[[", "b": "{"}') == {"a": '"[[', "b": "{"}


def test_what_the_class_gives_follows_a_change():
    # EarlyDecision and Stanh begin at K // 2, GainesDivider at half of full scale.
    assert EarlyDecision(states=25).replace(states=49).initial == 24
    assert Stanh(states=8).replace(states=16).initial == 8
    divider = GainesDivider(width=4, generator=Lfsr(width=4))
    assert divider.replace(width=8, generator=Lfsr(width=8)).initial == 128
    # Taps from the table of maximal LFSRs: Alfke, Xilinx XAPP052.
    assert Lfsr(width=8).replace(width=16).taps == (16, 15, 13, 4)
    weight = LogFormat(minimum_exponent=0, maximum_exponent=1)
    multiplier = ShiftMultiplier(a="sQ4.0", weight=weight).replace(a="sQ8.0")
    # Exponent code 1 is a factor of 2^0; 100 is no number of sQ4.0.
    result = multiplier.run({"a": [100], "sign": [0], "exponent": [1]})[0]["result"]
    assert result.tolist() == [[100]]


def test_a_parameter_that_there_is_not():
    with pytest.raises(ValueError, match="^Lfsr has no parameter 'widht'$"):
        Lfsr(width=8).is_derived("widht")


def test_what_was_given_stays():
    assert Stanh(states=8, initial=3).replace(states=16).initial == 3
    taps = (8, 7, 6, 1)
    assert Lfsr(width=8, taps=taps).replace(seed=5).taps == taps
    with pytest.raises(ValueError, match="^Stanh initial must be between 0 and 3, not 6$"):
        Stanh(states=8, initial=6).replace(states=4)
