"""The compiled loops of the fixed-point circuits.

All numbers are int64: the circuits refuse formats with which that would not be enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .compiled import compiled
from .kernels import _fit, _round

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .circuit import WordSource
    from .stage import Stage

__all__ = [
    "add_in_a_tree",
    "descend",
    "drawn",
    "multiply_accumulate",
    "quantize_cycles",
    "quantized",
]


def drawn(
    stage: Stage, words: list[NDArray[np.uint32]], generator: WordSource | None, cycles: int
) -> NDArray[np.int64]:
    """Return the words of a circuit's one generator, if it has one, as a stage adds them."""
    if generator is None:
        return np.zeros(cycles, np.int64)
    return stage.words(words[0], generator.width)


@compiled
def quantized(value: Any, word: Any, stage: Any) -> Any:
    """Return a value rounded and in range, and whether it overflowed; see `Stage`."""
    kind, fit, left, rule, limits = stage
    value = value << left
    rounded = _round(value >> rule[0], value & rule[1], word, rule, kind)
    return _fit(rounded, limits, fit), (rounded < limits[0]) | (rounded > limits[1])


@compiled
def quantize_cycles(values, words, stage, out, flags):
    """Quantise ``values [cycles, lanes]``, one word a cycle; `flags` may be empty."""
    cycles, lanes = values.shape
    for t in range(cycles):
        for lane in range(lanes):
            code, overflowed = quantized(values[t, lane], words[t], stage)
            out[t, lane] = code
            if len(flags):
                flags[t, lane] = overflowed


@compiled
def multiply_accumulate(
    enable,
    product_words,
    sum_words,
    inputs,
    places,
    product_stage,
    sum_stage,
    shifts,
    total,
    total_out,
    flag,
    flag_out,
):
    """Run an `AccumulatingCircuit`; `flag` and `flag_out` are empty where there is none.

    Unit u, of all lanes, takes column ``places[i][u]`` of ``inputs[i]``.
    """
    load, sum_in, a, b = inputs
    load_at, sum_at, a_at, b_at = places
    for t in range(len(enable)):
        for unit in range(len(total)):
            total_out[t, unit] = total[unit]
            if len(flag):
                flag_out[t, unit] = flag[unit]
            if enable[t]:
                loaded = load[t, load_at[unit]] != 0
                before = sum_in[t, sum_at[unit]] if loaded else total[unit]
                product = a[t, a_at[unit]] * b[t, b_at[unit]]
                term, _ = quantized(product, product_words[t], product_stage)
                exact = (before << shifts[0]) + (term << shifts[1])
                total[unit], lost = quantized(exact, sum_words[t], sum_stage)
                if len(flag):
                    flag[unit] = lost | ((not loaded) & (flag[unit] != 0))


@compiled
def add_in_a_tree(
    enable,
    product_words,
    sum_words,
    inputs,
    stages,
    terms,
    levels,
    sums,
    sum_out,
    lost,
    lost_out,
):
    """Run `DotProduct`: `sums` and `lost` hold all levels of lane 0, then of lane 1, ..."""
    a, b = inputs
    product_stage, first, upper = stages
    cycles = len(enable)
    nodes = levels.sum()
    for t in range(cycles):
        for lane in range(sum_out.shape[1]):
            mine = sums[lane * nodes : (lane + 1) * nodes]
            flags = lost[lane * nodes : (lane + 1) * nodes]
            sum_out[t, lane], lost_out[t, lane] = mine[-1], flags[-1]
            if not enable[t]:
                continue
            # From the top down, so that every level still sees the old one below.
            top = nodes
            for level in range(len(levels) - 1, 0, -1):
                top -= levels[level]
                size = levels[level - 1]
                below, under = mine[top - size : top], flags[top - size : top]
                for i in range(levels[level]):
                    if 2 * i + 1 < size:
                        code, over = quantized(below[2 * i] + below[2 * i + 1], 0, upper)
                        mine[top + i] = code
                        flags[top + i] = over | (under[2 * i] + under[2 * i + 1] > 0)
                    else:
                        mine[top + i], flags[top + i] = below[2 * i], under[2 * i]
            for i in range(levels[0]):
                total = 0
                for k in range(2 * i, min(2 * i + 2, terms)):
                    product = a[t, lane * terms + k] * b[t, lane * terms + k]
                    total += quantized(product, product_words[t, k], product_stage)[0]
                mine[i], flags[i] = quantized(total, sum_words[t, i], first)


@compiled
def descend(enable, words, inputs, stages, shifts, decay_shift, registers, outputs):
    """Run `FixedMomentumSgd`; words are ``[cycles, lanes of the circuit]``."""
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    (of_gradient, of_momentum), (of_weight, of_product) = shifts
    lanes = words[0].shape[1]
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i], outputs[1][t, i] = momentum[i], weight[i]
            if not enable[t]:
                continue
            circuit, lane = i // lanes, i % lanes
            loaded = load[t, circuit] != 0
            c = (momentum_in[t, i] if loaded else momentum[i]) << of_momentum
            exact = (c << decay_shift) + (gradient[t, i] << of_gradient) - c
            momentum[i] = quantized(exact, words[0][t, lane], stages[0])[0]
            learned = (rate[t, circuit] * momentum[i]) << of_product
            exact = ((weight_in[t, i] if loaded else weight[i]) << of_weight) - learned
            weight[i] = quantized(exact, words[1][t, lane], stages[1])[0]
