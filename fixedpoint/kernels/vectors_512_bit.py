"""Kernels with 512-bit vectors, on processors that have them.

LLVM prefers 256-bit vectors on most processors that have both, because the first of these
processors lowered their clock for 512-bit instructions. Loops that compute more than they
load run up to twice as fast with 512 bits. Other loops gain nothing, so each kernel opts in.
"""

from __future__ import annotations

from typing import Any

from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import BaseNativeLowering, NativeLowering

__all__ = ["LongVectorCompiler"]


class _LongVectorLower(Lower):
    """Numba's lowering of a function to LLVM IR, with one more function attribute."""

    def setup_function(self, fndesc: Any) -> None:
        super().setup_function(fndesc)
        # llvmlite's own `add` refuses attributes that have a value.
        set.add(self.function.attributes, '"prefer-vector-width"="512"')


@register_pass(mutates_CFG=True, analysis_only=False)
class _LongVectorLowering(BaseNativeLowering):
    _name: Any = "long_vector_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        return _LongVectorLower


class LongVectorCompiler(CompilerBase):
    """Numba's compiler, for the option ``pipeline_class`` of `numba.njit`."""

    def define_pipelines(self) -> list[Any]:
        """Return Numba's passes with the lowering pass replaced."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_LongVectorLowering if step is NativeLowering else step, why)
            for step, why in passes.passes
        ]
        passes._finalized = False
        passes.finalize()
        return [passes]
