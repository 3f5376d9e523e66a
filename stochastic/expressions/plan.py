"""The plan of generators: which SNGs may have the same sequence, and which must not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fixedpoint.circuit import check_integer

from ..streams.independence import dependence
from .colouring import colouring
from .lowering import Lowered, Source
from .sequences import WordSequence, correlates, sequences

if TYPE_CHECKING:
    from ..generators.generator import Generator

__all__ = ["GeneratorPlan", "planned"]


@dataclasses.dataclass(frozen=True)
class GeneratorPlan:
    """Which generator each SNG has.

    Attributes
    ----------
    sequence_of : dict of Source to WordSequence
    apart : tuple of pairs of Source
        SNGs and generators inside parts that meet where they must be independent.
    together : tuple of pairs of Source
        SNGs that share a sequence because a gate needs them correlated.
    sequences : int
        How many sequences there are.
    fewest : bool
        Whether fewer sequences are proven to be impossible.
    """

    sequence_of: dict[Source, WordSequence]
    apart: tuple[tuple[Source, Source], ...]
    together: tuple[tuple[Source, Source], ...]
    sequences: int
    fewest: bool

    def has_own(self, source: Source) -> bool:
        """Return whether a part has a generator inside.

        Counters with a width of their own have one, and parts that would need late words.
        """
        late = source.kind == "word" and self.sequence_of[source].delay > 0
        return source.kind == "inside" or late

    @property
    def generators(self) -> int:
        """How many generators the hardware has, with those inside of parts."""
        shared = {s.number for p, s in self.sequence_of.items() if not self.has_own(p)}
        return len(shared) + sum(map(self.has_own, self.sequence_of))

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The generators: name, what it is, and what it drives."""
        found = []
        for number in sorted({s.number for s in self.sequence_of.values()}):
            drives = [
                source.name + (f" ({sequence.change})" if sequence.change else "")
                for source, sequence in self.sequence_of.items()
                if sequence.number == number and not self.has_own(source)
            ]
            if drives:
                base = next(s.base for s in self.sequence_of.values() if s.number == number)
                found.append((f"generator{number}", repr(base), ", ".join(drives)))
        for source, sequence in self.sequence_of.items():
            if self.has_own(source):
                found.append((f"inside {source.name}", repr(sequence.generator), source.name))
        return found

    @property
    def shared(self) -> list[tuple[str, str, float, float]]:
        """Pairs that meet on one generator: their names, error, and that of random streams.

        The error is the root mean square of AND against the product of the streams' values.
        """
        found = []
        for one, other in self.apart:
            first, second = self.sequence_of[one], self.sequence_of[other]
            if first.number == second.number:
                a, b = first.generator, second.generator
                result = dependence(a, b, min(max(a.period, b.period), 1 << 16))
                found.append((one.name, other.name, result.error, result.expected))
        return found

    def __str__(self) -> str:
        fewest = "no fewer are possible" if self.fewest else "fewer may be possible"
        lines = [
            f"{self.generators} generators for {len(self.sequence_of)} uses: "
            f"{self.sequences} independent sequences, {fewest}"
        ]
        widths = [max((len(row[i]) for row in self.rows), default=0) for i in range(2)]
        for name, what, drives in self.rows:
            lines.append(f"  {name:{widths[0]}}  {what:{widths[1]}}  {drives}")
        for one, other, error, expected in self.shared:
            lines.append(
                f"  {one} and {other} share one: error {error:.4f}, "
                f"random streams {expected:.4f}"
            )
        return "\n".join(lines)


def planned(
    lowered: Lowered,
    width: int,
    family: str | Sequence[Generator],
    sharing: str,
    most: int | None,
) -> GeneratorPlan:
    """Assign as few generators as the independence of operands allows.

    Correlated gates whose operands can share a sequence get it; the others are left to
    their synchronizers.

    Raises
    ------
    TypeError, ValueError
        If a gate alone needs operands correlated that must be independent; if sequences
        correlate that must not; if more than `most` generators are needed.
    """
    group: dict[Source, Source] = {s: s for s in lowered.sources}
    together = []
    for meeting in lowered.correlated:
        first, second = (wire.bit for wire in meeting.operands)
        if isinstance(first, Source) and isinstance(second, Source):
            if _joined(group, first, second, lowered.apart):
                together.append((first, second))
                continue
            reason = f"{first.node} and {second.node} must be independent at another gate"
        elif isinstance(first, int) or isinstance(second, int):
            continue
        else:
            reason = "its operands are not both numbers"
        if meeting.gate.apart is None:
            raise ValueError(
                f"{meeting.gate.name} of depth 0 needs operands of one generator, but {reason}"
                ": leave depth out, or give it a synchronizer"
            )
        lowered.parts[meeting.part] = meeting.gate.apart
        lowered.synchronized.append(meeting)
    for meeting in lowered.synchronized:
        lowered.keep_apart_unless_rising(meeting)
    edges = {frozenset(group[s] for s in pair) for pair in lowered.apart if len(pair) == 2}
    colours, fewest = colouring(
        group.values(), [(one, other) for one, other in map(tuple, edges)]
    )
    # The first sequences are for SNGs, which can share a generator.
    outside = [colours[group[s]] for s in lowered.sources if s.kind != "inside"]
    order = list(dict.fromkeys([*outside, *colours.values()]))
    made = dict(zip(order, sequences(len(order), width, family, sharing), strict=True))
    sequence_of = {s: made[colours[group[s]]] for s in lowered.sources}
    narrow = [s for s in lowered.sources if s.kind == "inside" and _width_of(s, width) != width]
    for number, source in enumerate(narrow):
        # Counters that must settle in a short time have generators of their own width.
        own = sequences(number + 1, _width_of(source, width), "lfsr", "none")[-1]
        sequence_of[source] = dataclasses.replace(own, number=len(made) + number)
    plan = GeneratorPlan(
        sequence_of=sequence_of,
        apart=tuple(
            tuple(sorted(pair, key=lambda s: s.name))  # type: ignore[misc]
            for pair in sorted(lowered.apart, key=lambda p: sorted(s.name for s in p))
        ),
        together=tuple(together),
        sequences=len(order),
        fewest=fewest,
    )
    _check(plan, most)
    return plan


def _width_of(source: Source, width: int) -> int:
    gate = source.node.gate
    return min(width, gate.width) if gate is not None and gate.width else width


def _joined(
    group: dict[Source, Source], first: Source, second: Source, apart: set[frozenset[Source]]
) -> bool:
    """Give two sources one sequence, unless some of their groups must be independent."""
    one, other = group[first], group[second]
    if one is other:
        return True
    members = {root: [s for s in group if group[s] is root] for root in (one, other)}
    if any(frozenset([a, b]) in apart for a in members[one] for b in members[other]):
        return False
    for source in members[other]:
        group[source] = one
    return True


def _check(plan: GeneratorPlan, most: int | None) -> None:
    """Refuse a plan with correlated sequences where they meet, or too many generators."""
    for one, other in plan.apart:
        first, second = plan.sequence_of[one].generator, plan.sequence_of[other].generator
        error = correlates(first, second)
        if error:
            how = (
                "are the same sequence" if error == 1 else f"make products wrong by {error:.2g}"
            )
            raise ValueError(
                f"compose cannot give {first!r} to {one.name} and {second!r} to {other.name}, "
                f"which meet at one gate: they {how}"
            )
    if most is not None:
        check_integer("compose most", most, 1, 1 << 16)
        if plan.generators > most:
            raise ValueError(
                f"compose needs {plan.generators} generators for operands that must be "
                f"independent, not at most {most}"
            )
