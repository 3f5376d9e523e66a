"""Random words for stochastic rounding, read from a source with an explicit position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit import check_integer
from ..circuit.checks import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..circuit import WordSource

__all__ = ["WordReader", "as_reader"]

# Longest period, in words, of a source that is read once and kept.
_KEPT_PERIOD = 1 << 20


class WordReader:
    """A word source and a position in it: the explicit state of stochastic rounding.

    Operations that round with STOCHASTIC take ``bits=``: a source, which is read from its
    word 0, or a reader, which is read from its `position` and advanced. One reader passed
    from call to call therefore takes the words of one generator in hardware.

    Parameters
    ----------
    source : object with ``words(n, start)`` and ``width``
        For example a generator of `stochastic`. ``words`` returns n unsigned integers of
        `width` bits, 1..32, from word `start`.
    position : int
        Number of the next word.

    Notes
    -----
    An elementwise operation reads one word for each element, in C order, even if the element
    needs no rounding. `AccumulatorSpec` defines the order within a product.

    Examples
    --------
    >>> import numpy as np
    >>> from fixedpoint import Rounding, WordReader, quantize
    >>> class Ramp:
    ...     width = 2
    ...     def words(self, n, start=0):
    ...         return (np.arange(start, start + n) % 4).astype(np.uint32)
    >>> reader = WordReader(Ramp())
    >>> quantize([0.5] * 6, "sQ4.0", Rounding.STOCHASTIC, bits=reader).codes.tolist()
    [0, 0, 1, 1, 0, 0]
    >>> reader
    WordReader(Ramp(...), position=6)
    """

    def __init__(self, source: WordSource, position: int = 0) -> None:
        if not callable(getattr(source, "words", None)) or not hasattr(source, "width"):
            raise TypeError(
                f"a word source must have words(n, start) and width, unlike {shown(source)}"
            )
        self.source = source
        self.width = check_integer("word source width", source.width, 1, 32)
        self.position = check_integer("word source position", position, 0, 2**63 - 1)
        self._period: NDArray[np.uint32] | None = None

    def __repr__(self) -> str:
        return f"WordReader({type(self.source).__name__}(...), position={self.position})"

    def read(self, n: int) -> NDArray[np.uint32]:
        """Return the next `n` words and advance by `n`."""
        words, first = self.span(n)
        return np.take(words, np.arange(first, first + n), mode="wrap")

    def span(self, n: int) -> tuple[NDArray[np.uint32], int]:
        """Return an array that contains the next `n` words, and advance by `n`.

        Returns
        -------
        words : uint32 array
        first : int
            Word i of the span is ``words[(first + i) % len(words)]``.
        """
        start = self.position
        self.position += n
        if self.is_kept(n):
            period = int(self.source.period)  # type: ignore[attr-defined]
            if self._period is None:
                self._period = self._checked(period, 0)
            return self._period, start % period
        if self._period is not None:
            first = start % len(self._period)
            wrapped = self._period[: max(0, first + n - len(self._period))]
            return np.concatenate((self._period[first : first + n], wrapped)), 0
        return self._checked(n, start), 0

    def is_kept(self, n: int) -> bool:
        """Tell whether the source repeats within `n` words and its whole period is kept."""
        period = getattr(self.source, "period", None)
        return period is not None and period <= min(n, _KEPT_PERIOD)

    def _checked(self, n: int, start: int) -> NDArray[np.uint32]:
        words: Any = np.asarray(self.source.words(n, start))
        if words.shape != (n,) or words.dtype.kind not in "iu":
            raise TypeError(
                f"a word source must give {n} integers, "
                f"not {words.dtype} of shape {words.shape}"
            )
        if n:
            low, high = int(words.min()), int(words.max())
            if low < 0 or high >> self.width:
                raise ValueError(
                    f"a word source of {self.width} bits must give words "
                    f"from 0 to {2**self.width - 1}, not {low if low < 0 else high}"
                )
        return np.ascontiguousarray(words, dtype=np.uint32)


def as_reader(bits: Any) -> WordReader:
    """Return `bits` if it is a reader, else a reader at word 0 of the source `bits`.

    Raises
    ------
    TypeError
        If `bits` is None.
    """
    if bits is None:
        raise TypeError("STOCHASTIC rounding needs bits=, a word source such as an LFSR")
    return bits if isinstance(bits, WordReader) else WordReader(bits)
