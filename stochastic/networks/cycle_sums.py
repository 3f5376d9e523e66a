"""Sums of one cycle: bits times the integers of the weights."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import check_choice
from fixedpoint.kernels.compiled import compiled

__all__ = ["CycleSums"]

ENGINES = ("auto", "torch", "numba")


class CycleSums:
    """The sums of one layer for a block of images, one cycle at a time.

    Parameters
    ----------
    bits : int8 array ``[n, K]``
        Input bits, or small integers, which the caller changes between calls.
    integers : int8 array ``[N, K + 1, J]``
        Integers of the weights, and of the biases in the last row.
    engine : {"auto", "torch", "numba"}
        PyTorch multiplies int8 matrices; Numba adds the rows of inputs that are not 0.

    Attributes
    ----------
    bits : int8 array ``[n, K]``
    """

    def __init__(self, bits: NDArray[np.int8], integers: NDArray[np.int8], engine: str) -> None:
        check_choice("engine", engine, ENGINES)
        if engine == "auto":
            engine = "torch" if importlib.util.find_spec("torch") else "numba"
        self.bits = bits
        self._integers = integers
        self._sums = np.empty((len(bits), integers.shape[2]), np.int32)
        self._torch: Any = None
        if engine == "torch":
            import torch

            self._torch = torch
            self._operands = torch.from_numpy(bits), torch.from_numpy(self._sums)
            self._matrices = torch.from_numpy(integers[:, :-1]).unbind()

    def of_cycle(self, t: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the sums of cycle t without bias, ``[n, J]``, reused; and the biases."""
        if self._torch is None:
            _add_rows(self.bits, self._integers[t], self._sums)
        else:
            bits, sums = self._operands
            self._torch._int_mm(bits, self._matrices[t], out=sums)
        return self._sums, self._integers[t, -1]


@compiled
def _add_rows(bits, integers, sums):
    row = np.empty(sums.shape[1], np.int32)
    for i in range(bits.shape[0]):
        row[:] = 0
        for k in range(bits.shape[1]):
            factor = np.int32(bits[i, k])
            if factor:
                for j in range(row.size):
                    row[j] += factor * np.int32(integers[k, j])
        for j in range(row.size):
            sums[i, j] = row[j]
