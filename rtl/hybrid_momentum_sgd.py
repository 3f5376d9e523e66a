"""Momentum SGD with a binary momentum and a weight counter that takes a dynamic sequence."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from fixedpoint import Rounding
from stochastic import HybridMomentumSgd

from .component import Component, component, create, elements
from .momentum_sgd import magnitude, saturated
from .quantizing import named, rounded

__all__ = ["HybridMomentumSgdComponent"]


@component(HybridMomentumSgd)
class HybridMomentumSgdComponent(Component):
    """A shift, two additions and a rounding for the momentum; one comparator sends it."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ports = {port.name: port for port in p.ports}
        vectors = zip(
            *(
                elements(getattr(self, name), ports[name])
                for name in ("gradient", "momentum_in", "weight_in")
            ),
            self._words(m),
            strict=True,
        )
        momenta, weights = [], []
        for lane, (gradient, momentum_in, weight_in, word) in enumerate(vectors):
            momentum = Signal(signed(p.momentum_bits + 2), name=f"momentum_{lane}")
            weight = Signal(signed(p.weight_width), name=f"weight_{lane}")
            target = gradient << (p.momentum_bits - p.gradient_bits)
            exact = (momentum_in << p.decay_shift) + (target - momentum_in)
            average = rounded(m, exact, p.decay_shift, Rounding.NEAREST_EVEN)
            V = Signal(signed(p.momentum_bits + 2), name=f"V_{lane}")
            m.d.comb += V.eq(Mux(self.load, average, momentum))
            S_bit = named(m, f"S_bit_{lane}", word < magnitude(V))
            change = Mux(V[-1], -self.rate, self.rate)
            before = Mux(self.load, weight_in, weight)
            learned = named(m, f"learned_{lane}", before - Mux(S_bit, change, 0))
            with m.If(self.enable):
                m.d.sync += [momentum.eq(V), weight.eq(saturated(learned, p.weight_width))]
            momenta.append(momentum)
            weights.append(weight)
        m.d.comb += [self.momentum.eq(Cat(momenta)), self.weight.eq(Cat(weights))]
        return m

    def _words(self, m):
        """Make the generators, and return the word that each lane sees."""
        words = []
        for i, generator in enumerate(self.parameters.generators):
            m.submodules[f"generator_{i}"] = source = create(generator)
            m.d.comb += source.enable.eq(self.enable)
            words.append(source.word)
        if self.parameters.sharing == "rotation":
            return [words[0].rotate_left(lane) for lane in range(self.parameters.lanes)]
        return words
