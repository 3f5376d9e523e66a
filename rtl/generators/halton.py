"""Halton sequence of any base."""

from amaranth.hdl import Const, Module, Mux, Signal

from stochastic import Halton

from ..component import Component, component

__all__ = ["HaltonComponent"]


@component(Halton)
class HaltonComponent(Component):
    """A counter of base-b digits, and the weighted sum of the digits.

    Notes
    -----
    The digit d_i has the weight 2^n / b^(i+1), which is not an integer unless b is a power of
    two. The weight is rounded up to g guard bits, and the guard bits of the sum are dropped.
    For k digits, the excess of the sum is less than k (b - 1) / 2^g. The exact sum is a
    multiple of 2^n / b^k, so its distance to the next integer is at least 1 / b^k. With g
    such that ``k (b - 1) / 2^g <= 1 / b^k``, the excess does not reach that integer, and the
    word is the floor of the exact sum.
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
            # Each bit of a digit gates a constant, so that adders suffice.
            terms += [Mux(bit, Const(weight << j), 0) for j, bit in enumerate(digit)]
        total = Signal(p.width + guard)
        m.d.comb += [total.eq(sum(terms)), self.word.eq(total >> guard)]
        return m
