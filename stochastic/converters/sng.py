"""Binary-to-stochastic converter: the stochastic number generator (SNG)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, check_choice

from ..generators.generator import Generator, check_generator

__all__ = ["Sng"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sng(Circuit):
    """Binary-to-stochastic converter: a generator and a comparator.

    The stream's bit is 1 where the generator's word is less than the code, so code 0 gives
    all zeros and code 2^n all ones.

    Parameters
    ----------
    generator : Generator
        The generator inside, of width n.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Value of the code: x = code / 2^n; x = 2 code / 2^n - 1; or the magnitude of x, with
        its sign on a second wire. The first two are the same hardware.

    Notes
    -----
    Ports: ``code``, 0..2^n inclusive, hence n + 1 bits, and ``stream``, one bit; with
    sign-magnitude also ``code_sign`` and ``stream_sign``, 1 for negative. The sign passes
    through unchanged in every cycle.

    Latency 0: the comparator is combinational. The code may change in every cycle, as in
    dynamic stochastic computing.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; for codes that change in each
    cycle S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020. Both compare with the generator's word;
    in this library the code 2^n stands for 1.0 exactly.

    Examples
    --------
    >>> from stochastic import Counter, Sng
    >>> outputs, _ = Sng(generator=Counter(width=2)).run({"code": [3] * 8})
    >>> outputs["stream"][:, 0].tolist()
    [1, 1, 1, 0, 1, 1, 1, 0]
    """

    generator: Generator
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        check_generator("Sng generator", self.generator)
        check_choice("Sng encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude"))

    @property
    def _signed(self) -> bool:
        return self.encoding == "sign-magnitude"

    @property
    def encodings(self) -> dict[str, str | None]:
        """The encoding of each stream, by port name."""
        return dict.fromkeys(("stream", "stream_sign")[: 1 + self._signed], self.encoding)

    @property
    def ports(self) -> tuple[Port, ...]:
        n = self.generator.width
        code = Port.input(
            "code", n + 1, maximum=1 << n, meaning="code of the value or magnitude"
        )
        stream = Port.output("stream", meaning="stream of the code")
        if not self._signed:
            return code, stream
        return (
            code,
            Port.input("code_sign", meaning="sign of the value, 1 for -"),
            stream,
            Port.output("stream_sign", meaning="sign of the stream, 1 for -"),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        outputs = {"stream": int(words[0] < inputs["code"])}
        if self._signed:
            outputs["stream_sign"] = inputs["code_sign"]
        return registers, outputs

    def cycle_code(self, code, words, registers, inputs):
        outputs = {"stream": words[0].less(inputs["code"])}
        if self._signed:
            outputs["stream_sign"] = inputs["code_sign"]
        return outputs, {}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        outputs["stream"][:] = words[0][:, None] < inputs["code"]
        if self._signed:
            outputs["stream_sign"][:] = inputs["code_sign"]
