"""CORDIV."""

from amaranth.hdl import Module

from stochastic import Cordiv

from ..component import Component, component
from .conditional_quotient import conditional_quotient

__all__ = ["CordivComponent"]


@component(Cordiv)
class CordivComponent(Component):
    """A multiplexer between the dividend and a shift register of earlier quotients."""

    def elaborate(self, platform):
        m = Module()
        conditional_quotient(
            m, self.parameters, self.enable, self.dividend, self.divisor, self.quotient
        )
        return m
