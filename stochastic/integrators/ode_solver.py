"""Solver of an ordinary differential equation: two integrators that feed each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_different, check_generator
from .saturating_counter import compiled_saturate, saturate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OdeSolver"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OdeSolver(Circuit):
    """Solver of a harmonic oscillation: two stochastic integrators that feed each other.

    It solves ``y1' = y2 - a``, ``y2' = a - y1`` by Euler's method with the step 2^-n, one
    step a cycle.

    Parameters
    ----------
    width : int
        Number n of fraction bits, 1..32: the step is 2^-n.
    generator : Generator
        Generator of width n, with whose words both integrators compare.
    centre_generator : Generator
        Generator of width n with another sequence, for the stream of the constant a.
    centre : int
        The code of a, 0..2^n.
    first, second : int
        Values of the counters after reset, 0..2^n: the codes of y1(0) and y2(0).

    Raises
    ------
    ValueError
        If a value is out of range, if a generator has another width, or if both generators
        give the same sequence: then the integrators' inputs would not be independent.

    Notes
    -----
    Ports: ``y1`` and ``y2`` out, the counters C1 and C2 of n + 1 bits. There are no inputs;
    `enable` starts and stops the solution. With the generator's word R, the word R' of the
    other generator and the code A of a, each cycle outputs C1 and C2 and then sets::

        S1, S2, B = R < C1, R < C2, R' < A
        C1 = C1 + S2 - B
        C2 = C2 + B - S1

    both saturated at 0 and 2^n. Latency 1: the streams of a cycle act on the values of the
    next cycle. After reset C1 and C2 are `first` and `second`.

    The exact solution is ``y1 = a + p cos t + q sin t``, ``y2 = a + q cos t - p sin t`` with
    p = y1(0) - a, q = y2(0) - a and t = i / 2^n in cycle i; see `solution`. The mean of the
    counters over random words is Euler's approximation of it, as long as they do not
    saturate.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equation (8) and table II: n = 8, a = 0.5,
    y1(0) = 0, y2(0) = 0.5, 3217 steps, which are two periods. The paper does not say which
    words of which Sobol sequences it takes, whether the integrators share them, or what
    happens at the ends of the counters: these are choices of this library.

    Examples
    --------
    The system of the paper. The error depends on the words; it is small at this phase.

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
        return tuple(
            Port.output(
                f"y{n}",
                self.width + 1,
                maximum=1 << self.width,
                meaning=f"counter of integrator {n}",
            )
            for n in (1, 2)
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register.counting("y1", 1 << self.width, reset=self.first),
            Register.counting("y2", 1 << self.width, reset=self.second),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.generator, self.centre_generator

    @property
    def latency(self) -> int:
        return 1

    def solution(self, cycles: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the exact y1 and y2 in the first `cycles` cycles, at the times ``i / 2^n``."""
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
        full_scale = 1 << self.width
        after = {
            "y1": saturate(y1 + stream2 - constant, 0, full_scale),
            "y2": saturate(y2 + constant - stream1, 0, full_scale),
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
def _solve(enable, words, constant, full_scale, values, outputs):
    # Without inputs all lanes are equal. There is seldom more than one.
    for lane in range(len(values[0])):
        y1, y2 = values[0][lane], values[1][lane]
        for t in range(len(enable)):
            outputs[0][t, lane], outputs[1][t, lane] = y1, y2
            if enable[t]:
                word, bit = np.int64(words[t]), np.int64(constant[t])
                stream1, stream2 = np.int64(word < y1), np.int64(word < y2)
                y1 = compiled_saturate(y1 + stream2 - bit, 0, full_scale)
                y2 = compiled_saturate(y2 + bit - stream1, 0, full_scale)
        values[0][lane], values[1][lane] = y1, y2
