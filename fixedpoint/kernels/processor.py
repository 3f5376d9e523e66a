"""What the processor that kernels are compiled for can do."""

from __future__ import annotations

import functools

__all__ = ["has_feature"]


@functools.cache
def has_feature(name: str) -> bool:
    """Return whether kernels may use an extension of the instruction set.

    Parameters
    ----------
    name : str
        LLVM's name of the extension, such as ``"avx512f"``. Numba's environment variables
        ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` can take it away.
    """
    from numba.core.registry import cpu_target

    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    return f"+{name}" in features.split(",")
