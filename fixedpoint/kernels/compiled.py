"""Kernels that Numba compiles on their first call.

Importing Numba takes half a second, which commands that list circuits or emit Verilog do not
need. The decorator here therefore delays the import to the first call of a kernel.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

__all__ = ["compiled", "deferred"]


class _Deferred:
    """A function that is created on first use, callable from Python and from kernels."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def _target(self) -> Any:
        return self._make()

    def __call__(self, *arguments: Any) -> Any:
        return self._target(*arguments)

    @functools.cached_property
    def _numba_type_(self) -> Any:
        # Numba reads this attribute when another kernel uses the name.
        from numba.core.registry import cpu_target

        target, context = self._target, cpu_target.typing_context
        # Numba registers new intrinsics when a compilation begins; this one has begun.
        context.refresh()
        return context.resolve_value_type(target)


def compiled(
    function: Callable[..., Any] | None = None,
    *,
    inline: bool = False,
    long_vectors: bool = False,
) -> Any:
    """Compile a function with Numba on its first call and cache the result on disk.

    Parameters
    ----------
    function : callable
        Written in Numba's subset of Python. It runs without the global interpreter lock.
    inline : bool
        Whether the function is inlined into every kernel that calls it.
    long_vectors : bool
        Whether its loops use the processor's longest vectors; see
        `fixedpoint.kernels.vectors_512_bit`.

    Returns
    -------
    callable
        Takes positional arguments. Other kernels can call it.
    """
    if function is None:
        return functools.partial(compiled, inline=inline, long_vectors=long_vectors)

    def make() -> Any:
        from numba import njit

        options: dict[str, Any] = {"cache": True, "nogil": True, "forceinline": inline}
        if long_vectors:
            from .vectors_512_bit import LongVectorCompiler

            options["pipeline_class"] = LongVectorCompiler
        return njit(**options)(function)

    return functools.update_wrapper(_Deferred(make), function)


def deferred(module: str, *names: str) -> Any:
    """Return placeholders by which kernels use a module's functions without importing it.

    Parameters
    ----------
    module : str
        Imported when a placeholder is first called or compiled into a kernel.
    *names : str
        Functions that Numba can call.

    Returns
    -------
    tuple of callable
    """
    return tuple(_Deferred(functools.partial(_imported, module, name)) for name in names)


def _imported(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)
