"""Fixed-point momentum SGD of whole tensors, without simulating single cycles."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels.compiled import compiled
from ..rounding.kernels import cast_like, requantize_code, shift_left
from ..rounding.rules import WORD, overflow_rule, rounding_rule
from .lane_words import LaneWords
from .tensor_slices import array_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..circuit import WordSource
    from ..formats.format import Format
    from ..rounding.rounding_stage import RoundingStage

__all__ = ["FixedTensorUpdate"]


class FixedTensorUpdate:
    """The update of tensors by `FixedMomentumSgdLanes`.

    Parameters
    ----------
    gradient_format : Format
    stages : pair of RoundingStage
        Of the new momentum and the new weight.
    shifts : pair of pair of int
        Left shifts that align gradient and momentum, then weight and product.
    decay_shift : int
    lanes : int
    generators : sequence of generator
        Of the words of the two stages; empty without STOCHASTIC.
    keep : bool
        Whether to keep the words of whole periods for later calls; see `LaneWords`.
    """

    def __init__(
        self,
        gradient_format: Format,
        stages: tuple[RoundingStage, RoundingStage],
        shifts: tuple[tuple[int, int], tuple[int, int]],
        decay_shift: int,
        lanes: int,
        generators: Sequence[WordSource],
        keep: bool = False,
    ) -> None:
        bits = [s.exact.width + (not s.exact.signed) + max(-s.discarded, 0) for s in stages]
        work: Any = np.int32 if max(bits) <= 32 else np.int64
        kinds, rules = [], []
        for stage in stages:
            right, left = max(stage.discarded, 0), max(-stage.discarded, 0)
            step = rounding_rule(stage.rounding, right, work)
            fit, limits = overflow_rule(stage.target, stage.overflow, work)
            kinds += [step.kind, fit]
            rules.append((work(left), step.rule, limits))
        self._kernel = _update_loop(*kinds)
        self._rules = tuple(rules)
        pairs = [tuple(work(shift) for shift in pair) for pair in shifts]
        self._shifts = (*pairs[0], work(decay_shift), *pairs[1])
        self._limits = gradient_format.minimum_code, gradient_format.maximum_code
        self._types = [np.uint16 if s.discarded <= 16 else np.int64 for s in stages]
        self._lanes = lanes
        self._words = [
            # The words' top bits are aligned with the first discarded bit.
            LaneWords((source,), lanes, kind, source.width - max(stage.discarded, 0), keep)
            for stage, source, kind in zip(stages, generators, self._types, strict=False)
        ]

    def __call__(
        self,
        slices: NDArray[np.void],
        position: int,
        cycles: int,
        real: type[np.floating],
        whole: type[np.signedinteger],
        unit: float,
    ) -> None:
        """Update slices of tensors in place.

        Parameters
        ----------
        slices : array ``[n]`` of `TENSOR_SLICE`
            In the order of the update. Gradients are finite; their codes are
            ``rint(gradient * factor)``, saturated to the gradient's format.
        position : int
            Cycle since reset at which the first slice starts.
        cycles : int
            Number of cycles that the slices take.
        real : float type
            Of gradients and weights; it must hold all codes exactly.
        whole : signed integer type
            Of the momenta's codes.
        unit : float
            Weight of code 1, a power of two.
        """
        words = [source.rows(position, cycles) for source in self._words] or [
            (np.zeros((1, self._lanes), kind), 0) for kind in self._types
        ]
        self._kernel(
            slices,
            (np.empty(0, real), np.empty(0, whole)),
            tuple(real(limit) for limit in self._limits),
            real(unit),
            self._rules,
            self._shifts,
            *words,
        )


@functools.cache
def _update_loop(
    momentum_kind: int, momentum_fit: int, weight_kind: int, weight_fit: int
) -> Any:
    """Return the loop for the given kinds of rounding and overflow."""

    @compiled(long_vectors=True)
    def update(slices, types, gradient_limits, unit, rules, shifts, first, second):
        lowest, highest = gradient_limits
        units = types[0].dtype.type(1) / unit
        (left, rule, limits), (weight_left, weight_rule, weight_limits) = rules
        gradient_shift, momentum_shift, decay, weight_shift, product_shift = shifts
        first_words, first_row = first
        second_words, second_row = second
        lanes = first_words.shape[1]
        for n in range(len(slices)):
            piece = slices[n]
            size = piece.size
            g = array_at(piece.gradient, size, types[0].dtype.type)
            w = array_at(piece.weight, size, types[0].dtype.type)
            momentum = array_at(piece.momentum, size, types[1].dtype.type)
            scale, rate = cast_like(piece.factor, unit), cast_like(piece.rate, left)
            elapsed = piece.position - slices[0].position
            row = (first_row + elapsed) % len(first_words)
            weight_row = (second_row + elapsed) % len(second_words)
            begin = 0
            while begin < size:
                groups = -(-(size - begin) // lanes)
                # Stop where the words of a generator start again.
                if momentum_kind == WORD:
                    groups = min(groups, len(first_words) - row)
                if weight_kind == WORD:
                    groups = min(groups, len(second_words) - weight_row)
                end = min(begin + groups * lanes, size)
                gs, cs, ws = g[begin:end], momentum[begin:end], w[begin:end]
                words = first_words[row : row + groups].reshape(-1)
                weight_words = second_words[weight_row : weight_row + groups].reshape(-1)
                for i in range(len(gs)):
                    code = np.rint(gs[i] * scale)
                    code = code if code < highest else highest
                    code = code if code > lowest else lowest
                    c = shift_left(cast_like(cs[i], rate), momentum_shift)
                    added = shift_left(cast_like(code, rate), gradient_shift)
                    exact = cast_like(shift_left(c, decay) + added - c, rate)
                    exact = shift_left(exact, left)
                    word = cast_like(words[i], rate) if momentum_kind == WORD else rate
                    c = requantize_code(exact, word, rule, limits, momentum_kind, momentum_fit)
                    cs[i] = c
                    learned = shift_left(cast_like(rate * c, rate), product_shift)
                    old = shift_left(cast_like(np.rint(ws[i] * units), rate), weight_shift)
                    exact = shift_left(cast_like(old - learned, rate), weight_left)
                    word = cast_like(weight_words[i], rate) if weight_kind == WORD else rate
                    new = requantize_code(
                        exact, word, weight_rule, weight_limits, weight_kind, weight_fit
                    )
                    ws[i] = cast_like(new, unit) * unit
                row = (row + groups) % len(first_words)
                weight_row = (weight_row + groups) % len(second_words)
                begin = end

    return update
