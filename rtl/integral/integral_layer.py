"""Layer of neurons on integral streams, with its weights in memory."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib.memory import Memory

from stochastic import IntegralLayer, Lfsr
from stochastic.integral.stream_seeds import stream_seeds

from ..component import Component, component
from .integral_neuron import add_pairs

__all__ = ["IntegralLayerComponent"]


@component(IntegralLayer)
class IntegralLayerComponent(Component):
    """Registers that all neurons share; comparators, gates, a tree and a counter for each."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        full, works, last = Signal(), Signal(), Signal()
        free = ~full | self.output_ready
        time, next_time = Signal(range(p.length)), Signal(range(p.length))
        moves = Signal()
        m.d.comb += [
            last.eq(time == p.length - 1),
            next_time.eq(time),
            self.output_valid.eq(full),
        ]
        with m.If(moves):
            m.d.comb += next_time.eq(Mux(last, 0, time + 1))
        m.d.sync += time.eq(next_time)
        if p.direct:
            row = Const(self._rows()[0], self._row_bits())
            bits = self.inputs
            m.d.comb += [
                self.input_ready.eq(free),
                works.eq(self.enable & self.input_valid & free),
                moves.eq(works),
            ]
        else:
            bits, row = self._stored(m, (time, next_time, last, moves), works, free)
        words = self._registers(m, works, last)
        with m.If(self.enable):
            with m.If(works):
                m.d.sync += full.eq(1 if p.states else last)
            with m.Elif(self.output_ready):
                m.d.sync += full.eq(0)
        results = []
        for neuron in range(p.parallel):
            part = row[neuron * self._neuron_bits() : (neuron + 1) * self._neuron_bits()]
            total = self._sum(words, bits, part)
            results.append(self._count(m, neuron, total, works, time == 0))
        m.d.comb += (self.sums if p.states is None else self.outputs).eq(Cat(results))
        return m

    def _neuron_bits(self):
        """Return the bits of all codes of one neuron."""
        return (self.parameters.fan_in + 1) * (self.parameters.width + 1)

    def _row_bits(self):
        """Return the bits of all codes of one pass."""
        return self.parameters.parallel * self._neuron_bits()

    def _rows(self):
        """Return the content of the weight memory, one integer for each pass."""
        p = self.parameters
        step = p.width + 1
        rows = []
        for begin in range(0, p.neurons, p.parallel):
            codes = [c for row in p.weights[begin : begin + p.parallel] for c in row]
            rows.append(sum(code << (i * step) for i, code in enumerate(codes)))
        return rows

    def _stored(self, m, timing, works, free):
        """Add the memories of inputs and weights, and the control that fills and reads them.

        The memories are read at the address of the next cycle, so that their registers hold
        what belongs to this one.
        """
        p = self.parameters
        time, next_time, last, moves = timing
        turn = Signal(range(max(p.groups, p.passes, 2)))
        next_turn = Signal.like(turn)
        running, loads = Signal(), Signal()
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
                write.data.eq(self.inputs),
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
        """Add the weights' registers, which start again after each pass."""
        p = self.parameters
        words = []
        mask = Lfsr(width=p.width).mask
        count = (p.fan_in + 1) * p.range
        for number, seed in enumerate(stream_seeds(count, p.width, p.seed)):
            word = Signal(p.width, init=seed, name=f"word{number}")
            with m.If(works):
                m.d.sync += word.eq(Mux(last, seed, Cat((word & mask).xor(), word[:-1])))
            words.append(word)
        return words

    def _sum(self, words, bits, codes):
        """Return a neuron's sum: twice the ones of all gated streams, less m for each input."""
        p = self.parameters
        step = p.width + 1
        ones = []
        for i in range(p.fan_in + 1):
            code = codes[i * step : (i + 1) * step]
            for word in words[i * p.range : (i + 1) * p.range]:
                one = word < code
                ones.append(one & bits[i] if i < p.fan_in else one)
        gates = add_pairs([*bits, Const(1, 1)])
        return (add_pairs(ones) << 1) - p.range * gates

    def _count(self, m, neuron, total, works, first):
        """Add a neuron's counter, and return its output."""
        p = self.parameters
        if p.states is None:
            counter = Signal(self.parameters.outputs[-1].width, name=f"counter{neuron}")
            with m.If(works):
                m.d.sync += counter.eq(Mux(first, 0, counter.as_signed()) + total)
            return counter
        counter = Signal(range(p.states), init=p.states // 2, name=f"counter{neuron}")
        moved = Mux(first, p.states // 2, counter) + total
        with m.If(works):
            with m.If(moved < 0):
                m.d.sync += counter.eq(0)
            with m.Elif(moved >= p.states):
                m.d.sync += counter.eq(p.states - 1)
            with m.Else():
                m.d.sync += counter.eq(moved)
        return counter >= p.states // 2
