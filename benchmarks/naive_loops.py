"""Straightforward Numba loops over unpacked bits, the peers of circuits on streams.

One number is one bit, uint8 ``[streams, cycles]``. The loops walk through every stream cycle
by cycle, as the definition of the circuit stands, without any packing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stochastic import (
    BitInsertingSquareRoot,
    Decorrelator,
    InStreamMultiplier,
    Isolator,
    Regenerator,
    TrackingForecastMemory,
)
from stochastic.arithmetic.carry_adder import CarryAdder
from stochastic.circuit import StateMachine
from stochastic.correlation.correlated_gate import CorrelatedGate
from stochastic.division.conditional_quotient import ConditionalQuotient
from stochastic.division.feedback_counter import FeedbackCounter

__all__ = ["naive_loop"]

Bits = dict[str, NDArray[np.uint8]]


def naive_loop(circuit: Any, bits: Bits) -> Callable[[], Bits]:
    """Return a call that runs a circuit on unpacked streams and returns its outputs."""
    shown = {port.name: np.empty_like(next(iter(bits.values()))) for port in circuit.outputs}
    inputs, outputs = list(bits.values()), list(shown.values())
    words = [g.words(inputs[0].shape[1]).astype(np.int64) for g in circuit.generators]
    machine = circuit if isinstance(circuit, StateMachine) else getattr(circuit, "table", None)
    if machine is not None:
        tables = machine.move_table, machine.output_table
    if isinstance(circuit, CorrelatedGate):
        # The gate's outputs stand in the table of the machine in front of it.
        machine = circuit.front.table
        pair = machine.output_table
        tables = machine.move_table, circuit.gate(np.int64(1), pair[0], pair[1])[None]
    if machine is not None:
        loop, arguments = _state_machine, (np.stack(inputs), *tables, machine.initial)
        outputs = [np.empty((len(shown), *inputs[0].shape), np.uint8)]
    elif isinstance(circuit, ConditionalQuotient):
        picks = words[0] if words else np.zeros(inputs[0].shape[1], np.int64)
        loop, arguments = _quotient, (*inputs, picks, circuit.depth, circuit.history)
    elif isinstance(circuit, FeedbackCounter):
        loop = _feedback
        arguments = (inputs[0], inputs[-1], *words, circuit.delay, circuit.width)
        arguments += (circuit.initial,)
    elif isinstance(circuit, BitInsertingSquareRoot):
        picks = words[0] if words else np.zeros(inputs[0].shape[1], np.int64)
        loop, arguments = _inserting, (*inputs, picks, circuit.history)
    elif isinstance(circuit, CarryAdder):
        low, high = circuit.limits
        loop = _carries
        arguments = (*inputs, circuit.gain, circuit.offset, circuit.cost, low, high)
    elif isinstance(circuit, Decorrelator):
        addresses = [
            w * circuit.depth >> g.width for w, g in zip(words, circuit.generators, strict=True)
        ]
        loop, arguments = _shuffles, (*inputs, *addresses, circuit.depth)
    elif isinstance(circuit, TrackingForecastMemory):
        loop = _tracking
        arguments = (*inputs, *words, circuit.generator.width, circuit.shift, circuit.initial)
    elif isinstance(circuit, Regenerator):
        loop = _regenerated
        arguments = (*inputs, *words, 1 << circuit.generator.width, circuit.initial)
    elif isinstance(circuit, Isolator):
        loop, arguments = _delayed, (*inputs, circuit.cycles)
    elif isinstance(circuit, InStreamMultiplier):
        bipolar = circuit.encoding == "bipolar"
        loop, arguments = _in_stream, (*inputs, circuit.sequence, circuit.depth, bipolar)
    else:
        raise TypeError(f"there is no naive loop for {type(circuit).__name__}")

    def call() -> Bits:
        loop(*arguments, *outputs)
        if machine is not None:
            return dict(zip(shown, outputs[0], strict=True))
        return shown

    return call


@njit
def _state_machine(inputs, moves, bits, initial, shown):
    count, lanes, cycles = inputs.shape
    last = moves.shape[1] - 1
    for lane in range(lanes):
        state = initial
        for t in range(cycles):
            row = 0
            for i in range(count):
                row |= inputs[i, lane, t] << i
            for i in range(len(shown)):
                shown[i, lane, t] = bits[i, row, state]
            state = max(0, min(state + moves[row, state], last))


@njit
def _quotient(dividend, divisor, picks, depth, size, shown):
    lanes, cycles = dividend.shape
    for lane in range(lanes):
        held = 0
        history = np.array([i & 1 for i in range(size)])
        for t in range(cycles):
            x, y = dividend[lane, t], divisor[lane, t]
            if x and not y:
                held = min(held + 1, depth)
            elif y and not x and held:
                x, held = 1, held - 1
            shown[lane, t] = x if y else history[picks[t]]
            if y:
                for i in range(size - 1, 0, -1):
                    history[i] = history[i - 1]
                history[0] = x


@njit
def _feedback(up, gate, words, delay, width, initial, shown):
    lanes, cycles = up.shape
    for lane in range(lanes):
        value = initial
        for t in range(cycles):
            out = np.int64(words[t] < value)
            shown[lane, t] = out
            down = gate[lane, t]
            if delay:
                down = shown[lane, t - delay] if t >= delay else 0
            value = min(value + up[lane, t] - (out & down), 1 << width)


@njit
def _inserting(x, picks, size, shown):
    lanes, cycles = x.shape
    for lane in range(lanes):
        trace = 0
        for t in range(cycles):
            root = trace | x[lane, t]
            shown[lane, t] = root
            set_it = root
            if size:
                back = t - 1 - picks[t]
                set_it = shown[lane, back] if back >= 0 else (1 + back) & 1
            trace = set_it & (1 - trace)


@njit
def _carries(x, gain, offset, cost, low, high, shown):
    lanes, cycles = x.shape
    for lane in range(lanes):
        stored = 0
        for t in range(cycles):
            stored = min(stored + gain * x[lane, t] - offset, high)
            out = np.int64(stored >= cost)
            shown[lane, t] = out
            stored = max(stored - cost * out, low)


@njit
def _shuffles(a, b, a_addresses, b_addresses, depth, a_shown, b_shown):
    lanes, cycles = a.shape
    for lane in range(lanes):
        first = np.array([i & 1 for i in range(depth)])
        second = first.copy()
        for t in range(cycles):
            a_shown[lane, t] = first[a_addresses[t]]
            first[a_addresses[t]] = a[lane, t]
            b_shown[lane, t] = second[b_addresses[t]]
            second[b_addresses[t]] = b[lane, t]


@njit
def _tracking(x, words, width, shift, initial, shown):
    lanes, cycles = x.shape
    for lane in range(lanes):
        value = initial
        for t in range(cycles):
            shown[lane, t] = words[t] < value
            value = value - (value >> shift) + (np.int64(x[lane, t]) << (width - shift))


@njit
def _regenerated(x, words, window, initial, shown):
    lanes, cycles = x.shape
    for lane in range(lanes):
        code, count = initial, 0
        for t in range(cycles):
            shown[lane, t] = words[t] < code
            count += x[lane, t]
            if (t + 1) % window == 0:
                code, count = count, 0


@njit
def _delayed(x, delay, shown):
    lanes, cycles = x.shape
    for lane in range(lanes):
        for t in range(cycles):
            shown[lane, t] = x[lane, t - delay] if t >= delay else 0


@njit
def _in_stream(a, b, sequence, depth, bipolar, shown):
    lanes, cycles = a.shape
    for lane in range(lanes):
        used, inverse, ones = 0, 0, depth // 2
        for t in range(cycles):
            if a[lane, t]:
                shown[lane, t] = sequence[used] < ones
                used = (used + 1) % len(sequence)
            elif bipolar:
                shown[lane, t] = sequence[inverse] >= ones
                inverse = (inverse + 1) % len(sequence)
            else:
                shown[lane, t] = 0
            oldest = b[lane, t - depth] if t >= depth else (t + 1) & 1
            ones += np.int64(b[lane, t]) - oldest
