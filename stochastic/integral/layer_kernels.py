"""Kernels of layers of integral neurons: what they show in a cycle, and how they move.

The arguments of a layer are `sizes`, the tuple of direct, N, K, Q and states, or 0 for an
output layer; `integers`, ``[passes, N, K + 1, P]``; and the registers time, turn, running,
full, counters, buffer and previous of all lanes; and `faults`, the number of their kind and the
masks of inputs, sums and counters, ``[N, count]``, or empty ones.
"""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

from .stream_faults import faulty

__all__ = ["layer_ready", "move_layer", "run_layer", "show_layer"]


@compiled
def run_layer(enable, inputs, sizes, integers, faults, registers, outputs):
    """Run all cycles of all lanes."""
    valid, bits, output_ready = inputs
    input_ready, output_valid, results = outputs
    parallel, group = integers.shape[3], sizes[3]
    for lane in range(valid.shape[1]):
        shown = slice(lane * parallel, (lane + 1) * parallel)
        entering = slice(lane * group, (lane + 1) * group)
        for t in range(len(enable)):
            ready = output_ready[t, lane]
            input_ready[t, lane] = layer_ready(lane, ready, sizes, registers)
            output_valid[t, lane] = registers[3][lane]
            show_layer(lane, sizes, registers, results[t, shown])
            if enable[t]:
                entered = bits[t, entering]
                layer = sizes, integers, faults, registers
                move_layer(lane, valid[t, lane], entered, ready, *layer)


@compiled
def layer_ready(lane, output_ready, sizes, registers):
    """Return whether the layer takes a beat."""
    if sizes[0]:
        return registers[3][lane] == 0 or output_ready != 0
    return registers[2][lane] == 0


@compiled
def show_layer(lane, sizes, registers, results):
    """Write the output bits, or the sums of an output layer."""
    states, counters, count = sizes[4], registers[4], results.size
    for p in range(count):
        shown = counters[lane * count + p]
        results[p] = shown >= states // 2 if states else shown


@compiled
def move_layer(lane, valid, bits, output_ready, sizes, integers, faults, registers):
    """Change the registers at the end of an enabled cycle."""
    direct, length, fan_in, group, states = sizes
    times, turns, runnings, fulls, all_counters, buffers, all_previous = registers
    kind, input_masks, sum_masks, counter_masks = faults
    passes, parallel = integers.shape[0], integers.shape[3]
    counters = all_counters[lane * parallel : (lane + 1) * parallel]
    previous = all_previous[lane * parallel : (lane + 1) * parallel]
    depth = fan_in if direct else fan_in * length
    buffer = buffers[lane * depth : (lane + 1) * depth]
    time, turn = times[lane], turns[lane]
    running = direct != 0 or runnings[lane] != 0
    can_move = fulls[lane] == 0 or output_ready != 0
    if output_ready:
        fulls[lane] = 0
    offered = valid != 0 and (can_move if direct else not running)
    works = offered if direct else (running and can_move)
    if offered:
        place = 0 if direct else time * fan_in + turn * group
        for k in range(group):
            bit = bits[k]
            if input_masks.size:
                bit = faulty(bit, 0, input_masks[time, turn * group + k], kind)
            buffer[place + k] = bit
    if works:
        seen = 0 if direct else time * fan_in
        table = integers[turn, time]
        for p in range(parallel):
            neuron = turn * parallel + p
            total = np.int64(table[fan_in, p])
            for k in range(fan_in):
                if buffer[seen + k]:
                    total += table[k, p]
            if sum_masks.size:
                right = total
                total = faulty(right, previous[p], sum_masks[time, neuron], kind)
                previous[p] = right
            moved = total + (states // 2 if time == 0 else counters[p])
            moved = max(0, min(moved, states - 1)) if states else moved
            if counter_masks.size:
                moved = faulty(moved, 0, counter_masks[time, neuron], kind)
            counters[p] = moved
        if states or time == length - 1:
            fulls[lane] = 1
    if works or offered:
        times[lane] = (time + 1) % length
        if times[lane] == 0 and not direct:
            last = passes if running else fan_in // group
            turns[lane] = (turn + 1) % last
            if turns[lane] == 0:
                runnings[lane] = 0 if running else 1
