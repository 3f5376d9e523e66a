"""Faults that no bench shows, for a reason that is no proof by Yosys.

`tests/sim/test_argued_faults.py` tests the reasons.
"""

from __future__ import annotations

import dataclasses

__all__ = ["ARGUED", "FAR", "LEVEL", "SLOW", "WINDOW", "Argued", "is_argued"]

FAR = "The state in which it shows is more than 10,000,000 cycles from reset."

WINDOW = (
    "The generators start again after a window, in which no word is one below a code whose "
    "lowest two bits are 1. This alone tells XOR from OR in a comparator's bits 1."
)

SLOW = "There are no inputs, and the first counter neither falls nor ends in 10,000,000 cycles."
LEVEL = (
    "It acts within two steps of the counter's lower end only, and the noise of one source "
    "does not bring the counter there, whatever the spins are."
)


@dataclasses.dataclass(frozen=True)
class Argued:
    """Faults in the lines of one parameter set.

    Attributes
    ----------
    name : str
        The entry.
    number : int
        Of the parameter set; 0 is the default.
    lines : tuple of str
        How the lines with the faults begin, without the fault.
    reason : str
    register : str
        Which is far from the state in question, if the reason is `FAR`.
    distance : int
        From its reset value.
    step : int
        The most that it moves in a cycle.
    """

    name: str
    number: int
    lines: tuple[str, ...]
    reason: str
    register: str = ""
    distance: int = 0
    step: int = 0


ARGUED = (
    *(Argued("integral_layer", k, ("assign n17 = bits1 ^ {",), WINDOW) for k in (0, 8)),
    *(Argued("integral_layer", k, ("assign n18 = bits1 ^ {",), WINDOW) for k in (7, 9)),
    Argued("race_encoder", 2, ("assign n1 = ~ time_1[32];",), FAR, "count", 1 << 31, 1),
    Argued("race_decoder", 3, ("assign n1 = now | count[32];",), FAR, "count", 1 << 31, 1),
    Argued(
        "approximate_parallel_counter",
        3,
        ("assign n37 = after[48] ?",),
        FAR,
        "total",
        (1 << 48) - 127,
        127,
    ),
    Argued(
        "parallel_counter",
        4,
        ("assign n35 = after[48] ?",),
        FAR,
        "total",
        (1 << 48) - 127,
        127,
    ),
    Argued("addie", 5, ("assign n3 = value != 32'd4294967295;",), FAR, "value", 2**32 - 1, 1),
    # The value is negative, at one end, and would have to come to 0 or to the other end.
    Argued(
        "sc_gdc",
        8,
        ("assign stream_sign = $signed(value) <", "assign n11 = | { n10, n9 };"),
        FAR,
        "value",
        2**32 - 1,
        2,
    ),
    Argued(
        "ode_solver",
        5,
        (
            "assign n3 = y1 != 25'h1000000;",
            "assign n7 = | y1;",
            "assign n10 = y1 - 1'h1;",
        ),
        SLOW,
    ),
    Argued(
        "spin_gate",
        5,
        (
            "assign n1 = spins[6] ? 4'h9",
            "assign n2 = $signed(n3) + $signed(n1);",
            "assign n4 = spins[7] ? 4'h9",
        ),
        LEVEL,
    ),
)


def is_argued(name: str, number: int, line: str) -> bool:
    """Return whether the faults in a line of a parameter set are in the table."""
    return any(
        each.name == name and each.number == number and line.startswith(each.lines)
        for each in ARGUED
    )
