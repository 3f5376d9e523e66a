"""Adders and multipliers that run in all directions."""

from __future__ import annotations

from fixedpoint.circuit import check_choice, check_integer

from .logic_network import LogicNetwork

__all__ = ["multiplier", "ripple_adder", "subtractor"]


def ripple_adder(bits: int, *, directed_carry: int = 0) -> LogicNetwork:
    """Return the network ``a + b = s`` of full adders.

    Parameters
    ----------
    bits : int
        Bits of ``a`` and ``b``, 1..1024; ``s`` has one more.
    directed_carry : int
        0: neighbouring adders share the spin of the carry. Else each carry pulls the next
        adder's input with this weight and is not pulled back.
    """
    bits = check_integer("adder bits", bits, 1, 1024)
    weight = check_integer("directed_carry", directed_carry, 0, 2**10)
    network = LogicNetwork()
    a, b = network.port("a", bits), network.port("b", bits)
    total, carry = [], network.constant(0)
    for i in range(bits):
        if weight and i:
            own = network.net()
            network.direct(own, carry, weight)
            carry = own
        s, carry = network.add("full_adder", a[i], b[i], carry)
        total.append(s)
    network.name("s", (*total, carry))
    return network


def subtractor(bits: int) -> LogicNetwork:
    """Return the network ``a - b = d`` modulo 2^bits: the adder ``d + b = a``, named anew.

    The port ``borrow`` is 1 where a < b.
    """
    adder = ripple_adder(bits)
    network_sum = adder.ports["s"]
    ports = {
        "d": adder.ports["a"],
        "b": adder.ports["b"],
        "a": network_sum[:-1],
        "borrow": network_sum[-1:],
    }
    adder.ports = ports
    return adder


def multiplier(a_bits: int, b_bits: int, *, cell: str = "gates") -> LogicNetwork:
    """Return the network ``a * b = p``, an array of one row of adders for each bit of b.

    Parameters
    ----------
    a_bits, b_bits : int
        Bits of the operands, 1..256; ``p`` has as many as both together.
    cell : {"gates", "multiply_add"}
        AND gates and full adders, 3 spins for each pair of bits; or the 6-spin cell, 2 for
        each, with half the gap relative to the largest coefficient.
    """
    n = check_integer("multiplier a_bits", a_bits, 1, 256)
    m = check_integer("multiplier b_bits", b_bits, 1, 256)
    check_choice("multiplier cell", cell, ("gates", "multiply_add"))
    network = LogicNetwork()
    a, b = network.port("a", n), network.port("b", m)
    zero = network.constant(0)
    row = [network.add("and", a[i], b[0])[0] for i in range(n)]
    product, above = [row[0]], [*row[1:], zero]
    for j in range(1, m):
        row, carry = [], zero
        for i in range(n):
            if cell == "gates":
                (bit,) = network.add("and", a[i], b[j])
                s, carry = network.add("full_adder", bit, above[i], carry)
            else:
                s, carry = network.add("multiply_add", a[i], b[j], above[i], carry)
            row.append(s)
        product.append(row[0])
        above = [*row[1:], carry]
    network.name("p", (*product, *above))
    return network
