"""Kernels are compiled on their first call, and call each other."""

import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from fixedpoint.kernels.compiled import compiled, deferred

ones = deferred("stochastic.streams.vector_instructions", "ones")[0]
nowhere = deferred("stochastic.streams.vector_instructions", "nowhere")[0]


@compiled(inline=True)
def _weight(word):
    """Ones of a word, by an instruction that is imported when this is compiled."""
    return ones(word)


@compiled
def _total(words):
    count = np.uint64(0)
    for word in words:
        count += _weight(word)
    return count


@compiled
def _tripled(numbers, out):
    for i in range(len(numbers)):
        out[i] = numbers[i] * 3


@compiled(long_vectors=True)
def _tripled_wide(numbers, out):
    for i in range(len(numbers)):
        out[i] = numbers[i] * 3


@pytest.mark.parametrize("package", ("fixedpoint", "stochastic", "sim"))
def test_an_import_does_without_numba(package):
    code = f"import sys, {package}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_kernel_keeps_its_name_and_docstring():
    assert _weight.__name__ == "_weight"
    assert _weight.__doc__.startswith("Ones of a word")


def test_kernels_call_kernels_and_instructions():
    words = np.array([0, 1, 3, 2**64 - 1, 2**63], np.uint64)
    assert _total(words) == sum(bin(int(word)).count("1") for word in words)


def test_a_name_that_the_module_lacks_is_told_on_first_use():
    with pytest.raises(AttributeError, match="nowhere"):
        nowhere(1)


@pytest.mark.parametrize("kernel, wide", ((_tripled, False), (_tripled_wide, True)))
def test_a_kernel_asks_for_the_longest_vectors_only_if_told(kernel, wide):
    numbers = np.arange(100, dtype=np.int32)
    out = np.empty_like(numbers)
    kernel(numbers, out)
    assert np.array_equal(out, 3 * numbers)
    # Of a kernel from the disk Numba cannot tell the code: compile it anew.
    target = kernel._target
    again = njit(pipeline_class=target._compiler.pipeline_class)(target.py_func)
    again(numbers, out)
    (code,) = again.inspect_llvm().values()
    assert ('"prefer-vector-width"="512"' in code) is wide
