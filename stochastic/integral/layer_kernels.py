"""Kernels of layers of integral neurons: what they show in a cycle, and how they move.

The arguments of a layer are `sizes`, the tuple of direct, N, K, Q and states, or 0 for an
output layer; `integers`, ``[passes, N, K + 1, P]``; and the registers time, turn, running,
full, counters and buffer of all lanes.
"""

from __future__ import annotations

from fixedpoint.kernels.compiled import compiled

__all__ = ["layer_ready", "move_layer", "run_layer", "show_layer"]


@compiled
def run_layer(enable, inputs, sizes, integers, registers, outputs):
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
                move_layer(
                    lane, valid[t, lane], bits[t, entering], ready, sizes, integers, registers
                )


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
def move_layer(lane, valid, bits, output_ready, sizes, integers, registers):
    """Change the registers at the end of an enabled cycle."""
    direct, length, fan_in, group, states = sizes
    times, turns, runnings, fulls, all_counters, buffers = registers
    passes, parallel = integers.shape[0], integers.shape[3]
    counters = all_counters[lane * parallel : (lane + 1) * parallel]
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
            buffer[place + k] = bits[k]
    if works:
        seen = 0 if direct else time * fan_in
        table = integers[turn, time]
        for p in range(parallel):
            moved = states // 2 if time == 0 else counters[p]
            moved += table[fan_in, p]
            for k in range(fan_in):
                if buffer[seen + k]:
                    moved += table[k, p]
            counters[p] = max(0, min(moved, states - 1)) if states else moved
        if states or time == length - 1:
            fulls[lane] = 1
    if works or offered:
        times[lane] = (time + 1) % length
        if times[lane] == 0 and not direct:
            last = passes if running else fan_in // group
            turns[lane] = (turn + 1) % last
            if turns[lane] == 0:
                runnings[lane] = 0 if running else 1
