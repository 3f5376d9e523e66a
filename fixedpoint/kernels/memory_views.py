"""Arrays of Numba over memory that is known by its address."""

from __future__ import annotations

from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

__all__ = ["numbers_at"]


@intrinsic
def _pointer(typing_context, address):
    """_pointer(address): an address as a pointer."""

    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.uint64), generate


@njit(cache=True)
def numbers_at(address, size, kind):
    """Return the array [size] of the type `kind` that lies at an address."""
    return carray(_pointer(address), (size,), kind)
