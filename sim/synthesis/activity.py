"""Exact activity: how often every net of a netlist changes under a workload.

The netlist is simulated without delays, 64 lanes at once. All outputs are compared with the
golden model in every cycle, so that the counts are those of a circuit that works.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fixedpoint.circuit import Circuit
from fixedpoint.kernels.compiled import compiled

from .gate_netlist import GateNetlist
from .lane_words import control_words, lane_words, used_lanes
from .workload import BEGIN, Workload

__all__ = ["Activity", "measure_activity"]


@dataclasses.dataclass(frozen=True)
class Activity:
    """Transitions of nets.

    Attributes
    ----------
    pins : dict of str to (float, float)
        For each pin that drives a net, ``cell/pin`` or a bit of an input port, its transitions
        in a clock cycle and the fraction of time in which it is 1.
    toggles : dict of str to list of int
        Transitions of the bits of each port over all lanes, lowest bit first.
    steps : int
        The lanes' cycles in which transitions were counted.
    """

    pins: dict[str, tuple[float, float]]
    toggles: dict[str, list[int]]
    steps: int

    @property
    def per_cycle(self) -> float:
        """Transitions of all nets together in a clock cycle."""
        return sum(rate for rate, _ in self.pins.values())


def measure_activity(
    name: str, parameters: Circuit, netlist: GateNetlist, workload: Workload
) -> Activity:
    """Simulate a netlist under a workload.

    Raises
    ------
    ValueError
        If an output differs from the golden model, or if no net ever changes.
    """
    widths = {p.name: (p.width, p.count) for p in parameters.ports}
    control = {"rst": workload.rst, "enable": workload.enable}
    names = [p.name for p in parameters.interface if p.direction == "in" and p.name != "clk"]
    words = [
        control_words(control[n])
        if n in control and n not in widths
        else lane_words(workload.streams[n], *widths[n])
        for n in names
    ]
    driven = np.array([net for n in names for net in netlist.ports[n]], np.int32)
    outputs = [p.name for p in parameters.outputs]
    shown = np.array([net for n in outputs for net in netlist.ports[n]], np.int32)
    expected = [lane_words(workload.streams[n], *widths[n]) for n in outputs]
    used = used_lanes(workload.lanes)
    toggles, ones, first = _simulate(
        netlist.operations,
        netlist.forms,
        netlist.flip_flops,
        netlist.initial,
        np.zeros(netlist.size, np.uint64),
        driven,
        np.hstack(words) if words else np.zeros((workload.cycles, 0), np.uint64),
        shown,
        np.hstack(expected),
        used,
        BEGIN,
    )
    if first >= 0:
        raise ValueError(
            f"the netlist of {name} differs from its golden model at cycle {first}: "
            f"goldstream verify {name} tells more"
        )
    steps = workload.lanes * (workload.cycles - BEGIN - 1)
    # Each net has one driver; where a cell drives a port, the cell's pin stands for both.
    pins = {
        _bit(port, bit, len(netlist.ports[port])): net
        for port in names
        for bit, net in enumerate(netlist.ports[port])
    } | netlist.drivers
    rates = {
        pin: (float(toggles[net]) / steps, float(ones[net]) / steps)
        for pin, net in pins.items()
    }
    if rates and not any(rate for rate, _ in rates.values()):
        raise ValueError(
            f"the activity of {name} is zero on all {len(rates)} nets in {workload.source}: "
            "its power would be that of a circuit at rest"
        )
    ports = {n: [int(toggles[net]) for net in netlist.ports[n]] for n in (*names, *outputs)}
    return Activity(rates, ports, steps)


def _bit(port: str, bit: int, width: int) -> str:
    return f"{port}[{bit}]" if width > 1 else port


@compiled
def _simulate(
    operations,
    forms,
    flip_flops,
    initial,
    values,
    driven,
    inputs,
    shown,
    expected,
    used,
    begin,
):
    """Run a netlist; return transitions and ones of each net, and the first wrong cycle."""
    full = ~np.uint64(0)
    zero = np.uint64(0)
    toggles = np.zeros(len(values), np.int64)
    ones = np.zeros(len(values), np.int64)
    before = np.zeros(len(values), np.uint64)
    held = np.zeros(len(flip_flops), np.uint64)
    for i in range(len(flip_flops)):
        held[i] = full if initial[i] else zero
    values[1] = full
    for cycle in range(len(inputs)):
        for i in range(len(flip_flops)):
            values[flip_flops[i, 1]] = held[i]
        for i in range(len(driven)):
            values[driven[i]] = inputs[cycle, i]
        for i in range(len(operations)):
            a, b = values[operations[i, 0]], values[operations[i, 1]]
            if forms[i, 0]:
                y = a ^ b
            else:
                y = (~a if forms[i, 1] else a) & (~b if forms[i, 2] else b)
            values[operations[i, 2]] = ~y if forms[i, 3] else y
        for i in range(len(flip_flops)):
            held[i] = values[flip_flops[i, 0]]
        if cycle < begin:
            continue
        for i in range(len(shown)):
            if (values[shown[i]] ^ expected[cycle, i]) & used:
                return toggles, ones, cycle
        for i in range(len(values)):
            if cycle > begin:
                toggles[i] += _count((values[i] ^ before[i]) & used)
                ones[i] += _count(values[i] & used)
            before[i] = values[i]
    return toggles, ones, -1


@compiled(inline=True)
def _count(word):
    """Return how many bits of a word are 1."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
