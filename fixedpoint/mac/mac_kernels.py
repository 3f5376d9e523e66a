"""Compiled loops of the multiply-accumulate circuits."""

from __future__ import annotations

from ..kernels.compiled import compiled
from ..rounding.circuit_kernels import quantize_value

__all__ = ["add_in_a_tree", "multiply_accumulate"]


@compiled
def multiply_accumulate(
    enable,
    product_words,
    sum_words,
    inputs,
    columns,
    product_stage,
    sum_stage,
    shifts,
    total,
    total_out,
    flag,
    flag_out,
):
    """Run a `MacCircuit`; `flag` and `flag_out` are empty without an overflow flag.

    Unit u, counted over all lanes, takes column ``columns[i][u]`` of ``inputs[i]``.
    """
    load, sum_in, a, b = inputs
    load_at, sum_at, a_at, b_at = columns
    for t in range(len(enable)):
        for unit in range(len(total)):
            total_out[t, unit] = total[unit]
            if len(flag):
                flag_out[t, unit] = flag[unit]
            if enable[t]:
                loaded = load[t, load_at[unit]] != 0
                before = sum_in[t, sum_at[unit]] if loaded else total[unit]
                product = a[t, a_at[unit]] * b[t, b_at[unit]]
                term, _ = quantize_value(product, product_words[t], product_stage)
                exact = (before << shifts[0]) + (term << shifts[1])
                total[unit], lost = quantize_value(exact, sum_words[t], sum_stage)
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
    """Run a `DotProduct`; `sums` and `lost` hold all levels of lane 0, then of lane 1, ..."""
    a, b = inputs
    product_stage, first, upper = stages
    cycles = len(enable)
    nodes = levels.sum()
    for t in range(cycles):
        for lane in range(sum_out.shape[1]):
            codes = sums[lane * nodes : (lane + 1) * nodes]
            flags = lost[lane * nodes : (lane + 1) * nodes]
            sum_out[t, lane], lost_out[t, lane] = codes[-1], flags[-1]
            if not enable[t]:
                continue
            # Go from the top down, so that every level reads the old sums below it.
            top = nodes
            for level in range(len(levels) - 1, 0, -1):
                top -= levels[level]
                size = levels[level - 1]
                below, flags_below = codes[top - size : top], flags[top - size : top]
                for i in range(levels[level]):
                    if 2 * i + 1 < size:
                        code, overflowed = quantize_value(
                            below[2 * i] + below[2 * i + 1], 0, upper
                        )
                        codes[top + i] = code
                        flags[top + i] = overflowed | (
                            flags_below[2 * i] + flags_below[2 * i + 1] > 0
                        )
                    else:
                        codes[top + i], flags[top + i] = below[2 * i], flags_below[2 * i]
            for i in range(levels[0]):
                total = 0
                for k in range(2 * i, min(2 * i + 2, terms)):
                    product = a[t, lane * terms + k] * b[t, lane * terms + k]
                    total += quantize_value(product, product_words[t, k], product_stage)[0]
                codes[i], flags[i] = quantize_value(total, sum_words[t, i], first)
