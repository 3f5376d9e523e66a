"""Spin gate of invertible logic: a weighted sum, a random sign and a saturating counter."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_flag, check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator
from .noise import Noise
from .schedule import MAXIMUM_LIMIT

__all__ = ["SpinGate", "check_weight", "counter_width"]

WEIGHT_LIMIT = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpinGate(Circuit):
    """Spin gate: the sign of a saturating counter that sums its field and a random sign.

    Parameters
    ----------
    h : int
        The bias, -2^20..2^20.
    weights : tuple of int
        J, one for each spin that the gate reads, -2^20..2^20; it may be empty.
    limit : int
        I0, 1..2^20: the counter's range is [-I0, I0 - 1]. With `limit_port` the largest I0.
    noise : Noise
        Weight and density of the random term.
    generator : Generator
        Its word's lowest ``noise.bits`` bits are the gate's random bits.
    symmetric : bool
        Whether the counter's range is [-I0, I0].
    limit_port : bool
        Whether I0 is an input, for schedules.
    clamping : bool
        Whether the spin can be forced from outside.
    initial : int
        The counter's value after reset, -I0..I0 - 1.

    Notes
    -----
    Ports: ``spins``, one bit for each weight, 1 for m = +1 and 0 for m = -1; ``limit`` with
    `limit_port`; ``clamp`` and ``clamp_value`` with `clamping`; outputs ``spin`` and
    ``counter``, signed. With T the counter and r the noise, 0 or plus or minus its weight,
    each cycle shows ``spin = T >= 0``, or ``clamp_value`` while ``clamp`` is 1, and then sets

        I = h + sum_j J_j m_j + r
        T = min(max(T + I, -I0), I0 - 1)

    The counter goes on while the spin is clamped. Latency 1 from ``spins`` and ``limit`` to
    both outputs, 0 from the clamp, so `latency` is 0 with `clamping`. After reset T is
    `initial`. When ``limit`` falls, T is inside the new range one cycle later.

    Why the upper end is I0 - 1: T = 0 counts as +1, so [-I0, I0 - 1] has I0 values of either
    sign, and T -> -1 - T maps the range onto itself and exchanges the two spins. The gate
    with h and all m inverted then has exactly the inverted behaviour: it has no preference.
    [-I0, I0] has one more value for +1 than for -1, a bias that grows as I0 falls: two of
    three values at I0 = 1. For I0 = 2^k the range is also that of k + 1 bits in two's
    complement, and the spin is the inverted sign bit.

    The counter is the state machine of the integral stochastic tanh: with 2 I0 states and a
    random term, the mean spin follows tanh of the field; I0 is the inverse temperature.

    Sources: S. C. Smithson, N. Onizawa, B. H. Meyer, W. J. Gross and T. Hanyu, "Efficient CMOS
    Invertible Logic Using Stochastic Computing", IEEE TCAS-I 66(6), 2019. The upper end I0 - 1
    is that of the published FPGA design (N. Onizawa et al., arXiv 2602.16143); the same
    group's software uses I0.

    Examples
    --------
    >>> from stochastic import Lfsr
    >>> from stochastic.invertible import Noise, SpinGate
    >>> gate = SpinGate(
    ...     h=1, weights=(2,), limit=4, noise=Noise(weight=0), generator=Lfsr(width=3)
    ... )
    >>> outputs, _ = gate.run({"spins": [1, 1, 0, 0, 0, 0, 0]})
    >>> outputs["counter"][:, 0].tolist()
    [0, 3, 3, 2, 1, 0, -1]
    >>> outputs["spin"][:, 0].tolist()
    [1, 1, 1, 1, 1, 1, 0]
    """

    h: int
    weights: tuple[int, ...]
    limit: int
    noise: Noise
    generator: Generator
    symmetric: bool = False
    limit_port: bool = False
    clamping: bool = False
    initial: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.weights, tuple):
            raise TypeError(f"SpinGate weights must be a tuple, not {shown(self.weights)}")
        if not isinstance(self.noise, Noise):
            raise TypeError(f"SpinGate noise must be a Noise, not {shown(self.noise)}")
        check_generator("SpinGate generator", self.generator)
        if self.generator.width < self.noise.bits:
            raise ValueError(
                f"SpinGate generator must have {self.noise.bits} bits or more, "
                f"not {self.generator.width}"
            )
        for name in ("symmetric", "limit_port", "clamping"):
            check_flag(f"SpinGate {name}", getattr(self, name))
        limit = check_integer("SpinGate limit", self.limit, 1, MAXIMUM_LIMIT)
        self._set(
            h=check_weight("SpinGate h", self.h),
            weights=tuple(check_weight("SpinGate weight", w) for w in self.weights),
            limit=limit,
            initial=check_integer("SpinGate initial", self.initial, -limit, limit - 1),
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        inputs = []
        if self.weights:
            inputs.append(
                Port.input("spins", count=len(self.weights), meaning="other spins, 1 for +1")
            )
        if self.limit_port:
            width = self.limit.bit_length()
            inputs.append(
                Port.input("limit", width, minimum=1, maximum=self.limit, meaning="limit I0")
            )
        if self.clamping:
            inputs += [
                Port.input("clamp", meaning="1 holds the spin at clamp_value"),
                Port.input("clamp_value", meaning="spin while clamped, 1 for +1"),
            ]
        return (
            *inputs,
            Port.output("spin", meaning="the spin, 1 for +1"),
            Port.output(
                "counter",
                counter_width(self.limit, self.symmetric),
                signed=True,
                minimum=-self.limit,
                maximum=self.limit if self.symmetric else self.limit - 1,
                meaning="up/down counter, whose sign is the spin",
            ),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        width = counter_width(self.limit, self.symmetric)
        return (Register(name="counter", width=width, reset=self.initial, signed=True),)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    @property
    def latency(self) -> int:
        return int(not self.clamping)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        counter = registers["counter"]
        limit = inputs.get("limit", self.limit)
        clamped = inputs.get("clamp", 0)
        spin = inputs["clamp_value"] if clamped else int(counter >= 0)
        bits = inputs.get("spins", [])
        spins = bits if isinstance(bits, list) else [bits]
        field = self.h + sum(w if s else -w for w, s in zip(self.weights, spins, strict=True))
        moved = counter + field + self.noise.value(words[0])
        top = limit if self.symmetric else limit - 1
        return {"counter": max(-limit, min(moved, top))}, {"spin": spin, "counter": counter}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        counter = registers["counter"]
        shape = outputs["counter"].shape
        zeros = np.zeros(shape, np.int64)
        _run_gate(
            enable,
            words[0],
            inputs.get("spins", np.zeros((shape[0], 0), np.int64)),
            inputs.get("limit", zeros if self.limit_port else zeros + self.limit),
            inputs.get("clamp", zeros),
            inputs.get("clamp_value", zeros),
            self.h,
            np.array(self.weights, np.int64),
            self.noise.weight,
            self.noise.density,
            (1 << self.noise.density_bits) - 1,
            int(not self.symmetric),
            counter,
            outputs["spin"],
            outputs["counter"],
        )


def counter_width(limit: int, symmetric: bool) -> int:
    """Return the bits of a signed counter from -`limit` to `limit` - 1, or to `limit`."""
    return (limit if symmetric else limit - 1).bit_length() + 1


def check_weight(name: str, value: Any) -> int:
    """Return a weight as an int, or say which range it breaks."""
    return check_integer(name, value, -WEIGHT_LIMIT, WEIGHT_LIMIT)


@compiled
def _run_gate(
    enable,
    words,
    spins,
    limits,
    clamp,
    clamp_value,
    h,
    weights,
    noise,
    density,
    mask,
    below,
    counter,
    spin_out,
    counter_out,
):
    cycles, lanes = spin_out.shape
    for t in range(cycles):
        word = np.int64(words[t])
        random = 0
        if ((word >> 1) & mask) < density:
            random = noise if word & 1 else -noise
        for lane in range(lanes):
            now = counter[lane]
            counter_out[t, lane] = now
            spin_out[t, lane] = clamp_value[t, lane] if clamp[t, lane] else now >= 0
            if enable[t]:
                field = h + random
                for j in range(len(weights)):
                    weight = weights[j]
                    field += weight if spins[t, lane * len(weights) + j] else -weight
                limit = limits[t, lane]
                counter[lane] = max(-limit, min(now + field, limit - below))
