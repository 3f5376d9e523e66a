"""Output-stationary array of multiply-accumulate units."""

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
        Whether the units of a row share an input code, as in convolutions whose outputs all
        read the same channels, or each unit has its own, as in depthwise convolutions, whose
        outputs read one channel each.
    a, b : Format or str
        Of inputs and weights.
    accumulator : AccumulatorSpec
        Format, rounding and overflow of the sums, and optionally the rounding of products.
        Its order is ``"sequential"``.
    target : Format or str
        Of the results.
    rounding, overflow : Rounding, Overflow
        From the accumulator's format to the results'; not STOCHASTIC. SATURATE to an unsigned
        format is a ReLU.
    generator : generator, optional
        Source of the words that STOCHASTIC adds in the sums, the same in all units; required
        if the accumulator rounds with STOCHASTIC, else None.

    Raises
    ------
    ValueError
        If a value is out of range, an exact product or sum needs more than 64 bits, the
        order is ``"tree"``, or `rounding` is STOCHASTIC.

    Notes
    -----
    Ports: ``load`` (1 bit), ``sum_in`` and ``b`` of C elements, ``a`` of R elements, or of
    R C elements with inputs per unit; ``result`` out, R C elements. Unit r C + c is in row r
    and column c. In each enabled cycle each unit works as a `Mac`, with the input of its row,
    or its own, and the weight and ``sum_in`` of its column::

        S[r, c] = sum_in[c] if load else sum[r, c]
        sum[r, c] <- Q(S[r, c] + a[r] b[c])

    and ``result`` is the registers ``sum``, rounded and brought into the target's range. The
    sums stay in their units while inputs and weights pass by: R pixels of C channels of a
    convolution of K products take K cycles, the first with ``load`` high and the biases on
    ``sum_in``. The results are on the port in the cycle after the last one, in which the next
    R C outputs can start. A depthwise convolution assigns a channel to each column and takes
    inputs ``[R, C]`` in each cycle. A convolution with a few groups runs group by group. The
    latency is 1, and the sums are 0 after reset.

    If the overflow mode of the accumulator or of the results is ERROR, the low bits are kept,
    as with WRAP. Each bit of the output ``overflowed``, R C bits, tells whether the result on
    the port or a sum since the last ``load``, recorded in a register, did not fit.

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
        """Whether the circuit has the output ``overflowed``."""
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
        flags = (
            Port.output("overflowed", count=count, meaning="1 where a sum left its range"),
        )
        return (
            Port.input("load", meaning="1 starts new sums with sum_in"),
            format_port(
                "sum_in",
                "in",
                self.accumulator.format,
                self.columns,
                meaning="first value of a sum",
            ),
            format_port("a", "in", self.a, inputs, meaning="first factors"),
            format_port("b", "in", self.b, self.columns, meaning="second factors"),
            format_port(
                "result", "out", self.target, count, meaning="sums, rows first, converted"
            ),
            *(flags if self.has_overflow_output else ()),
        )

    def _visible_outputs(self, held: dict[str, list[int]]) -> dict[str, list[int]]:
        results = [self.stage.quantize(code) for code in held["sum"]]
        outputs = {"result": [code for code, _ in results]}
        if self.has_overflow_output:
            reported = self.overflow is Overflow.ERROR
            flags = held.get("overflowed", [0] * len(results))
            outputs["overflowed"] = [
                flag | int(reported and overflowed)
                for flag, (_, overflowed) in zip(flags, results, strict=True)
            ]
        return outputs

    def _write_outputs(
        self,
        totals: NDArray[np.int64],
        flags: NDArray[np.int64],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        overflowed = np.empty_like(totals)
        words = np.zeros(len(totals), np.int64)
        stage = self.stage.kernel_arguments()
        quantize_cycles(totals, words, stage, outputs["result"], overflowed)
        if self.has_overflow_output:
            if self.overflow is not Overflow.ERROR:
                overflowed[:] = 0
            outputs["overflowed"][:] = (
                overflowed | flags if self.has_overflow_flag else overflowed
            )
