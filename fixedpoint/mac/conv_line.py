"""Convolution of an image that arrives pixel by pixel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Circuit, Port, Register, WordSource, check_integer
from ..formats.format import Format
from ..rounding.rounding_stage import check_port_format, format_port
from .dot_product import DotProduct

__all__ = ["ConvLine"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvLine(Circuit):
    """Convolution line: takes a pixel a cycle, gives the inner product of a k by k window.

    Parameters
    ----------
    size : int
        Rows and columns k of the window, 1..16.
    columns, rows : int
        Of the image, each k..4096.
    stride : int
        Columns and rows s from one valid window to the next, 1..16.
    pixel_format, weight_format : Format or str
    accumulator : AccumulatorSpec
        Of the window's inner product; its order is ``"tree"``.
    generators : tuple of generator
        As for `DotProduct`.

    Raises
    ------
    ValueError
        If a value is out of range, or in the cases of `DotProduct`.

    Notes
    -----
    Ports: ``pixel`` and ``weights`` of k * k elements, row by row, in; ``sum``, ``valid``
    and, with overflow mode ERROR, ``overflowed`` out.

    Each enabled cycle takes one pixel, row by row from the top left, image after image
    without gaps. The pixel on the port is the bottom right corner of the window; the shift
    register ``line`` of (k - 1) (columns + 1) pixels, newest first, holds the others. A
    `DotProduct` multiplies the window by the weights; its latency is that of the circuit.
    ``valid`` accompanies each sum and is 1 if the window lay inside the image, at every s-th
    column and row from the top left. An image gives
    ((rows - k) div s + 1) ((columns - k) div s + 1) valid sums, in order: the outputs of
    `conv2d` with that stride and no padding (send padding as pixels). As in `conv2d`, the
    kernel is not mirrored.

    The weights are used in the cycle of the pixel, so hold them constant during an image.
    After reset the next pixel is the first of an image. All registers are 0, except
    ``column_phase`` and ``row_phase``, which exist for strides above 1 and count modulo s
    from -(k - 1).

    Source: B. Bosi, G. Bois and Y. Savaria, "Reconfigurable Pipelined 2-D Convolvers for
    Fast Digital Signal Processing", IEEE Transactions on VLSI Systems 7(3), 1999: row
    buffers as one shift register.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, ConvLine
    >>> line = ConvLine(
    ...     size=2, columns=3, rows=2, pixel_format="uQ4.0", weight_format="sQ2.0",
    ...     accumulator=AccumulatorSpec(format="sQ8.0", order="tree"),
    ... )
    >>> pixels = [1, 2, 3, 4, 5, 6, 0, 0]
    >>> outputs, _ = line.run({"pixel": pixels, "weights": [[1, 0, 0, 1]] * 8})
    >>> outputs["sum"][outputs["valid"] == 1].tolist()
    [6, 8]
    """

    size: int
    columns: int
    rows: int
    pixel_format: Format
    weight_format: Format
    accumulator: AccumulatorSpec
    stride: int = 1
    generators: tuple[WordSource, ...] = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        size = check_integer("ConvLine size", self.size, 1, 16)
        self._set(
            size=size,
            columns=check_integer("ConvLine columns", self.columns, size, 4096),
            rows=check_integer("ConvLine rows", self.rows, size, 4096),
            pixel_format=check_port_format("ConvLine pixel_format", self.pixel_format),
            weight_format=check_port_format("ConvLine weight_format", self.weight_format),
            stride=check_integer("ConvLine stride", self.stride, 1, 16),
        )
        self._set(generators=self.dot_product.generators)

    @property
    def dot_product(self) -> DotProduct:
        """The circuit of the window's inner product."""
        return DotProduct(
            terms=self.size**2,
            a=self.pixel_format,
            b=self.weight_format,
            accumulator=self.accumulator,
            generators=self.generators,
        )

    @property
    def delays(self) -> tuple[int, ...]:
        """Number of pixels since the arrival of each element of the window, row by row."""
        ago = range(self.size - 1, -1, -1)
        return tuple(y * self.columns + x for y in ago for x in ago)

    @property
    def first_phase(self) -> int:
        """Start value of the phases; it makes them 0 at the first window."""
        return (1 - self.size) % self.stride

    @property
    def ports(self) -> tuple[Port, ...]:
        results = self.dot_product.outputs
        return (
            format_port("pixel", "in", self.pixel_format, meaning="next pixel, row by row"),
            format_port(
                "weights", "in", self.weight_format, self.size**2, meaning="kernel, row by row"
            ),
            results[0],
            Port.output("valid", meaning="1 where sum belongs to a whole window"),
            *results[1:],
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        fmt, ago = self.pixel_format, self.delays[0]
        line = (Register(name="line", width=fmt.width, signed=fmt.signed, count=ago),)
        phases = tuple(
            Register.counting(name, self.stride - 1, reset=self.first_phase)
            for name in ("column_phase", "row_phase")
        )
        return (
            *(line if ago else ()),
            Register.counting("column", self.columns - 1),
            Register.counting("row", self.rows - 1),
            *(phases if self.stride > 1 else ()),
            Register(name="valid", width=1, count=self.latency),
            *self.dot_product.registers,
        )

    @property
    def latency(self) -> int:
        return self.dot_product.latency

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        dot, edge = self.dot_product, self.size - 1
        line = registers.get("line", [])
        seen = [inputs["pixel"], *(line if isinstance(line, list) else [line])]
        window = [seen[ago] for ago in self.delays]
        operands = {"a": window if dot.terms > 1 else window[0], "b": inputs["weights"]}
        held, outputs = dot.step(
            {r.name: registers[r.name] for r in dot.registers}, words, **operands
        )
        column, row = registers["column"], registers["row"]
        several = self.latency > 1
        valid = registers["valid"] if several else [registers["valid"]]
        outputs["valid"] = valid[-1]
        phases = [registers.get(name, 0) for name in ("column_phase", "row_phase")]
        inside = column >= edge and row >= edge and phases == [0, 0]
        valid = [int(inside), *valid[:-1]]
        last = column == self.columns - 1
        after = {
            "column": 0 if last else column + 1,
            "row": (row + last) % self.rows,
            "valid": valid if several else valid[0],
            **held,
        }
        if self.stride > 1:
            across, down = ((phase + 1) % self.stride for phase in phases)
            after["column_phase"] = self.first_phase if last else across
            if last:
                down = down if after["row"] else self.first_phase
            after["row_phase"] = down if last else phases[1]
        if "line" in registers:
            after["line"] = seen[:-1] if len(seen) > 2 else seen[0]
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        dot, edge, ago = self.dot_product, self.size - 1, self.delays[0]
        cycles, lanes = inputs["pixel"].shape
        count = int(enable.sum())
        # The number of pixels taken before each cycle, and all pixels, oldest first.
        before = np.cumsum(enable) - enable
        line = registers.get("line", np.zeros(0, np.int64)).reshape(lanes, ago)
        seen = np.concatenate([line[:, ::-1].T, inputs["pixel"][enable]])
        window = np.empty((cycles, lanes, dot.terms), np.int64)
        for i, delay in enumerate(self.delays):
            window[:, :, i] = seen[ago + before - delay] if delay else inputs["pixel"]
        operands = {"a": window.reshape(cycles, lanes * dot.terms), "b": inputs["weights"]}
        dot._kernel(enable, words, operands, registers, outputs)

        latency = self.latency
        position = registers["row"] * self.columns + registers["column"]
        position = position + np.arange(count + 1)[:, None]
        x, y = position % self.columns, position // self.columns % self.rows
        held = registers["valid"].reshape(lanes, latency)[:, ::-1].T
        phases = (x - edge) % self.stride, (y - edge) % self.stride
        inside = (x >= edge) & (y >= edge) & (phases[0] == 0) & (phases[1] == 0)
        valid = np.concatenate([held, inside])
        outputs["valid"][:] = valid[before]

        registers["valid"][:] = valid[count : count + latency][::-1].T.reshape(-1)
        registers["column"][:], registers["row"][:] = x[count], y[count]
        if self.stride > 1:
            registers["column_phase"][:] = phases[0][count]
            registers["row_phase"][:] = phases[1][count]
        if ago:
            registers["line"][:] = seen[count:][::-1].T.reshape(-1)
