"""LLVM instructions on vectors, as the intrinsics of kernels build them."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

__all__ = [
    "F32",
    "I32",
    "I64",
    "call_llvm",
    "constant_vector",
    "element_address",
    "load_elements",
    "splat",
    "vector_address",
]

F32 = ir.FloatType()
I32 = ir.IntType(32)
I64 = ir.IntType(64)


def element_address(context, builder, array_type, array, position):
    """Return the address of an element of a contiguous Numba array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [position])


def vector_address(context, builder, array_type, array, position, vector):
    """Return the address of a vector inside an array, and its alignment in bytes."""
    address = element_address(context, builder, array_type, array, position)
    return builder.bitcast(address, vector.as_pointer()), array_type.dtype.bitwidth // 8


def load_elements(context, builder, array_type, array, position, vector):
    """Load a vector from an array, from the element at a position on."""
    address, align = vector_address(context, builder, array_type, array, position, vector)
    return builder.load(address, align=align)


def splat(builder, scalar, vector):
    """Return a vector whose lanes all hold a scalar."""
    one = builder.insert_element(vector(ir.Undefined), scalar, I32(0))
    zeros = ir.Constant(ir.VectorType(I32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, one, zeros)


def constant_vector(vector, value):
    """Return a vector whose lanes all hold a constant."""
    return ir.Constant(vector, [value] * vector.count)


def call_llvm(builder, name, result, arguments):
    """Call an LLVM intrinsic by its name."""
    signature = ir.FunctionType(result, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, arguments)
