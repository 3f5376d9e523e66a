"""Solver of an ordinary differential equation: two integrators that feed each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_different, check_generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OdeSolver"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OdeSolver(Circuit):
    """Solver of a harmonic oscillation: two stochastic integrators that feed each other.

    It solves ``y1' = y2 - a``, ``y2' = a - y1`` by Euler's method, one step of 2^-n a cycle.

    Parameters
    ----------
    width : int
        Bits of the fraction, n, 1..32: the step is 2^-n.
    generator : Generator
        Of width n; both integrators compare with its words.
    centre_generator : Generator
        Of width n, with another sequence: makes the stream of the constant a.
    centre : int
        The code of a, 0..2^n.
    first, second : int
        The counters' values after reset, 0..2^n: the codes of y1(0) and y2(0).

    Raises
    ------
    ValueError
        If a value is out of range, a generator has another width, or the two generators give
        the same sequence: then the integrators' inputs would not be independent.

    Notes
    -----
    Ports: ``y1`` and ``y2`` out, the counters C1 and C2 of n + 1 bits. There are no inputs:
    `enable` starts and stops the solution. With R the generator's word, R' the other's and A
    the code of a, each cycle shows C1 and C2 and then sets::

        S1, S2, B = R < C1, R < C2, R' < A
        C1 = C1 + S2 - B
        C2 = C2 + B - S1

    both held at 0 and 2^n. Latency 1: a cycle's streams are in the next cycle's values. After
    reset C1 and C2 are `first` and `second`.

    The exact solution is ``y1 = a + p cos t + q sin t``, ``y2 = a + q cos t - p sin t`` with
    p = y1(0) - a, q = y2(0) - a and t = i / 2^n in cycle i: see `solution`. In the mean over
    random words the counters are Euler's approximation of it, as long as they meet no end.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equation (8) and table II: n = 8, a = 0.5,
    y1(0) = 0, y2(0) = 0.5, 3217 steps, which are two turns. The paper does not say which
    words of which Sobol sequences it takes, that the integrators share them, or what happens
    at the ends: these are this library's choice.

    Examples
    --------
    The paper's system. Its error depends on the words: at this phase it is small.

    >>> from stochastic import OdeSolver, Sobol
    >>> solver = OdeSolver(
    ...     width=8, centre=128, first=0, second=128,
    ...     generator=Sobol(width=8, phase=76),
    ...     centre_generator=Sobol(width=8, dimension=1, phase=76),
    ... )
    >>> outputs, _ = solver.run(cycles=3217)
    >>> y1, y2 = (outputs[name][:, 0] / 256 for name in ("y1", "y2"))
    >>> exact1, exact2 = solver.solution(3217)
    >>> bool(((y1 - exact1) ** 2).mean() ** 0.5 < 6e-3)
    True
    >>> bool(((y2 - exact2) ** 2).mean() ** 0.5 < 6e-3)
    True
    """

    width: int
    generator: Generator
    centre_generator: Generator
    centre: int
    first: int
    second: int

    def __post_init__(self) -> None:
        width = check_integer("OdeSolver width", self.width, 1, 32)
        for name in ("generator", "centre_generator"):
            check_generator(f"OdeSolver {name}", getattr(self, name), width)
        for name in ("centre", "first", "second"):
            code = check_integer(f"OdeSolver {name}", getattr(self, name), 0, 1 << width)
            self._set(**{name: code})
        self._set(width=width)
        check_different("OdeSolver", self.generator, self.centre_generator)

    @property
    def ports(self) -> tuple[Port, ...]:
        return tuple(Port.output(name, self.width + 1) for name in ("y1", "y2"))

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(name="y1", width=self.width + 1, reset=self.first),
            Register(name="y2", width=self.width + 1, reset=self.second),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.generator, self.centre_generator

    @property
    def latency(self) -> int:
        return 1

    def solution(self, cycles: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the exact y1 and y2 at the times ``i / 2^n`` of `cycles` cycles from reset."""
        scale = 1 << self.width
        a, y1, y2 = (code / scale for code in (self.centre, self.first, self.second))
        cos, sin = (f(np.arange(cycles) / scale) for f in (np.cos, np.sin))
        return a + (y1 - a) * cos + (y2 - a) * sin, a + (y2 - a) * cos - (y1 - a) * sin

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        y1, y2 = registers["y1"], registers["y2"]
        stream1, stream2 = int(words[0] < y1), int(words[0] < y2)
        constant = int(words[1] < self.centre)
        full = 1 << self.width
        after = {
            "y1": max(0, min(y1 + stream2 - constant, full)),
            "y2": max(0, min(y2 + constant - stream1, full)),
        }
        return after, {"y1": y1, "y2": y2}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _solve(
            enable,
            words[0],
            words[1] < self.centre,
            1 << self.width,
            (registers["y1"], registers["y2"]),
            (outputs["y1"], outputs["y2"]),
        )


@compiled
def _solve(enable, words, constant, full, values, shown):
    # Without inputs all lanes are alike, and there is seldom more than one.
    y1, y2 = values
    for lane in range(len(y1)):
        one, two = y1[lane], y2[lane]
        for t in range(len(enable)):
            shown[0][t, lane], shown[1][t, lane] = one, two
            if enable[t]:
                word, bit = np.int64(words[t]), np.int64(constant[t])
                stream1, stream2 = np.int64(word < one), np.int64(word < two)
                one = max(0, min(one + stream2 - bit, full))
                two = max(0, min(two + bit - stream1, full))
        y1[lane], y2[lane] = one, two
