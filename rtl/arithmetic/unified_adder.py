"""Unified non-scaled adder (uNSADD)."""

from amaranth.hdl import Module

from stochastic import UnifiedAdder

from ..component import Component, component
from .carry_adder import pay_for_ones
from .parallel_counter import number_of_ones

__all__ = ["UnifiedAdderComponent"]


@component(UnifiedAdder)
class UnifiedAdderComponent(Component):
    """A parallel counter, and an accumulator that pays for each 1."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        count = number_of_ones(self.streams)
        bipolar = p.encoding == "bipolar"
        gained = 2 * count - (p.fan_in - 1) if bipolar else count
        cost = 2 if bipolar else 1
        pay_for_ones(m, self.enable, gained, self.sum, cost, p.width, bipolar)
        return m
