"""Sums of weighted bits as a list of full adders on bit planes."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ONES", "ZEROS", "PlaneProgram", "add_bits"]

# The two constant planes.
ZEROS, ONES = 0, 1


def add_bits(columns: list[list[int]], plane: int, weight: int) -> None:
    """Append a plane to the columns of the ones of `weight`, 0 or more."""
    for column in range(weight.bit_length()):
        if weight >> column & 1:
            while len(columns) <= column:
                columns.append([])
            columns[column].append(plane)


class PlaneProgram:
    """A list of full adders, some of them in pairs.

    Parameters
    ----------
    scratch : int
        The first of the planes that the program may use; it says by `scratch_end` how many.

    Attributes
    ----------
    code : list of tuple of int
        Three planes to add, the plane of the sum, the plane of the carry; then -1, or a fourth
        and a fifth plane to add and the plane of the second carry.
    """

    def __init__(self, scratch: int) -> None:
        self.scratch = self.scratch_end = scratch
        self.code: list[tuple[int, ...]] = []
        self._free: list[int] = []

    def _new(self) -> int:
        if self._free:
            return self._free.pop()
        self.scratch_end += 1
        return self.scratch_end - 1

    def _release(self, planes: Iterable[int]) -> None:
        self._free.extend(plane for plane in planes if plane >= self.scratch)

    def exclusive_or(self, a: int, b: int) -> int:
        """Return a new plane, a XOR b; it is free again once it is added."""
        total, carry = self._new(), self._new()
        self.code.append((a, b, ZEROS, total, carry, -1, 0, 0))
        self._release([carry])
        return total

    def both(self, a: int, b: int) -> int:
        """Return a new plane, a AND b; it is free again once it is added."""
        total, carry = self._new(), self._new()
        self.code.append((a, b, ZEROS, total, carry, -1, 0, 0))
        self._release([total])
        return carry

    def reduce(self, columns: list[list[int]]) -> None:
        """Add within each column until it has two planes at most: the carry-save step."""
        column = 0
        while column < len(columns):
            while len(columns[column]) > 2:
                self._add(columns, column, self._new())
            column += 1

    def _add(
        self, columns: list[list[int]], column: int, total: int, top: bool = False
    ) -> None:
        """Add up to five planes of a column; the carries of the `top` column are dropped."""
        queue = columns[column]
        count = 5 if len(queue) > 4 else min(3, len(queue))
        read = [queue.pop(0) for _ in range(count)]
        carries = [self._new() for _ in range(2 if count == 5 else 1)]
        if count == 5:
            self.code.append((*read[:3], total, carries[0], *read[3:], carries[1]))
        else:
            padded = (*read, ZEROS, ZEROS, ZEROS)[:3]
            self.code.append((*padded, total, carries[0], -1, 0, 0))
        self._release(read)
        queue.append(total)
        if top or count < 2:
            self._release(carries)
            return
        if column + 1 == len(columns):
            columns.append([])
        columns[column + 1] += carries

    def total(self, columns: list[list[int]], result: int, bits: int) -> None:
        """Add all planes; write the lowest `bits` bits to the planes from `result` on.

        Parameters
        ----------
        columns : list of list of int
            Planes of weight 1, 2, 4 ...; they are used up.
        """
        while len(columns) < bits:
            columns.append([])
        for column in range(bits):
            queue, top = columns[column], column + 1 == bits
            while len(queue) not in (0, 1, 2, 3, 5):
                self._add(columns, column, self._new(), top)
            self._add(columns, column, result + column, top)
