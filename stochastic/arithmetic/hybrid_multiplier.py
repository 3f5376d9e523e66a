"""Hybrid multiplier: a stream times a binary word."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, check_choice, check_flag, check_integer

__all__ = ["HybridMultiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HybridMultiplier(Circuit):
    """Hybrid stochastic-binary multiplier: a bit of a stream gates or negates a word.

    Parameters
    ----------
    width : int
        Bits of the word, 1..32.
    signed : bool
        Whether the word is two's complement. Its width is then at least 2.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Encoding of the stream.

    Notes
    -----
    Ports: ``stream``, one bit, with sign-magnitude also ``stream_sign``, 1 for negative;
    ``word``; ``product``, a word. With w the word, the product is w or 0 for a unipolar bit,
    w or -w for a bipolar one, and w, 0 or -w for a sign-magnitude one. It is two's complement
    unless the word is unsigned and the stream unipolar, and it has one bit more than the word
    if it can be -w. No state, latency 0.

    The sum of the products over any number of cycles is exactly the word times the sum of the
    stream. There is no error but that of the stream, and no second generator.

    Source: the bit-wise AND of A. Ardakani et al., "VLSI Implementation of Deep Neural
    Network Using Integral Stochastic Computing", IEEE Transactions on VLSI Systems 25(10),
    2017, figure 11; the negation for signed streams follows from their values.

    Examples
    --------
    >>> from stochastic import HybridMultiplier
    >>> gate = HybridMultiplier(width=4, signed=True, encoding="bipolar")
    >>> gate.run({"stream": [1, 0, 0], "word": [5, 5, -8]})[0]["product"][:, 0].tolist()
    [5, -5, 8]
    """

    width: int
    signed: bool = False
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        name = "HybridMultiplier"
        signed = check_flag(f"{name} signed", self.signed)
        self._set(width=check_integer(f"{name} width", self.width, 1 + signed, 32))
        check_choice(
            f"{name} encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude")
        )

    @property
    def encodings(self) -> dict[str, str | None]:
        """The encoding of each stream, by port name."""
        signed = self.encoding == "sign-magnitude"
        return dict.fromkeys(("stream", "stream_sign")[: 1 + signed], self.encoding)

    @property
    def ports(self) -> tuple[Port, ...]:
        sign = (
            (Port.input("stream_sign", meaning="sign of the stream, 1 for -"),)
            if self.encoding == "sign-magnitude"
            else ()
        )
        negated = self.encoding != "unipolar"
        return (
            Port.input("stream", meaning="stream that is one factor"),
            *sign,
            Port.input(
                "word", self.width, signed=self.signed, meaning="the other factor, an integer"
            ),
            Port.output(
                "product",
                self.width + negated,
                signed=self.signed or negated,
                meaning="product of this cycle; its mean is the product",
            ),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        bit, word = inputs["stream"], inputs["word"]
        if self.encoding == "bipolar":
            return registers, {"product": word if bit else -word}
        if self.encoding == "sign-magnitude" and inputs["stream_sign"]:
            word = -word
        return registers, {"product": word if bit else 0}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        factor = inputs["stream"]
        if self.encoding == "bipolar":
            factor = 2 * factor - 1
        elif self.encoding == "sign-magnitude":
            factor = np.where(inputs["stream_sign"], -factor, factor)
        np.multiply(factor, inputs["word"], out=outputs["product"])
