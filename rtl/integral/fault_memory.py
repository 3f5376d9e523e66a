"""Memory of the faults of a layer, and the gates that inject them."""

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib.memory import Memory

from stochastic import IntegralLayer

__all__ = ["FaultMemory"]


class FaultMemory:
    """The masks of a layer's faults, one row for each cycle of each turn.

    Parameters
    ----------
    m : Module
        Takes the memory, if the layer has faults.
    layer : IntegralLayer
    time, turn : Value
        Cycle and turn, which address the memory; there is no register behind the address, so
        that the row after reset is the first.
    """

    def __init__(self, m: Module, layer: IntegralLayer, time, turn):
        self._module = m
        self._layer = layer
        if layer.faults is None:
            return
        rows, width = self._rows(1 << len(time))
        memory = Memory(shape=unsigned(width), depth=len(rows), init=rows)
        m.submodules.faults = memory
        read = memory.read_port(domain="comb")
        # Weights' faults start again with each pass, as the weights' registers do.
        place = time if self.on("weights") else Cat(time, turn)
        m.d.comb += read.addr.eq(place)
        self._mask = Signal(width, name="fault_mask")
        m.d.comb += self._mask.eq(read.data)

    def on(self, node):
        """Return whether a node has faults."""
        return self._layer.faults is not None and self._layer.faults.node == node

    def inject(self, node, value, works=None):
        """Return the bits of a node, of all its words, with the faults of this cycle.

        Parameters
        ----------
        node : str
        value : Value
        works : Value
            The layer's cycle counts: the bits become those of the cycle before.
        """
        if not self.on(node):
            return value
        kind, mask = self._layer.faults.kind, self._mask
        result = Signal(len(value), name=f"faulty_{node}")
        if kind == "flip":
            changed = value ^ mask
        elif kind == "stuck_at_0":
            changed = value & ~mask
        elif kind == "stuck_at_1":
            changed = value | mask
        else:
            before = Signal(len(value), name="before")
            with self._module.If(works):
                self._module.d.sync += before.eq(value)
            changed = (value & ~mask) | (before & mask)
        self._module.d.comb += result.eq(changed)
        return result

    def _rows(self, distance):
        """Return the content, with the rows of a turn `distance` apart, and its width."""
        p = self._layer
        if p.faults.node == "weights":
            # The streams of number 0 of all inputs come first, as in the layer's registers.
            masks = p.faults.words(p.length, (p.fan_in + 1) * p.range)
            masks = masks.reshape(p.length, p.fan_in + 1, p.range).transpose(0, 2, 1)
            masks, bits, turns = masks.reshape(p.length, -1), 1, 1
        else:
            masks = p.fault_masks[p.faults.node]
            widths = {"inputs": 1, "sums": p.sum_width, "counters": p.state_width}
            bits = widths[p.faults.node]
            turns = p.groups if p.faults.node == "inputs" else p.passes
        words = masks.shape[1] // turns
        rows = [0] * (distance * (turns - 1) + p.length)
        for turn in range(turns):
            for time in range(p.length):
                chosen = masks[time, turn * words : (turn + 1) * words].tolist()
                row = 0
                for number, mask in enumerate(chosen):
                    row |= (mask & (1 << bits) - 1) << number * bits
                rows[turn * distance + time] = row
        return rows, words * bits
