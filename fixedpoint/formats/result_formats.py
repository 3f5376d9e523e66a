"""Result formats of exact operations."""

from __future__ import annotations

import functools

from .format import Format

__all__ = [
    "accumulated_format",
    "common_format",
    "difference_format",
    "negated_format",
    "product_format",
    "rounded_format",
    "sum_format",
]


def common_format(a: Format, b: Format) -> Format:
    """Return the smallest format that holds every value of both.

    It is signed if either is, with max(int) and max(frac) bits. An unsigned format beside a
    signed one counts as having one integer bit more.
    """
    signed = a.signed or b.signed
    int_bits = max(f.int_bits + (signed and not f.signed) for f in (a, b))
    frac_bits = max(a.frac_bits, b.frac_bits)
    return _result(signed, int_bits, frac_bits, f"the common format of {a} and {b}")


def sum_format(a: Format, b: Format) -> Format:
    """Return the format of a + b: the common format and one integer bit more."""
    both = common_format(a, b)
    return _result(both.signed, both.int_bits + 1, both.frac_bits, f"the sum of {a} and {b}")


def difference_format(a: Format, b: Format) -> Format:
    """Return the format of a - b: the common format, signed, and one integer bit more."""
    both = common_format(a, b)
    return _result(True, both.int_bits + 1, both.frac_bits, f"the difference of {a} and {b}")


@functools.cache
def product_format(a: Format, b: Format) -> Format:
    """Return the format of a * b: sums of integer and of fraction bits, signed if either is."""
    return _result(
        a.signed or b.signed,
        a.int_bits + b.int_bits,
        a.frac_bits + b.frac_bits,
        f"the product of {a} and {b}",
    )


def negated_format(a: Format) -> Format:
    """Return the format of -a and abs(a): signed, one integer bit more."""
    return _result(True, a.int_bits + 1, a.frac_bits, f"the negative of {a}")


def rounded_format(a: Format, frac_bits: int) -> Format:
    """Return the format of a rounded to `frac_bits` fraction bits: one integer bit more.

    If all values of a are below the resolution, the format holds the resolution itself, to
    which they may be rounded up.
    """
    int_bits = max(a.int_bits, int(a.signed) - frac_bits) + 1
    return _result(a.signed, int_bits, frac_bits, f"{a} rounded to {frac_bits} fraction bits")


def accumulated_format(a: Format, count: int) -> Format:
    """Return the format of a sum of `count` terms: ceil(log2(count)) integer bits more."""
    extra_bits = max(count - 1, 0).bit_length()
    int_bits = a.int_bits + extra_bits
    return _result(a.signed, int_bits, a.frac_bits, f"the sum of {count} times {a}")


def _result(signed: bool, int_bits: int, frac_bits: int, what: str) -> Format:
    if int_bits + frac_bits > 64:
        raise ValueError(
            f"{what} needs {int_bits + frac_bits} bits, more than 64; cast the operands first"
        )
    return Format(signed=signed, int_bits=int_bits, frac_bits=frac_bits)
