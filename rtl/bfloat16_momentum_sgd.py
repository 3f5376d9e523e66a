"""Momentum SGD in bfloat16."""

from amaranth.hdl import Cat, Module, Mux, Signal

from fixedpoint.bfloat16_momentum_sgd import Bfloat16MomentumSgd

from .bfloat16 import added, multiplied, negated, scaled
from .component import Component, component, elements
from .quantizing import generated, named

__all__ = ["Bfloat16MomentumSgdComponent"]


@component(Bfloat16MomentumSgd)
class Bfloat16MomentumSgdComponent(Component):
    """Three adders, a shift of the exponent and a multiplier a lane."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ports = {port.name: port for port in p.ports}
        vectors = zip(
            *(
                elements(getattr(self, name), ports[name])
                for name in ("gradient", "momentum_in", "weight_in")
            ),
            strict=True,
        )
        word = None
        if p.weight_generator is not None:
            word = generated(m, "weight_generator", p.weight_generator, self.enable)
        momenta, weights = [], []
        for lane, (gradient, momentum_in, weight_in) in enumerate(vectors):
            momentum = Signal(16, name=f"momentum_{lane}")
            weight = Signal(16, name=f"weight_{lane}")
            C = named(m, f"C_{lane}", Mux(self.load, momentum_in, momentum))
            W = named(m, f"W_{lane}", Mux(self.load, weight_in, weight))
            difference = added(m, f"difference_{lane}", gradient, negated(C))
            change = scaled(m, f"change_{lane}", difference, p.decay_shift)
            following = added(m, f"next_momentum_{lane}", C, change)
            learned = multiplied(m, f"learned_{lane}", self.rate, following)
            drawn = None if word is None else word.rotate_left(lane)
            stepped = added(m, f"next_weight_{lane}", W, negated(learned), drawn)
            with m.If(self.enable):
                m.d.sync += [momentum.eq(following), weight.eq(stepped)]
            momenta.append(momentum)
            weights.append(weight)
        m.d.comb += [self.momentum.eq(Cat(momenta)), self.weight.eq(Cat(weights))]
        return m
