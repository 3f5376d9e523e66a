"""One cycle of circuits as text, from which a loop over all cycles is compiled."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

__all__ = ["CycleCode", "HasCycleCode", "Symbol", "compile_loop"]


class Symbol:
    """A number that only the compiled loop knows: operators make longer expressions."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _joined(self, operator: str, other: Any, swapped: bool = False) -> Symbol:
        first, second = (other, self) if swapped else (self, other)
        return Symbol(f"({text_of(first)} {operator} {text_of(second)})")

    def __and__(self, other: Any) -> Symbol:
        return self._joined("&", other)

    def __rand__(self, other: Any) -> Symbol:
        return self._joined("&", other, True)

    def __or__(self, other: Any) -> Symbol:
        return self._joined("|", other)

    def __ror__(self, other: Any) -> Symbol:
        return self._joined("|", other, True)

    def __xor__(self, other: Any) -> Symbol:
        return self._joined("^", other)

    def __rxor__(self, other: Any) -> Symbol:
        return self._joined("^", other, True)

    def __add__(self, other: Any) -> Symbol:
        return self._joined("+", other)

    def __sub__(self, other: Any) -> Symbol:
        return self._joined("-", other)

    def __rsub__(self, other: Any) -> Symbol:
        return self._joined("-", other, True)

    def __mul__(self, other: Any) -> Symbol:
        return self._joined("*", other)

    def __rmul__(self, other: Any) -> Symbol:
        return self._joined("*", other, True)

    def __lshift__(self, other: Any) -> Symbol:
        return self._joined("<<", other)

    def __rshift__(self, other: Any) -> Symbol:
        return self._joined(">>", other)

    def __abs__(self) -> Symbol:
        return Symbol(f"abs({self.text})")

    def less(self, other: Any) -> Symbol:
        """Return 1 where the number is less than another, else 0."""
        return Symbol(f"int64({self.text} < {text_of(other)})")

    def held(self, low: int, high: int) -> Symbol:
        """Return the number held between two limits."""
        return Symbol(f"max(int64({low}), min({self.text}, int64({high})))")


def text_of(value: Any) -> str:
    """Return a number or symbol as text."""
    return value.text if isinstance(value, Symbol) else f"int64({int(value)})"


class HasCycleCode(Protocol):
    """A circuit of which one cycle can be written as text."""

    def cycle_code(
        self,
        code: CycleCode,
        words: Sequence[Symbol],
        registers: Mapping[str, Symbol],
        inputs: Mapping[str, Symbol],
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the outputs before the clock edge and the registers after it.

        Of a circuit whose latency is not 0 the outputs must not contain the inputs.
        """
        ...


class CycleCode:
    """The body of a loop: statements of one cycle and lane, and the tables that they read."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.stores: list[str] = []
        self.updates: list[str] = []
        self.tables: list[NDArray[Any]] = []

    def table(self, array: NDArray[Any]) -> str:
        """Return the name under which the statements find an array."""
        self.tables.append(array)
        return f"table{len(self.tables) - 1}"


@functools.lru_cache(maxsize=64)
def compile_loop(
    words: int,
    inputs: int,
    outputs: int,
    registers: int,
    tables: int,
    statements: tuple[str, ...],
    stores: tuple[str, ...],
    updates: tuple[str, ...],
) -> Any:
    """Return a compiled loop over cycles and lanes.

    It takes ``enable``, then so many arrays of each kind. Of each register n a statement
    finds ``held{n}`` and an update assigns ``next{n}``; of each input n ``input{n}[t, lane]``
    and each word n ``word{n}``.
    """
    from numba import njit

    arrays = ["enable", *(f"words{i}" for i in range(words))]
    arrays += [f"input{i}" for i in range(inputs)]
    arrays += [f"output{i}" for i in range(outputs)]
    arrays += [f"register{i}" for i in range(registers)]
    arrays += [f"table{i}" for i in range(tables)]
    fetched = [f"word{i} = int64(words{i}[t])" for i in range(words)]
    loaded = [f"held{i} = register{i}[lane]" for i in range(registers)]
    cycle = [*statements, *stores]
    lines = [f"def run(lanes, {', '.join(arrays)}):", "  if lanes < 8:"]

    def add(depth: int, *texts: str) -> None:
        lines.extend("  " * depth + text for text in texts)

    # Few lanes: the registers stay in the processor's over all cycles.
    add(2, "for lane in range(lanes):")
    add(3, *loaded, "for t in range(len(enable)):")
    add(4, *fetched, *cycle, "if enable[t]:")
    add(5, *updates, *(f"held{i} = next{i}" for i in range(registers)), "pass")
    add(3, *(f"register{i}[lane] = held{i}" for i in range(registers)))
    add(2, "return")
    # Many lanes: all of them in a cycle, so that memory is read in order.
    add(1, "for t in range(len(enable)):")
    add(2, *fetched, "if enable[t]:")
    add(3, "for lane in range(lanes):")
    stored = [f"register{i}[lane] = next{i}" for i in range(registers)]
    add(4, *loaded, *cycle, *updates, *stored)
    add(2, "else:")
    add(3, "for lane in range(lanes):")
    add(4, *loaded, *cycle, "pass")
    import numpy as np

    scope: dict[str, Any] = {"int64": np.int64}
    exec("\n".join(lines), scope)
    return njit(nogil=True)(scope["run"])
