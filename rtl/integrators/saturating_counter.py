"""Saturating up/down counters."""

from amaranth.hdl import Cat, Mux

__all__ = ["count_up_down", "saturate_sum"]


def count_up_down(m, enable, value, increment, decrement, maximum):
    """Let a register count up or down by 1, saturating at 0 and `maximum`.

    Parameters
    ----------
    m : Module
    enable, increment, decrement : Value
        One bit each. The counter does not move if `increment` equals `decrement`.
    value : Signal
        The unsigned counter.
    maximum : int
        Its upper end.
    """
    up = increment & ~decrement & (value != maximum)
    down = ~increment & decrement & (value != 0)
    with m.If(enable):
        with m.If(up):
            m.d.sync += value.eq(value + 1)
        with m.Elif(down):
            m.d.sync += value.eq(value - 1)


def saturate_sum(total, low, high, largest_step):
    """Return a counter's next value, saturated at both ends.

    Parameters
    ----------
    total : Value
        The counter after one step of at most `largest_step` up or down.
    low, high : int
        The ends of the counter. Only the few sums beyond them are compared.
    largest_step : int
    """
    above = Cat(total == high + step for step in range(1, largest_step + 1)).any()
    below = Cat(total == low - step for step in range(1, largest_step + 1)).any()
    return Mux(above, high, Mux(below, low, total))
