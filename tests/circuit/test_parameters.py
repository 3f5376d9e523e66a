"""Parameters in JSON: nested up to 100 levels deep, on every version of Python."""

import pytest

from fixedpoint.circuit import Parameters, json_object
from stochastic import Lfsr

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
