"""Layer of neurons on integral streams, with its weights in memory."""

import functools
import operator

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.memory import Memory

from stochastic import IntegralLayer, Lfsr

from ..component import Component, component
from .count_ones import count_ones
from .fault_memory import FaultMemory

__all__ = ["IntegralLayerComponent"]


@component(IntegralLayer)
class IntegralLayerComponent(Component):
    """Registers that all neurons share; comparators, gates, a tree and a counter for each."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        full = Signal()
        works = Signal()
        last = Signal()
        free = ~full | self.output_ready
        time = Signal(range(p.length))
        next_time = Signal(range(p.length))
        moves = Signal()
        m.d.comb += [
            last.eq(time == p.length - 1),
            next_time.eq(time),
            self.output_valid.eq(full),
        ]
        with m.If(moves):
            m.d.comb += next_time.eq(Mux(last, 0, time + 1))
        m.d.sync += time.eq(next_time)
        turn = next_turn = Const(0, 0)
        if not p.direct:
            turn = Signal(range(max(p.groups, p.passes, 2)))
            next_turn = Signal.like(turn, name="next_turn")
        faults = FaultMemory(m, p, time, turn)
        entering = faults.inject("inputs", self.inputs)
        if p.direct:
            row = Const(self._rows()[0], self._row_bits())
            bits = entering
            m.d.comb += [
                self.input_ready.eq(free),
                works.eq(self.enable & self.input_valid & free),
                moves.eq(works),
            ]
        else:
            timing = (time, next_time, last, moves, turn, next_turn)
            bits, row = self._stored(m, timing, entering, works, free)
        words = self._registers(m, works, last)
        with m.If(self.enable):
            with m.If(works):
                m.d.sync += full.eq(1 if p.states else last)
            with m.Elif(self.output_ready):
                m.d.sync += full.eq(0)
        sums = []
        for neuron in range(p.parallel):
            part = row[neuron * self._neuron_bits() : (neuron + 1) * self._neuron_bits()]
            sums.append(self._sum(m, words, bits, part, faults))
        if faults.on("sums"):
            width = p.sum_width
            vector = faults.inject("sums", Cat(total[:width] for total in sums), works)
            places = range(0, len(vector), width)
            sums = [vector[place : place + width].as_signed() for place in places]
        results = self._count(m, sums, works, time == 0, faults)
        m.d.comb += (self.sums if p.states is None else self.outputs).eq(Cat(results))
        return m

    def _neuron_bits(self):
        """Return the bits of all codes of one neuron."""
        return (self.parameters.fan_in + 1) * (self.parameters.width + 1)

    def _row_bits(self):
        """Return the bits of all codes of one pass."""
        return self.parameters.parallel * self._neuron_bits()

    def _rows(self):
        """Return the content of the weight memory, one integer for each pass.

        Of each neuron bits 0 of all its codes come first, then bits 1, and so on.
        """
        p = self.parameters
        rows = []
        for begin in range(0, p.neurons, p.parallel):
            row, place = 0, 0
            for codes in p.weights[begin : begin + p.parallel]:
                for bit in range(p.width + 1):
                    for code in codes:
                        row |= (code >> bit & 1) << place
                        place += 1
            rows.append(row)
        return rows

    def _stored(self, m, timing, entering, works, free):
        """Add the memories of inputs and weights, and the control that fills and reads them.

        The memories are read at the address of the next cycle, so that their registers hold
        what belongs to this one.
        """
        p = self.parameters
        time, next_time, last, moves, turn, next_turn = timing
        running = Signal()
        loads = Signal()
        most = Mux(running, p.passes - 1, p.groups - 1)
        m.d.comb += [
            self.input_ready.eq(~running),
            loads.eq(self.enable & self.input_valid & ~running),
            works.eq(self.enable & running & free),
            moves.eq(loads | works),
            next_turn.eq(turn),
        ]
        with m.If(moves & last):
            m.d.comb += next_turn.eq(Mux(turn == most, 0, turn + 1))
            with m.If(turn == most):
                m.d.sync += running.eq(~running)
        m.d.sync += turn.eq(next_turn)
        bits = []
        for group in range(p.groups):
            stored = Memory(shape=unsigned(p.group), depth=p.length, init=[])
            m.submodules[f"inputs{group}"] = stored
            write, read = stored.write_port(), stored.read_port()
            m.d.comb += [
                write.en.eq(loads & (turn == group)),
                write.addr.eq(time),
                write.data.eq(entering),
                read.addr.eq(next_time),
            ]
            bits.append(read.data)
        if p.passes == 1:
            return Cat(bits), Const(self._rows()[0], self._row_bits())
        shape = unsigned(self._row_bits())
        m.submodules.weights = weights = Memory(shape=shape, depth=p.passes, init=self._rows())
        read = weights.read_port()
        m.d.comb += read.addr.eq(next_turn)
        return Cat(bits), read.data

    def _registers(self, m, works, last):
        """Add the weights' registers, which start again after each pass.

        Returns bit 0 of all registers as one vector, then bit 1, and so on. First come the
        registers of stream 0 of all inputs, then those of stream 1.
        """
        p = self.parameters
        inputs = p.fan_in + 1
        seeds = [p.stream_seeds[i * p.range + j] for j in range(p.range) for i in range(inputs)]
        planes, resets = [], []
        for bit in range(p.width):
            reset = sum((seed >> bit & 1) << place for place, seed in enumerate(seeds))
            planes.append(Signal(len(seeds), init=reset, name=f"bits{bit}"))
            resets.append(Const(reset, len(seeds)))
        feedback = functools.reduce(
            operator.xor, (planes[tap - 1] for tap in Lfsr(width=p.width).taps)
        )
        with m.If(works):
            for plane, reset, moved in zip(planes, resets, [feedback, *planes], strict=False):
                m.d.sync += plane.eq(Mux(last, reset, moved))
        return planes

    def _sum(self, m, words, bits, codes, faults):
        """Return a neuron's sum: twice the ones of all gated streams, less m for each input."""
        p = self.parameters
        inputs = p.fan_in + 1
        parts = [codes[b * inputs : (b + 1) * inputs] for b in range(p.width + 1)]
        # From the lowest bit up: a higher bit decides if word and code differ in it.
        below = Const(0, inputs * p.range)
        for word, part in zip(words, parts, strict=False):
            code = part.replicate(p.range)
            now = Signal(len(word))
            m.d.comb += now.eq((~word & code) | (~(word ^ code) & below))
            below = now
        made = faults.inject("weights", below | parts[-1].replicate(p.range))
        gates = Cat(bits, Const(1, 1))
        streams = Signal(len(below))
        sums = Signal(signed(p.limit.bit_length() + 1))
        m.d.comb += [
            streams.eq(made & gates.replicate(p.range)),
            sums.eq((count_ones(m, streams) << 1) - p.range * count_ones(m, gates)),
        ]
        return sums

    def _count(self, m, sums, works, first, faults):
        """Add the counter of each neuron, and return their outputs."""
        p = self.parameters
        if p.states is None:
            width = self.parameters.outputs[-1].width
            counters = [Signal(width, name=f"counter{i}") for i in range(len(sums))]
            for counter, total in zip(counters, sums, strict=True):
                with m.If(works):
                    m.d.sync += counter.eq(Mux(first, 0, counter.as_signed()) + total)
            return counters
        middle = p.states // 2
        counters = [
            Signal(range(p.states), init=middle, name=f"counter{i}") for i in range(len(sums))
        ]
        faulty = faults.on("counters")
        moved_to = []
        for counter, total in zip(counters, sums, strict=True):
            moved = Mux(first, middle, counter) + total
            # Faults lie between the saturation and the register.
            after = Signal.like(counter) if faulty else counter
            domain = m.d.comb if faulty else m.d.sync
            with m.If(works):
                with m.If(moved < 0):
                    domain += after.eq(0)
                with m.Elif(moved >= p.states):
                    domain += after.eq(p.states - 1)
                with m.Else():
                    domain += after.eq(moved)
            moved_to.append(after)
        if faulty:
            captured = faults.inject("counters", Cat(moved_to))
            with m.If(works):
                m.d.sync += Cat(counters).eq(captured)
        return [counter >= middle for counter in counters]
