"""Array of multiply-accumulate units, each of which makes one output at a time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ..circuit import Port, check_choice, check_integer
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..rounding.circuit_kernels import quantize_cycles
from ..rounding.rounding_stage import RoundingStage, check_port_format, check_stage, format_port
from .base import MacCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MacArray"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MacArray(MacCircuit):
    """Array of R by C multiply-accumulate units with requantised outputs.

    Parameters
    ----------
    rows, columns : int
        R and C, 1..256 each.
    inputs_per : {"row", "unit"}
        Whether the units of a row take the same input code, as convolutions do in which
        all outputs see the same channels; or each unit its own, as the outputs of a
        depthwise convolution, which see one channel each.
    a, b : Format or str
        Of inputs and weights.
    accumulator : AccumulatorSpec
        The sums' format, rounding and overflow, and the rounding of products if there is
        one. Its order is ``"sequential"``.
    target : Format or str
        Of the results.
    rounding, overflow : Rounding, Overflow
        From the accumulator's format to the results'; not STOCHASTIC. SATURATE into an
        unsigned format is a ReLU.
    generator : generator, optional
        Whose words STOCHASTIC adds in the sums, in all units the same; just there it is
        needed.

    Raises
    ------
    ValueError
        If a value is out of range, an exact product or sum needs more than 64 bits, the
        order is ``"tree"``, or `rounding` is STOCHASTIC.

    Notes
    -----
    Ports: ``load`` (1 bit), ``sum_in`` and ``b`` of C elements, ``a`` of R elements, or of
    R C with inputs for each unit; ``result`` out, R C elements. Unit r C + c is that of row
    r and column c. In each enabled cycle each unit does what a `Mac` does, with the input
    of its row, or its own, and the weight and ``sum_in`` of its column::

        S[r, c] = sum_in[c] if load else sum[r, c]
        sum[r, c] <- Q(S[r, c] + a[r] b[c])

    and ``result`` is the registers ``sum`` rounded and brought into the target's range. So
    the outputs stay where they are while inputs and weights pass: R pixels of C channels of
    a convolution of K products take K cycles, the first with ``load`` high and ``sum_in``
    the biases; the results stand on the port in the cycle after the last, in which the
    next R C outputs may begin. A depthwise convolution has a channel for each column: one
    array of inputs ``[R, C]`` passes in each cycle. A convolution in a few groups runs
    group by group. Latency 1. After reset the sums are 0.

    If the accumulator's overflow mode or that of the results is ERROR, low bits are kept,
    as in WRAP, and the output ``overflowed``, R C bits, tells whether a sum since the last
    ``load``, kept in registers of that name, or the result on the port did not fit.

    Source: the output-stationary dataflow of V. Sze, Y.-H. Chen, T.-J. Yang and J. S. Emer,
    "Efficient Processing of Deep Neural Networks: A Tutorial and Survey", Proceedings of
    the IEEE 105(12), 2017, section V.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, MacArray, Overflow, Rounding
    >>> array = MacArray(
    ...     rows=2, columns=3, a="uQ4.0", b="sQ4.0",
    ...     accumulator=AccumulatorSpec(format="sQ10.0"),
    ...     target="uQ5.-1", rounding=Rounding.TRUNCATE, overflow=Overflow.SATURATE,
    ... )
    >>> outputs, _ = array.run({
    ...     "load": [1, 0, 0], "sum_in": [[0, 0, 10]] * 3,
    ...     "a": [[1, 2], [3, 4], [0, 0]], "b": [[1, -1, 5], [2, 0, 1], [0, 0, 0]],
    ... })
    >>> outputs["result"][2].tolist()  # row 0: 7/2, -1/2, 18/2; row 1: 10/2, -2/2, 24/2
    [3, 0, 9, 5, 0, 12]
    """

    rows: int
    columns: int
    inputs_per: str = "row"
    target: Format
    rounding: Rounding
    overflow: Overflow

    def __post_init__(self) -> None:
        self._set(
            rows=check_integer("MacArray rows", self.rows, 1, 256),
            columns=check_integer("MacArray columns", self.columns, 1, 256),
            inputs_per=check_choice("MacArray inputs_per", self.inputs_per, ("row", "unit")),
            target=check_port_format("MacArray target", self.target),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
        )
        super().__post_init__()
        if self.rounding is Rounding.STOCHASTIC:
            raise ValueError("MacArray rounding must need no words, not stochastic")
        check_stage("MacArray", self.stage)

    @property
    def stage(self) -> RoundingStage:
        """From a sum to a result."""
        return RoundingStage(self.accumulator.format, self.target, self.rounding, self.overflow)

    @property
    def has_overflow_output(self) -> bool:
        """Whether there is the output ``overflowed``."""
        return self.has_overflow_flag or self.overflow is Overflow.ERROR

    @property
    def unit_elements(self) -> dict[str, list[int]]:
        units = range(self.rows * self.columns)
        column = [unit % self.columns for unit in units]
        row = [unit // self.columns for unit in units]
        return {
            "load": [0] * len(units),
            "sum_in": column,
            "a": row if self.inputs_per == "row" else list(units),
            "b": column,
        }

    @property
    def ports(self) -> tuple[Port, ...]:
        count = self.rows * self.columns
        inputs = self.rows if self.inputs_per == "row" else count
        flags = (Port.output("overflowed", count=count),)
        return (
            Port.input("load"),
            format_port("sum_in", "in", self.accumulator.format, self.columns),
            format_port("a", "in", self.a, inputs),
            format_port("b", "in", self.b, self.columns),
            format_port("result", "out", self.target, count),
            *(flags if self.has_overflow_output else ()),
        )

    def _visible_outputs(self, held: dict[str, list[int]]) -> dict[str, list[int]]:
        made = [self.stage.quantize(code) for code in held["sum"]]
        outputs = {"result": [code for code, _ in made]}
        if self.has_overflow_output:
            lost = [int(self.overflow is Overflow.ERROR and over) for _, over in made]
            kept = held.get("overflowed", [0] * len(lost))
            outputs["overflowed"] = [x | y for x, y in zip(lost, kept, strict=True)]
        return outputs

    def _write_outputs(
        self,
        totals: NDArray[np.int64],
        flags: NDArray[np.int64],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        lost = np.empty_like(totals)
        words = np.zeros(len(totals), np.int64)
        quantize_cycles(totals, words, self.stage.kernel_arguments(), outputs["result"], lost)
        if self.has_overflow_output:
            refused = lost if self.overflow is Overflow.ERROR else np.zeros_like(lost)
            outputs["overflowed"][:] = refused | flags if self.has_overflow_flag else refused
