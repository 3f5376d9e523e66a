"""Numba arrays over memory at a given address."""

from __future__ import annotations

from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

__all__ = ["array_at"]


@intrinsic
def _pointer(typing_context, address):
    """Convert an integer address to a pointer."""

    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.uint64), generate


@njit(cache=True)
def array_at(address, size, kind):
    """Return the array ``[size]`` of type `kind` at `address`, without copying."""
    return carray(_pointer(address), (size,), kind)
