"""Vectors of 512 bits for kernels, where the processor has them.

LLVM makes do with 256 bits on most processors that have both, since the first of them slowed
down under the longer ones. Loops that calculate more than they load are up to twice as fast
with 512 bits; others are not, so each kernel says for itself.
"""

from __future__ import annotations

from typing import Any

from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import BaseNativeLowering, NativeLowering

__all__ = ["WideCompiler"]


class _WideLower(Lower):
    """Numba's step from its own form of a function to LLVM's, with an attribute more."""

    def setup_function(self, fndesc: Any) -> None:
        super().setup_function(fndesc)
        # llvmlite's own `add` takes no attribute that has a value.
        set.add(self.function.attributes, '"prefer-vector-width"="512"')


@register_pass(mutates_CFG=True, analysis_only=False)
class _WideLowering(BaseNativeLowering):
    _name: Any = "wide_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        return _WideLower


class WideCompiler(CompilerBase):
    """Numba's compiler, for the option ``pipeline_class`` of `numba.njit`."""

    def define_pipelines(self) -> list[Any]:
        """Return Numba's own passes, but for the one that makes LLVM's form."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_WideLowering if step is NativeLowering else step, why)
            for step, why in passes.passes
        ]
        passes._finalized = False
        passes.finalize()
        return [passes]
