"""Rounding and overflow by integer division: what the tests of circuits expect."""

import dataclasses

import numpy as np

from fixedpoint import Overflow, Rounding
from fixedpoint.circuit import Circuit
from rtl import to_verilog_many
from sim.simulation.bench import Bench, Item, Run
from sim.simulation.simulator import simulate


def rounded(n, discarded, rounding, word=0, width=1):
    """Return n / 2^discarded rounded to integers; `word` of `width` bits for STOCHASTIC."""
    if discarded < 0:
        n, discarded = n << -discarded, 0
    unit = 1 << discarded
    if rounding is Rounding.STOCHASTIC:
        return ((n << width) + word * unit) // (unit << width)
    floor, ceil = n // unit, -(-n // unit)
    toward, away = np.where(n < 0, ceil, floor), np.where(n < 0, floor, ceil)
    if rounding is Rounding.JAM:
        return np.where(floor % 2 == 1, floor, floor + 1)
    directed = {
        Rounding.TRUNCATE: floor,
        Rounding.CEIL: ceil,
        Rounding.TO_ZERO: toward,
        Rounding.AWAY: away,
    }
    if rounding in directed:
        return directed[rounding]
    below, above = n - floor * unit, ceil * unit - n
    tie = {
        Rounding.NEAREST_UP: ceil,
        Rounding.NEAREST_DOWN: floor,
        Rounding.NEAREST_ZERO: toward,
        Rounding.NEAREST_AWAY: away,
        Rounding.NEAREST_EVEN: np.where(floor % 2 == 0, floor, ceil),
        Rounding.NEAREST_ODD: np.where(floor % 2 == 1, floor, ceil),
    }[rounding]
    return np.where(below < above, floor, np.where(above < below, ceil, tie))


def fitted(number, target, overflow):
    """Return rounded numbers in range, and which of them were not."""
    levels = 2**target.width
    low = -levels // 2 if target.signed else 0
    high = low + levels - 1
    if overflow is Overflow.SATURATE_SYMMETRIC and target.signed:
        low += 1
    lost = (number < low) | (number > high)
    if overflow in (Overflow.WRAP, Overflow.ERROR):
        bits = number % levels
        return np.where(bits > high, bits - levels, bits), lost
    if overflow is Overflow.SATURATE_ZERO:
        return np.where(lost, 0, number), lost
    return np.minimum(np.maximum(number, low), high), lost


def quantised(n, frac_bits, target, rounding, overflow, word=0, width=1):
    """Return n / 2^frac_bits as codes of `target`, and which of them overflowed."""
    number = rounded(n, frac_bits - target.frac_bits, rounding, word, width)
    return fitted(number, target, overflow)


def codes(fmt):
    """Return every code of a format."""
    low = -(1 << fmt.width - 1) if fmt.signed else 0
    return np.arange(low, low + (1 << fmt.width))


@dataclasses.dataclass(frozen=True, kw_only=True)
class SideBySide(Circuit):
    """Circuits of the same inputs; output ``x`` of circuit i is ``x_i``."""

    circuits: tuple[Circuit, ...]

    @property
    def ports(self):
        outputs = (
            dataclasses.replace(port, name=f"{port.name}_{i}")
            for i, circuit in enumerate(self.circuits)
            for port in circuit.outputs
        )
        return (*self.circuits[0].inputs, *outputs)

    @property
    def sequential(self):
        return any(circuit.sequential for circuit in self.circuits)

    def verilog(self, name):
        """Return the text of all, and of a module called `name` around them."""
        texts = to_verilog_many({f"{name}_{i}": c for i, c in enumerate(self.circuits)})
        pins = (f"{p.direction}put [{p.width - 1}:0] {p.name}" for p in self.interface)
        lines = [f"module {name}({', '.join(pins)});"]
        for i, (module, circuit) in enumerate(zip(texts, self.circuits, strict=True)):
            wires = {p.name: p.name for p in circuit.interface}
            wires |= {p.name: f"{p.name}_{i}" for p in circuit.outputs}
            connected = ", ".join(f".{pin}({wire})" for pin, wire in wires.items())
            lines.append(f"  {module} circuit{i}({connected});")
        return "\n".join([*texts.values(), *lines, "endmodule", ""])


def in_verilog(groups, inputs):
    """Return the outputs of many circuits, always enabled and never reset, on Verilator.

    Parameters
    ----------
    groups : list of list of Circuit
        The circuits of each have the same inputs.
    inputs : list of dict of str to int64 array ``[cycles, 1]``
        For each group.

    Returns
    -------
    list of list of dict of str to int64 array ``[cycles]``
    """
    around = [SideBySide(circuits=tuple(group)) for group in groups]
    items = [Item(s, f"group{i}", s.verilog(f"group{i}"), 1) for i, s in enumerate(around)]
    cycles = len(next(iter(inputs[0].values())))
    enable, rst = np.ones(cycles, bool), np.zeros(cycles, bool)
    bench = Bench(tuple(items))
    response, unknown = simulate(bench, bench.stimulus([Run(i, enable, rst) for i in inputs]))
    assert not unknown.any()
    return [
        [
            {p.name: found[f"{p.name}_{i}"][:, 0] for p in circuit.outputs}
            for i, circuit in enumerate(group)
        ]
        for group, found in zip(groups, bench.responses(response), strict=True)
    ]
