"""Integer operations that keep their type, where Numba's own widen to 64 bits."""

from __future__ import annotations

from numba.extending import intrinsic

__all__ = ["cast_like", "shift_left", "shift_right"]


@intrinsic
def cast_like(typing_context, value, like):
    """Convert `value` to the type of `like`."""

    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[0], signature.args[0], signature.return_type)

    return like(value, like), generate


@intrinsic
def shift_right(typing_context, value, count):
    """Shift `value` right by `count` within its own type."""

    def generate(context, builder, signature, arguments):
        return builder.ashr(arguments[0], arguments[1])

    return value(value, value), generate


@intrinsic
def shift_left(typing_context, value, count):
    """Shift `value` left by `count` within its own type."""

    def generate(context, builder, signature, arguments):
        return builder.shl(arguments[0], arguments[1])

    return value(value, value), generate
