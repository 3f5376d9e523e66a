"""Momentum SGD: per lane a momentum and a weight counter, both saturating."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from stochastic import MomentumSgd

from .component import Component, component, create, elements

__all__ = ["MomentumSgdComponent"]


@component(MomentumSgd)
class MomentumSgdComponent(Component):
    """Two comparators and two saturating counters a lane; generators shared or one a lane."""

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
        momenta, weights = [], []
        for lane in range(p.lanes):
            momentum = Signal(signed(p.momentum_bits + 2), name=f"momentum_{lane}")
            weight = Signal(signed(p.weight_width), name=f"weight_{lane}")
            now_momentum = Signal.like(momentum, name=f"now_momentum_{lane}")
            now_weight = Signal.like(weight, name=f"now_weight_{lane}")
            m.d.comb += [
                now_momentum.eq(Mux(self.load, momentum_in[lane], momentum)),
                now_weight.eq(Mux(self.load, weight_in[lane], weight)),
            ]
            G = sampled(gradient[lane], first[lane])
            S = sampled(now_momentum, second[lane])
            moved = now_momentum + ((G - S) << (p.momentum_bits - p.cycle_shift))
            # S * rate without a multiplier.
            learned = now_weight - Mux(S == 0, 0, Mux(S < 0, -self.rate, self.rate))
            with m.If(self.enable):
                m.d.sync += [
                    momentum.eq(saturated(moved, -p.momentum_limit, p.momentum_limit)),
                    weight.eq(saturated(learned, *p.weight_range)),
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


def sampled(value, word):
    """Return the sign of a value where the word is below its magnitude, else 0."""
    return Mux(word < abs(value), Mux(value < 0, -1, 1), 0)


def saturated(value, low, high):
    """Return the value, or the end of the range that it has passed."""
    return Mux(value < low, low, Mux(value > high, high, value))
