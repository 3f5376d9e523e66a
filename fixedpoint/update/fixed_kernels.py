"""Compiled loop of momentum SGD in fixed point, cycle by cycle."""

from __future__ import annotations

from ..kernels.compiled import compiled
from ..rounding.circuit_kernels import quantize_value

__all__ = ["update_cycles"]


@compiled
def update_cycles(enable, words, inputs, stages, shifts, decay_shift, registers, outputs):
    """Run `FixedMomentumSgdLanes`; words are ``[cycles, lanes of the circuit]``."""
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    (gradient_shift, momentum_shift), (weight_shift, product_shift) = shifts
    lanes = words[0].shape[1]
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i], outputs[1][t, i] = momentum[i], weight[i]
            if not enable[t]:
                continue
            circuit, lane = i // lanes, i % lanes
            loaded = load[t, circuit] != 0
            c = (momentum_in[t, i] if loaded else momentum[i]) << momentum_shift
            exact = (c << decay_shift) + (gradient[t, i] << gradient_shift) - c
            momentum[i] = quantize_value(exact, words[0][t, lane], stages[0])[0]
            learned = (rate[t, circuit] * momentum[i]) << product_shift
            exact = ((weight_in[t, i] if loaded else weight[i]) << weight_shift) - learned
            weight[i] = quantize_value(exact, words[1][t, lane], stages[1])[0]
