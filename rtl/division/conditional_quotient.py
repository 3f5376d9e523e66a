"""CORDIV with its history."""

from amaranth.hdl import Cat, Mux, Signal

from ..component import create

__all__ = ["conditional_quotient"]


def conditional_quotient(m, parameters, enable, dividend, divisor, quotient):
    """Drive a quotient: the dividend where the divisor is 1, else an earlier one.

    Parameters
    ----------
    m : Module
    parameters : ConditionalQuotient
    enable, dividend, divisor : Value
        One bit each.
    quotient : Signal
    """
    size = parameters.history
    history = Signal(size, init=sum(1 << i for i in range(1, size, 2)))
    earlier = history[0]
    if parameters.generator is not None:
        m.submodules.generator = generator = create(parameters.generator)
        m.d.comb += generator.enable.eq(enable)
        earlier = history.bit_select(generator.word, 1)
    m.d.comb += quotient.eq(Mux(divisor, dividend, earlier))
    with m.If(enable & divisor):
        m.d.sync += history.eq(Cat(dividend, history[:-1]))
