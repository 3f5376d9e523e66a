"""Convolution of an image that arrives pixel by pixel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from .accumulator import AccumulatorSpec
from .circuit import Circuit, Port, Register, WordSource
from .dot_product import DotProduct
from .format import Format
from .parameters import check_integer
from .stage import check_format, port

__all__ = ["ConvLine"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvLine(Circuit):
    """Convolution line: a pixel a cycle in, the inner product of a k by k window out.

    Parameters
    ----------
    size : int
        k, 1..16: rows and columns of the window.
    columns, rows : int
        Of the image, each k..4096.
    pixel_format, weight_format : Format or str
    accumulator : AccumulatorSpec
        Of the window's inner product; its order is ``"tree"``.
    generators : tuple of generator
        For STOCHASTIC, as in `DotProduct`.

    Raises
    ------
    ValueError
        If a value is out of range, or as `DotProduct` does.

    Notes
    -----
    Ports: ``pixel`` and ``weights``, k * k elements row by row, in; ``sum``, ``valid`` and,
    with overflow mode ERROR, ``overflowed`` out.

    Each enabled cycle takes one pixel, row by row from the top left, and image after image
    without a gap. The shift register ``line`` of (k - 1) (columns + 1) pixels, newest
    first, holds what the window needs beside the pixel that is on the port: its bottom right
    corner. The window and the weights go into a `DotProduct`, whose latency is that of the
    circuit; ``valid`` comes with each sum and is 1 where the window lay inside the image. So
    an image gives (rows - k + 1) (columns - k + 1) valid sums, in order: the outputs of
    `conv2d` with stride 1 and no padding (zeros around an image are sent as pixels). As
    there, and in all of deep learning, the kernel is not mirrored.

    The weights count in the cycle of the pixel, so they stay while an image passes. After
    reset all registers are 0 and the next pixel is the first of an image.

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
    generators: tuple[WordSource, ...] = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        size = check_integer("ConvLine size", self.size, 1, 16)
        self._set(
            size=size,
            columns=check_integer("ConvLine columns", self.columns, size, 4096),
            rows=check_integer("ConvLine rows", self.rows, size, 4096),
            pixel_format=check_format("ConvLine pixel_format", self.pixel_format),
            weight_format=check_format("ConvLine weight_format", self.weight_format),
            generators=tuple(self.generators),
        )
        _ = self.dot_product

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
        """How many pixels ago each element of the window arrived, row by row."""
        ago = range(self.size - 1, -1, -1)
        return tuple(y * self.columns + x for y in ago for x in ago)

    @property
    def ports(self) -> tuple[Port, ...]:
        results = self.dot_product.outputs
        return (
            port("pixel", "in", self.pixel_format),
            port("weights", "in", self.weight_format, self.size**2),
            results[0],
            Port(name="valid", direction="out", width=1),
            *results[1:],
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        fmt, ago = self.pixel_format, self.delays[0]
        line = (Register(name="line", width=fmt.width, signed=fmt.signed, count=ago),)
        return (
            *(line if ago else ()),
            Register(name="column", width=max(1, (self.columns - 1).bit_length())),
            Register(name="row", width=max(1, (self.rows - 1).bit_length())),
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
        many = self.latency > 1
        valid = registers["valid"] if many else [registers["valid"]]
        outputs["valid"] = valid[-1]
        valid = [int(column >= edge and row >= edge), *valid[:-1]]
        last = column == self.columns - 1
        after = {
            "column": 0 if last else column + 1,
            "row": (row + last) % self.rows,
            "valid": valid if many else valid[0],
            **held,
        }
        if "line" in registers:
            after["line"] = seen[:-1] if len(seen) > 2 else seen[0]
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        dot, edge, ago = self.dot_product, self.size - 1, self.delays[0]
        cycles, lanes = inputs["pixel"].shape
        taken = int(enable.sum())
        # Pixels taken before each cycle, and all pixels there are, oldest first.
        before = np.cumsum(enable) - enable
        line = registers.get("line", np.zeros(0, np.int64)).reshape(lanes, ago)
        seen = np.concatenate([line[:, ::-1].T, inputs["pixel"][enable]])
        window = np.empty((cycles, lanes, dot.terms), np.int64)
        for i, delay in enumerate(self.delays):
            window[:, :, i] = seen[ago + before - delay] if delay else inputs["pixel"]
        operands = {"a": window.reshape(cycles, lanes * dot.terms), "b": inputs["weights"]}
        dot._kernel(enable, words, operands, registers, outputs)

        late = self.latency
        column, row = registers["column"][0], registers["row"][0]
        place = row * self.columns + column + np.arange(taken + 1)
        x, y = place % self.columns, place // self.columns % self.rows
        held = registers["valid"].reshape(lanes, late)[0, ::-1]
        valid = np.concatenate([held, (x >= edge) & (y >= edge)])
        outputs["valid"][:] = valid[before][:, None]

        registers["valid"][:] = np.tile(valid[taken : taken + late][::-1], lanes)
        registers["column"][:], registers["row"][:] = x[taken], y[taken]
        if ago:
            registers["line"][:] = seen[taken:][::-1].T.reshape(-1)
