"""Approximate parallel counter."""

from amaranth.hdl import Module

from stochastic import ApproximateParallelCounter

from ..component import Component, component
from .parallel_counter import accumulate, number_of_ones

__all__ = ["ApproximateParallelCounterComponent"]


@component(ApproximateParallelCounter)
class ApproximateParallelCounterComponent(Component):
    """A layer of OR and AND gates in turn, a tree of adders, and an accumulator."""

    def elaborate(self, platform):
        m = Module()
        gates = []
        for i in range(self.parameters.fan_in // 2):
            a, b = self.streams[2 * i], self.streams[2 * i + 1]
            gates.append(a & b if i & 1 else a | b)
        m.d.comb += self.count.eq(number_of_ones(gates) << 1)
        accumulate(m, self.enable, self.count, self.total)
        return m
