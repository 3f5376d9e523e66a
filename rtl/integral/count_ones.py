"""The number of ones of a wide vector."""

from amaranth.hdl import Cat, Module, Signal

__all__ = ["count_ones"]


def count_ones(m: Module, vector):
    """Return the number of ones by carry-save adders on slices of the vector.

    Three slices of equal length become one of sums and one of carries, until one bit of the
    weight is left; the carries then are the vector of the next weight. The text of the circuit
    has few, wide operations.

    Parameters
    ----------
    m : Module
        Takes the signals in between.
    vector : Value
        At least one bit.
    """
    bits = []
    carries = [vector]
    while carries:
        slices, carries = Cat(carries), []
        while len(slices) > 1:
            # Two bits are added as three of which one is 0.
            size = max(1, len(slices) // 3)
            a, b = slices[:size], slices[size : 2 * size]
            c, rest = slices[2 * size : 3 * size], slices[3 * size :]
            either = Signal(size)
            total = Signal(size)
            carry = Signal(size)
            m.d.comb += [
                either.eq(a ^ b),
                total.eq(either ^ c if len(c) else either),
                carry.eq((a & b) | (either & c) if len(c) else a & b),
            ]
            slices = Cat(total, rest)
            carries.append(carry)
        bits.append(slices)
    return Cat(bits)
