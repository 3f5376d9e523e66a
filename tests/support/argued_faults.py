"""Faults that no bench shows, for a reason that is no proof by Yosys.

`tests/sim/test_argued_faults.py` tests the reasons.
"""

from __future__ import annotations

import dataclasses

__all__ = [
    "ALONE",
    "ARGUED",
    "EDGE",
    "FAR",
    "GUARD",
    "LEVEL",
    "LONGEST",
    "SLOW",
    "TAPS",
    "TIE",
    "WINDOW",
    "Argued",
    "argued",
]

# The longest bench that is emitted.
LONGEST = 10_000_000

FAR = (
    "The register needs more cycles from reset to the state in which it shows than a bench has."
)

WINDOW = (
    "The generators start again after a window, in which no word is one below a code whose "
    "lowest two bits are 1. This alone tells XOR from OR in a comparator's bits 1."
)

GUARD = "The weight of a digit is too large by one unit of the guard bits, which absorb that."

EDGE = (
    "In the first cycles after a reset, the words have as few bits as cycles have passed. The "
    "input alone decides on which side of them the estimate is, and later the state before the "
    "reset is shifted out."
)

ALONE = (
    "The machine has one spin, so that all weights but its own are 0. Many clocks lie between "
    "two moves, in each of which its counter is read again."
)

TAPS = "The generator starts again after few words, in none of which both taps are 1."

TIE = "There is no image for which the first two sums are equal."

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

    @property
    def cycles(self) -> int:
        """The most cycles in which it certainly does not show, or 0 for any number."""
        if self.reason == SLOW:
            return LONGEST
        return self.distance // self.step if self.reason == FAR else 0


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
    Argued("lms_filter", 5, ("assign n24 = | { n23, n22 };",), FAR, "weights", 1 << 20, 2),
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
    Argued("halton", 18, ("assign n4 = digit1[1] ? 35'h51eb851ec",), GUARD),
    Argued("halton", 19, ("assign n4 = digit1[1] ? 36'he38e38e3a",), GUARD),
    Argued("halton", 20, ("assign n4 = digit4[0] ? 25'h1f31d2c",), GUARD),
    Argued("halton", 21, ("assign n1 = digit0[4] ? 62'h2082082082082090",), GUARD),
    Argued("integral_network", 3, ("assign second = $signed(input_2) > ",), TIE),
    Argued("integral_network", 3, ("assign n1 = ^ n2;",), TAPS),
    Argued(
        "spin_machine",
        2,
        (
            "if (enable) begin",
            "assign n3_ = n4[1] ? { weight[1], weight } : n5;",
            "assign n6 = $signed(sum1) + $signed(n3_);",
        ),
        ALONE,
    ),
    Argued("tracking_forecast_memory", 4, ("if (rst) begin",), EDGE),
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


def argued(name: str, number: int, line: str) -> Argued | None:
    """Return the row of the faults in a line of a parameter set, if there is one."""
    for each in ARGUED:
        if each.name == name and each.number == number and line.startswith(each.lines):
            return each
    return None
