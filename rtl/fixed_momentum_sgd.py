"""Momentum SGD in fixed point."""

from amaranth.hdl import Cat, Module, Mux, Signal

from fixedpoint.fixed_momentum_sgd import FixedMomentumSgd

from .component import Component, component, elements
from .quantizing import aligned_sum, generated, named, quantized

__all__ = ["FixedMomentumSgdComponent"]


@component(FixedMomentumSgd)
class FixedMomentumSgdComponent(Component):
    """A shift and two subtractions for the momentum, a multiplier for the weight."""

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
        words = [
            generated(m, f"{name}_generator", generator, self.enable)
            for name, generator in zip(("momentum", "weight"), p.generators, strict=False)
        ]
        momenta, weights = [], []
        for lane, (gradient, momentum_in, weight_in) in enumerate(vectors):
            drawn = [word.rotate_left(lane) for word in words] or [None, None]
            momentum = Signal(momentum_in.shape(), name=f"momentum_{lane}")
            weight = Signal(weight_in.shape(), name=f"weight_{lane}")
            now = named(m, f"now_momentum_{lane}", Mux(self.load, momentum_in, momentum))
            bits, shift = p.momentum_format.frac_bits, p.decay_shift
            # C - 2^-shift C + 2^-shift gradient: shifts are moved binary points.
            kept, _ = aligned_sum((now, bits), (-now, bits + shift))
            moved, _ = aligned_sum(
                (kept, bits + shift), (gradient, p.gradient_format.frac_bits + shift)
            )
            code, _ = quantized(m, moved, p.momentum_stage, drawn[0])
            following = Signal.like(momentum, name=f"next_momentum_{lane}")
            m.d.comb += following.eq(code)
            stepped, _ = aligned_sum(
                (Mux(self.load, weight_in, weight), p.weight_format.frac_bits),
                (-(self.rate * following), p.rate_format.frac_bits + bits),
            )
            code, _ = quantized(m, stepped, p.weight_stage, drawn[1])
            with m.If(self.enable):
                m.d.sync += [momentum.eq(following), weight.eq(code)]
            momenta.append(momentum)
            weights.append(weight)
        m.d.comb += [self.momentum.eq(Cat(momenta)), self.weight.eq(Cat(weights))]
        return m
