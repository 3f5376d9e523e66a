"""The fixed-point lanes' update of whole tensors, without simulating cycles one by one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit.rotation import lane_words
from ..kernels.compiled import compiled
from ..rounding.kernels import cast_like, requantize_code, shift_left
from ..rounding.rules import WORD, overflow_rule, rounding_rule
from .tensor_slices import array_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..circuit import WordSource
    from ..rounding.rounding_stage import RoundingStage
    from .fixed_momentum_sgd import FixedMomentumSgdLanes

__all__ = ["Descent"]

# Most words of a period that are kept.
KEPT = 1 << 24


class Descent:
    """The update that a `FixedMomentumSgdLanes` makes of tensors.

    Parameters
    ----------
    circuit : FixedMomentumSgdLanes
    keep : bool
        Whether to keep the words of a whole period for further calls, if not too many.
    """

    def __init__(self, circuit: FixedMomentumSgdLanes, keep: bool = False) -> None:
        stages = circuit.momentum_stage, circuit.weight_stage
        bits = [s.exact.width + (not s.exact.signed) + max(-s.discarded, 0) for s in stages]
        work: Any = np.int32 if max(bits) <= 32 else np.int64
        kinds, rules = [], []
        for stage in stages:
            right, left = max(stage.discarded, 0), max(-stage.discarded, 0)
            step = rounding_rule(stage.rounding, right, work)
            fit, limits = overflow_rule(stage.target, stage.overflow, work)
            kinds += [step.kind, fit]
            rules.append((work(left), step.rule, limits))
        self._kernel = _descent(*kinds)
        self._rules = tuple(rules)
        pairs = [tuple(work(shift) for shift in pair) for pair in circuit.shifts]
        self._shifts = (*pairs[0], work(circuit.decay_shift), *pairs[1])
        fmt = circuit.gradient_format
        self._limits = fmt.minimum_code, fmt.maximum_code
        sources = circuit.generators or (None, None)
        self._words = [
            _Words(stage, source, circuit.lanes, keep)
            for stage, source in zip(stages, sources, strict=True)
        ]

    def __call__(
        self,
        pieces: NDArray[np.void],
        position: int,
        cycles: int,
        real: type[np.floating],
        whole: type[np.signedinteger],
        unit: float,
    ) -> None:
        """Update some pieces of tensors in place.

        Parameters
        ----------
        pieces : array [n] of `TENSOR_SLICE`
            One after another in the order of the update. Gradients are finite; a code is
            ``rint(gradient * factor)``, and the end of the format that it has passed.
        position : int
            Cycle since reset at which the first piece starts.
        cycles : int
            How many cycles they take.
        real : float type
            Of gradients and weights; it holds all codes exactly.
        whole : signed integer type
            Of the momenta's codes.
        unit : float
            A power of two: weights are codes times it.
        """
        self._kernel(
            pieces,
            (np.empty(0, real), np.empty(0, whole)),
            tuple(real(end) for end in self._limits),
            real(unit),
            self._rules,
            self._shifts,
            *(words.rows(position, cycles) for words in self._words),
        )


class _Words:
    """A generator's words as each lane's rounding adds them."""

    def __init__(
        self, stage: RoundingStage, source: WordSource | None, lanes: int, keep: bool
    ) -> None:
        self.stage, self.source, self.lanes = stage, source, lanes
        self.kind: Any = np.uint16 if stage.discarded <= 16 else np.int64
        period = getattr(source, "period", KEPT + 1)
        self._kept = self._make(0, period) if keep and period * lanes <= KEPT else None

    def rows(self, position: int, cycles: int) -> tuple[NDArray, int]:
        """Return rows ``[n, lanes]`` and the row of the cycle `position`.

        From there at least `cycles` rows follow, row 0 after the last one.
        """
        if self.source is None:
            return np.zeros((1, self.lanes), self.kind), 0
        if self._kept is None:
            return self._make(position, cycles), 0
        return self._kept, position % len(self._kept)

    def _make(self, start: int, n: int) -> NDArray:
        assert self.source is not None
        width = self.source.width
        seen = lane_words(self.source.words(n, start), width, self.lanes)
        return self.stage.align_words(seen, width).astype(self.kind)


@functools.cache
def _descent(momentum_kind: int, momentum_fit: int, weight_kind: int, weight_fit: int) -> Any:
    """Return the loop for two kinds of rounding and of overflow, of one type of numbers."""

    @compiled(long_vectors=True)
    def descend(pieces, kinds, ends, unit, rules, shifts, first, second):
        least, most = ends
        units = kinds[0].dtype.type(1) / unit
        (left, rule, limits), (weight_left, weight_rule, weight_limits) = rules
        of_gradient, of_momentum, decay, of_weight, of_product = shifts
        first_words, first_row = first
        second_words, second_row = second
        lanes = first_words.shape[1]
        for n in range(len(pieces)):
            piece = pieces[n]
            size = piece.size
            g = array_at(piece.gradient, size, kinds[0].dtype.type)
            w = array_at(piece.weight, size, kinds[0].dtype.type)
            momentum = array_at(piece.momentum, size, kinds[1].dtype.type)
            scale, rate = cast_like(piece.factor, unit), cast_like(piece.rate, left)
            on = piece.position - pieces[0].position
            row = (first_row + on) % len(first_words)
            weight_row = (second_row + on) % len(second_words)
            begin = 0
            while begin < size:
                groups = -(-(size - begin) // lanes)
                # Up to where a generator's words begin anew.
                if momentum_kind == WORD:
                    groups = min(groups, len(first_words) - row)
                if weight_kind == WORD:
                    groups = min(groups, len(second_words) - weight_row)
                end = min(begin + groups * lanes, size)
                gs, cs, ws = g[begin:end], momentum[begin:end], w[begin:end]
                drawn = first_words[row : row + groups].reshape(-1)
                weight_drawn = second_words[weight_row : weight_row + groups].reshape(-1)
                for i in range(len(gs)):
                    code = np.rint(gs[i] * scale)
                    code = code if code < most else most
                    code = code if code > least else least
                    c = shift_left(cast_like(cs[i], rate), of_momentum)
                    moved = shift_left(cast_like(code, rate), of_gradient)
                    exact = shift_left(cast_like(shift_left(c, decay) + moved - c, rate), left)
                    word = cast_like(drawn[i], rate) if momentum_kind == WORD else rate
                    c = requantize_code(exact, word, rule, limits, momentum_kind, momentum_fit)
                    cs[i] = c
                    learned = shift_left(cast_like(rate * c, rate), of_product)
                    old = shift_left(cast_like(np.rint(ws[i] * units), rate), of_weight)
                    exact = shift_left(cast_like(old - learned, rate), weight_left)
                    word = cast_like(weight_drawn[i], rate) if weight_kind == WORD else rate
                    new = requantize_code(
                        exact, word, weight_rule, weight_limits, weight_kind, weight_fit
                    )
                    ws[i] = cast_like(new, unit) * unit
                row = (row + groups) % len(first_words)
                weight_row = (weight_row + groups) % len(second_words)
                begin = end

    return descend
