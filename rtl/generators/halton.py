"""Halton sequence in any base."""

from amaranth.hdl import Const, Module, Mux, Signal

from stochastic import Halton

from ..component import Component, component

__all__ = ["HaltonComponent"]


@component(Halton)
class HaltonComponent(Component):
    """A counter of base-b digits and the sum of the digits' weights.

    Notes
    -----
    The digit d_i weighs 2^n / b^(i+1), which is no integer unless b is a power of two. It is
    kept with g guard bits and rounded up, and the guard bits of the sum are cut off. The
    sum is then too large by less than k (b - 1) units of 2^-g. The true sum is a multiple of
    2^n / b^k, so it lies at least 1 / b^k below the next integer. The guard bits are as many
    as make ``k (b - 1) / 2^g <= 1 / b^k``: the excess never reaches that integer, and the
    word is the floor of the true sum.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        guard = (p.digits * (p.base - 1) * p.base**p.digits - 1).bit_length()
        terms = []
        advance = self.enable
        cycle = p.phase
        for i in range(p.digits):
            digit = Signal(range(p.base), name=f"digit{i}", init=cycle % p.base)
            cycle //= p.base
            full = Signal(name=f"full{i}")
            m.d.comb += full.eq(digit == p.base - 1)
            with m.If(advance):
                m.d.sync += digit.eq(Mux(full, 0, digit + 1))
            advance = advance & full
            weight = -(-(1 << (p.width + guard)) // p.base ** (i + 1))
            # Each bit of a digit gates one constant: adders, no multiplier.
            terms += [Mux(bit, Const(weight << j), 0) for j, bit in enumerate(digit)]
        total = Signal(p.width + guard)
        m.d.comb += [total.eq(sum(terms)), self.word.eq(total >> guard)]
        return m
