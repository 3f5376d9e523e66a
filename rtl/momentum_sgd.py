"""Momentum SGD: per lane a momentum and a weight counter, both saturating."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from stochastic import MomentumSgd

from .component import Component, component, create, elements

__all__ = ["MomentumSgdComponent"]


@component(MomentumSgd)
class MomentumSgdComponent(Component):
    """Two or three comparators and two saturating counters a lane, and their generators."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ports = {port.name: port for port in p.ports}
        gradient, momentum_in, weight_in = (
            elements(getattr(self, name), ports[name])
            for name in ("gradient", "momentum_in", "weight_in")
        )
        first = self._words(m, p.gradient_generator, "gradient_generator")
        second = self._words(m, p.momentum_generator, "momentum_generator")
        decaying = p.weight_decay_generator is not None
        if decaying:
            third = self._words(m, p.weight_decay_generator, "weight_decay_generator")
        momenta, weights = [], []
        for lane in range(p.lanes):

            def named(name, value, lane=lane):
                """Give a value a name, so that it is computed once."""
                signal = Signal(value.shape(), name=f"{name}_{lane}")
                m.d.comb += signal.eq(value)
                return signal

            momentum = Signal(signed(p.momentum_bits + 2), name=f"momentum_{lane}")
            weight = Signal(signed(p.weight_width), name=f"weight_{lane}")
            C = named("C", Mux(self.load, momentum_in[lane], momentum))
            W = named("W", Mux(self.load, weight_in[lane], weight))
            G_bit = first[lane] < named("gradient_size", magnitude(gradient[lane]))
            S_bit = named("S_bit", second[lane] < named("C_size", magnitude(C)))
            G = named("G", Mux(G_bit, Mux(gradient[lane][-1], -1, 1), 0))
            S = named("S", Mux(S_bit, Mux(C[-1], -1, 1), 0))
            moved = named("moved", C + ((G - S) << (p.momentum_bits - p.cycle_shift)))
            size = named("moved_size", magnitude(moved))
            # S * rate without a multiplier.
            change = named("change", Mux(C[-1], -self.rate, self.rate))
            learned = named("learned", W - Mux(S_bit, change, 0))
            if decaying:
                # One bit more than a weight has: the least one's magnitude needs it.
                W_size = named("W_size", magnitude(Cat(W, W[-1]).as_signed()))
                D_bit = named("D_bit", third[lane] < W_size)
                decay = named("decay", Mux(W[-1], -self.rate, self.rate))
                learned = named("decayed", learned - Mux(D_bit, decay, 0))
            with m.If(self.enable):
                m.d.sync += [
                    momentum.eq(limited(moved, size, p.momentum_bits)),
                    weight.eq(saturated(learned, p.weight_width)),
                ]
            momenta.append(momentum)
            weights.append(weight)
        m.d.comb += [self.momentum.eq(Cat(momenta)), self.weight.eq(Cat(weights))]
        return m

    def _words(self, m, generator, name):
        """Make the generator, or one a lane, and return the word that each lane sees."""
        p = self.parameters
        words = []
        for i, each in enumerate(p.lane_generators(generator)):
            m.submodules[f"{name}_{i}"] = source = create(each)
            m.d.comb += source.enable.eq(self.enable)
            words.append(source.word)
        if p.sharing == "rotation":
            return [words[0].rotate_left(lane) for lane in range(p.lanes)]
        return words


def magnitude(value):
    """Return the absolute value of a signed one that is not its type's least."""
    return Mux(value[-1], -value, value)[: len(value) - 1]


def limited(value, size, bits):
    """Return the value, of the given magnitude, or the end of -2^bits..2^bits it has passed."""
    passed = size[bits + 1 :].any() | (size[bits] & size[:bits].any())
    return Mux(passed, Mux(value[-1], -1 << bits, 1 << bits), value)


def saturated(value, width):
    """Return the value, or the end of the two's complement range that it has passed."""
    beyond = value[width - 1 : -1] ^ value[-1].replicate(len(value) - width)
    end = Cat((~value[-1]).replicate(width - 1), value[-1])
    return Mux(beyond.any(), end, value[:width])
