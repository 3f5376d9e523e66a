"""Logarithmic quantizer: converts fixed-point codes to signed powers of two."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..arrays.fixed_array import FixedArray
from ..arrays.power_of_two import LOG_ROUNDINGS, log_code, log_quantize
from ..circuit import Circuit, Port, check_choice
from ..formats.format import Format
from ..formats.log_format import LogFormat, as_log_format
from ..rounding.rounding_stage import check_port_format, format_port

__all__ = ["LogQuantizer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogQuantizer(Circuit):
    """Logarithmic quantizer: rounds a fixed-point code to a signed power of two or to zero.

    Parameters
    ----------
    source : Format or str
        Of the input.
    target : LogFormat
        Of the result.
    rounding : {"log", "linear"}
        As in `log_quantize`.

    Notes
    -----
    Ports: ``source`` in; ``sign``, if the target is signed, and ``exponent`` out, the
    exponent code: 0 for zero, k for ``2**(minimum_exponent + k - 1)``. The latency is 0, and
    there is no state. The result is that of `log_quantize`; the sign of zero is 0.

    The hardware detects the leading one, shifts it to the top, and compares the shifted
    number with one constant, the threshold.

    Source: D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using
    Logarithmic Data Representation", 2016, sections 3 and 4.2.

    Examples
    --------
    >>> from fixedpoint import LogFormat, LogQuantizer
    >>> quantizer = LogQuantizer(
    ...     source="sQ4.0", target=LogFormat(minimum_exponent=0, maximum_exponent=2)
    ... )
    >>> outputs, _ = quantizer.run({"source": [0, 1, 2, 3, -3, 7]})
    >>> outputs["sign"][:, 0].tolist(), outputs["exponent"][:, 0].tolist()
    ([0, 0, 0, 0, 1, 0], [0, 1, 2, 3, 3, 3])
    """

    source: Format
    target: LogFormat
    rounding: str = "log"

    def __post_init__(self) -> None:
        as_log_format("LogQuantizer target", self.target)
        check_choice("LogQuantizer rounding", self.rounding, LOG_ROUNDINGS)
        self._set(source=check_port_format("LogQuantizer source", self.source))

    @property
    def ports(self) -> tuple[Port, ...]:
        sign = (Port.output("sign", meaning="1 for a negative value"),)
        return (
            format_port("source", "in", self.source, meaning="value"),
            *(sign if self.target.signed else ()),
            Port.output(
                "exponent",
                self.target.exponent_width,
                meaning="code of the power of two, 0 for 0",
            ),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        value = inputs["source"] * self.source.resolution
        sign, exponent = log_code(value, self.target, self.rounding)
        outputs = {"sign": sign} if self.target.signed else {}
        return registers, {**outputs, "exponent": exponent}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        codes = FixedArray.from_valid_codes(inputs["source"], self.source)
        result = log_quantize(codes, self.target, self.rounding)
        if self.target.signed:
            outputs["sign"][:] = result.signs
        outputs["exponent"][:] = result.exponents
