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
    """A list of full adders, each with three planes to read and two to write.

    Parameters
    ----------
    scratch : int
        The first of the planes that the program may use; it says by `scratch_end` how many.

    Attributes
    ----------
    code : list of tuple of int
        Three planes to add, the plane of the sum, the plane of the carry.
    """

    def __init__(self, scratch: int) -> None:
        self.scratch = self.scratch_end = scratch
        self.code: list[tuple[int, int, int, int, int]] = []
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
        self.code.append((a, b, ZEROS, total, carry))
        self._release([carry])
        return total

    def both(self, a: int, b: int) -> int:
        """Return a new plane, a AND b; it is free again once it is added."""
        total, carry = self._new(), self._new()
        self.code.append((a, b, ZEROS, total, carry))
        self._release([total])
        return carry

    def reduce(self, columns: list[list[int]]) -> None:
        """Add within each column until it has two planes at most: the carry-save step."""
        column = 0
        while column < len(columns):
            while len(columns[column]) > 2:
                self._add(columns, column, 3)
            column += 1

    def _add(self, columns: list[list[int]], column: int, count: int) -> None:
        queue = columns[column]
        read = [queue.pop(0) for _ in range(count)] + [ZEROS] * (3 - count)
        total, carry = self._new(), self._new()
        self.code.append((read[0], read[1], read[2], total, carry))
        self._release(read)
        queue.append(total)
        if column + 1 == len(columns):
            columns.append([])
        columns[column + 1].append(carry)

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
            queue = columns[column]
            while len(queue) > 3:
                self._add(columns, column, 3)
            read = [*queue, ZEROS, ZEROS, ZEROS][:3]
            if column + 1 == bits or len(queue) < 2:
                carry = self._new()
                self._release([carry])
            else:
                carry = self._new()
                columns[column + 1].append(carry)
            self.code.append((read[0], read[1], read[2], result + column, carry))
            self._release(queue)
