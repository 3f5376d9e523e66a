"""Adaptive filter: a tapped delay line with one stochastic integrator per tap."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.circuit.rotation import rotated
from fixedpoint.kernels.compiled import compiled
from fixedpoint.kernels.word_rotation import lane_word

from ..generators.equally_spaced import equally_spaced
from ..generators.generator import Generator, check_generator, same_sequence
from ..streams.signed_sample import compiled_signed_sample, signed_sample
from .saturating_counter import compiled_saturate, saturate

__all__ = ["LmsFilter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LmsFilter(Circuit):
    """Adaptive FIR filter that learns by least mean squares (LMS) in stochastic logic.

    Parameters
    ----------
    taps : int
        Number of weights T, 1..4096.
    width : int
        Number n of fraction bits of the weights, 1..20: the step size is 2^-n.
    sample_generator : Generator
        Generator of width k, 1..16, for the streams of the samples in the delay line.
        Samples, target and estimate are signed codes of k fraction bits, in -2^k..2^k with
        both ends included.
    error_generator : Generator
        Generator of width k with another sequence, for the streams of the target and the
        estimate.
    sharing : {"rotation", "per-tap"}
        With ``"rotation"`` the taps share the sample generator, and tap j rotates each word
        left by j modulo its width. With ``"per-tap"`` tap j has its own copy of the
        generator, ``j * (period // taps)`` cycles ahead.

    Raises
    ------
    ValueError
        If a value is out of range, if the generators' widths differ, or if a tap sees the
        sequence of the error generator: then the factors of its products would not be
        independent.

    Notes
    -----
    Ports: ``sample`` and ``target`` in; ``estimate`` and ``weights``, one element per tap,
    out. All are signed. Weights have n + 2 bits and are in -2^n..2^n, for -1..1.

    The filter itself, y = sum of w_j x_j over the taps, is binary, with T multipliers and
    exact products: the noise of a stochastic sum of so many terms would exceed the error. The
    learning has no multiplier: x_j, t and y become sign-magnitude streams, and a tap is the
    signed gradient-descent circuit of `ScGdc`, with one gate for x_j t to the increment and
    one for x_j y to the decrement of an integrator.

    Let x_0..x_{T-1} be the last T samples, latest first, and t the last target, all in
    registers. Let W_j be the counters, R and R' the words of the two generators, and s[z] the
    sign of z if the word is below the magnitude of z, else 0. Each cycle outputs W and::

        y = 2^-n sum of W_j x_j, rounded half to even, saturated to -2^k..2^k

    and then sets, with R of tap j and W saturated to -2^n..2^n::

        W_j = W_j + s[x_j] s[t] - s[x_j] s[y]   word R for x_j, R' for t and y

    and stores the next sample and target. The mean change of w_j is ``2^-n x_j (t - y)``:
    least mean squares with the step size 2^-n. As t and y share a word, their streams differ
    with the probability abs(t - y) only, so that the noise vanishes with the error.

    Latency 1 from a sample to the first estimate that depends on it; the weights follow one
    cycle later. After reset all registers are 0.

    Source: S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing",
    IEEE Circuits and Systems Magazine 20(3), 2020, equations (9), (10) and (14) and figure
    22. The paper gives the widths 14 and 16 for the integrators. It does not give the widths
    of samples and estimate, how the sum is formed, or how generators are shared: these are
    this library's definition.

    Examples
    --------
    A single tap learns the gain -0.5.

    >>> import numpy as np
    >>> from stochastic import Counter, LmsFilter, Sobol
    >>> lms = LmsFilter(
    ...     taps=1, width=4,
    ...     sample_generator=Sobol(width=4), error_generator=Sobol(width=4, dimension=1),
    ... )
    >>> sample = np.tile([16, -16, 8, -8], 500)
    >>> outputs, _ = lms.run({"sample": sample, "target": -sample // 2})
    >>> outputs["weights"][-1].tolist(), outputs["estimate"][-4:, 0].tolist()
    ([-8], [4, -8, 8, -4])
    """

    taps: int
    width: int
    sample_generator: Generator
    error_generator: Generator
    sharing: str = "rotation"

    def __post_init__(self) -> None:
        self._set(
            taps=check_integer("LmsFilter taps", self.taps, 1, 4096),
            width=check_integer("LmsFilter width", self.width, 1, 20),
        )
        for name in ("sample_generator", "error_generator"):
            check_generator(f"LmsFilter {name}", getattr(self, name))
        bits = check_integer(
            "LmsFilter sample_generator width", self.sample_generator.width, 1, 16
        )
        if self.error_generator.width != bits:
            raise ValueError(
                f"LmsFilter error_generator must have the sample generator's width {bits}, "
                f"not {self.error_generator.width}"
            )
        check_choice("LmsFilter sharing", self.sharing, ("rotation", "per-tap"))
        for tap, generator in enumerate(self._distinct_tap_generators()):
            if same_sequence(generator, self.error_generator, min(generator.period, 1 << 16)):
                raise ValueError(
                    "LmsFilter needs generators of different sequences, but tap "
                    f"{tap} sees that of the error generator, {self.error_generator!r}"
                )

    def _distinct_tap_generators(self) -> tuple[Generator, ...]:
        """Return generators of the words that the taps see, each rotation once."""
        if self.sharing == "per-tap":
            return self.tap_generators
        rotations = min(self.taps, self.sample_generator.width)
        return tuple(self.sample_generator.rotated(by) for by in range(rotations))

    @property
    def limit(self) -> int:
        """Largest code of a sample, target or estimate: full scale."""
        return 1 << self.sample_generator.width

    @property
    def weight_limit(self) -> int:
        """Largest code of a weight: full scale."""
        return 1 << self.width

    @property
    def ports(self) -> tuple[Port, ...]:
        def code(name, direction, meaning):
            return Port(
                name=name,
                direction=direction,
                width=self.sample_generator.width + 2,
                signed=True,
                minimum=-self.limit,
                maximum=self.limit,
                meaning=meaning,
            )

        return (
            code("sample", "in", "sample of the input signal"),
            code("target", "in", "sample of the desired signal"),
            code("estimate", "out", "output of the filter"),
            Port.output(
                "weights",
                self.width + 2,
                signed=True,
                count=self.taps,
                minimum=-self.weight_limit,
                maximum=self.weight_limit,
                meaning="weights, tap 0 first",
            ),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        bits = self.sample_generator.width + 2
        return (
            Register(name="weights", width=self.width + 2, signed=True, count=self.taps),
            Register(name="window", width=bits, signed=True, count=self.taps),
            Register(name="target", width=bits, signed=True),
        )

    @property
    def tap_generators(self) -> tuple[Generator, ...]:
        """The generators of the taps: one that they share, or one for each."""
        if self.sharing == "rotation":
            return (self.sample_generator,)
        return equally_spaced(self.sample_generator, self.taps)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.error_generator, *self.tap_generators)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words, **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        several = self.taps > 1
        weights, window = (
            list(registers[name]) if several else [registers[name]]
            for name in ("weights", "window")
        )
        target = registers["target"]
        total = sum(w * x for w, x in zip(weights, window, strict=True))
        estimate = saturate(round(Fraction(total, self.weight_limit)), -self.limit, self.limit)
        outputs = {"estimate": estimate, "weights": registers["weights"]}
        T, Y = signed_sample(target, words[0]), signed_sample(estimate, words[0])
        for tap, (w, x) in enumerate(zip(weights, window, strict=True)):
            if self.sharing == "rotation":
                word = rotated(words[1], tap, self.sample_generator.width)
            else:
                word = words[1 + tap]
            X = signed_sample(x, word)
            moved = w + X * T - X * Y
            weights[tap] = saturate(moved, -self.weight_limit, self.weight_limit)
        window = [inputs["sample"], *window[:-1]]
        after = {
            "weights": weights if several else weights[0],
            "window": window if several else window[0],
            "target": inputs["target"],
        }
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run_filter(
            enable,
            words[0],
            np.stack(words[1:], axis=1),
            (self.sample_generator.width, self.width, self.taps),
            (inputs["sample"], inputs["target"]),
            (registers["weights"], registers["window"], registers["target"]),
            (outputs["estimate"], outputs["weights"]),
        )


@compiled
def _run_filter(enable, error_words, tap_words, sizes, inputs, registers, outputs):
    bits, width, taps = sizes
    samples, targets = inputs
    weights, window, target = registers
    estimates, weights_out = outputs
    limit, weight_limit = 1 << bits, 1 << width
    for t in range(len(enable)):
        for lane in range(len(target)):
            begin = lane * taps
            total = np.int64(0)
            for i in range(begin, begin + taps):
                weights_out[t, i] = weights[i]
                total += weights[i] * window[i]
            # The remainder is 0..2^n - 1 for either sign.
            estimate = total >> width
            twice = 2 * (total - (estimate << width))
            if twice > weight_limit or (twice == weight_limit and estimate & 1):
                estimate += 1
            estimate = compiled_saturate(estimate, -limit, limit)
            estimates[t, lane] = estimate
            if not enable[t]:
                continue
            word = np.int64(error_words[t])
            error = compiled_signed_sample(target[lane], word) - compiled_signed_sample(
                estimate, word
            )
            # If the two streams agree, no counter moves.
            if error != 0:
                for tap in range(taps):
                    word = lane_word(tap_words, t, tap, bits)
                    sample = compiled_signed_sample(window[begin + tap], word)
                    weights[begin + tap] = compiled_saturate(
                        weights[begin + tap] + sample * error, -weight_limit, weight_limit
                    )
            for i in range(begin + taps - 1, begin, -1):
                window[i] = window[i - 1]
            window[begin] = samples[t, lane]
            target[lane] = targets[t, lane]
