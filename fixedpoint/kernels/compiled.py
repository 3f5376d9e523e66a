"""Kernels that Numba compiles when they are first called.

Half a second of every start would go into `import numba`, also of a start that only lists
circuits or emits Verilog. So the decorator here puts it off to the first call.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

__all__ = ["compiled", "deferred"]


class _Deferred:
    """What Numba calls from Python and from other kernels, made on first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def _made(self) -> Any:
        return self._make()

    def __call__(self, *arguments: Any) -> Any:
        return self._made(*arguments)

    @functools.cached_property
    def _numba_type_(self) -> Any:
        # Numba asks for this when it meets the name in another kernel.
        from numba.core.registry import cpu_target

        made, context = self._made, cpu_target.typing_context
        # Numba learns of new intrinsics when a compilation begins, and this one has begun.
        context.refresh()
        return context.resolve_value_type(made)


def compiled(
    function: Callable[..., Any] | None = None, *, expanded: bool = False, wide: bool = False
) -> Any:
    """Have Numba compile a function on its first call, and keep the result on disk.

    Parameters
    ----------
    function : callable
        In Numba's subset of Python. It runs without Python's lock.
    expanded : bool
        Whether it becomes part of every kernel that calls it, and so of its loops.
    wide : bool
        Whether its loops use the processor's longest vectors; see
        `fixedpoint.kernels.vectors_512_bit`.

    Returns
    -------
    callable
        Takes positional arguments. Other kernels may call it too.
    """
    if function is None:
        return functools.partial(compiled, expanded=expanded, wide=wide)

    def make() -> Any:
        from numba import njit

        options: dict[str, Any] = {"cache": True, "nogil": True, "forceinline": expanded}
        if wide:
            from .vectors_512_bit import WideCompiler

            options["pipeline_class"] = WideCompiler
        return njit(**options)(function)

    return functools.update_wrapper(_Deferred(make), function)


def deferred(module: str, *names: str) -> Any:
    """Return things by which kernels name what a module has, without its import.

    Parameters
    ----------
    module : str
        Imported when one of them is first called or compiled into a kernel.
    *names : str
        Functions that Numba can call.

    Returns
    -------
    tuple of callable
    """
    return tuple(_Deferred(functools.partial(_imported, module, name)) for name in names)


def _imported(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)
