"""Hamiltonians of gates: their states of least energy are exactly the rows of a truth table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from fixedpoint.circuit import check_choice

from .hamiltonian import Hamiltonian

__all__ = ["GATES", "Gate", "gate"]


@dataclasses.dataclass(frozen=True)
class Gate:
    """One gate of the library.

    Attributes
    ----------
    name : str
    inputs, outputs, inner : tuple of str
        Names of the spins, in the order of the Hamiltonian. `inner` are auxiliary spins.
    hamiltonian : Hamiltonian
    function : callable
        Bits of the inputs to a tuple of bits of the outputs and the inner spins.
    gap : int
        From the least energy to the next.
    source : str
        Where the coefficients come from.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    inner: tuple[str, ...]
    hamiltonian: Hamiltonian
    function: Callable[..., tuple[int, ...]]
    gap: int
    source: str

    @property
    def spins(self) -> tuple[str, ...]:
        """The names of all spins."""
        return self.inputs + self.outputs + self.inner

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """All rows of the truth table as spins, -1 or +1."""
        found = []
        for index in range(1 << len(self.inputs)):
            bits = [index >> k & 1 for k in range(len(self.inputs))]
            row = (*bits, *self.function(*bits))
            found.append(tuple(1 if bit else -1 for bit in row))
        return tuple(found)


HGKME = "N. Onizawa et al., HGKME, HamiltonianList_2-body"
LINEAR_PROGRAM = "found by the linear program of `synthesize`, proven by enumeration"


def _full(h: Sequence[int], *rows: Sequence[int]) -> Hamiltonian:
    """Return the Hamiltonian of h and the rows of J right of the diagonal."""
    J = tuple(
        (i, i + 1 + k, weight) for i, row in enumerate(rows) for k, weight in enumerate(row)
    )
    return Hamiltonian(h=tuple(h), J=J)


def _gates() -> dict[str, Gate]:
    made = [
        Gate("copy", ("a",), ("y",), (), _full((0, 0), (1,)), lambda a: (a,), 2, HGKME),
        Gate("not", ("a",), ("y",), (), _full((0, 0), (-1,)), lambda a: (1 - a,), 2, HGKME),
    ]
    for name, h, ab, y, function in (
        ("and", (1, 1, -2), -1, 2, lambda a, b: (a & b,)),
        ("or", (-1, -1, 2), -1, 2, lambda a, b: (a | b,)),
        ("nand", (1, 1, 2), -1, -2, lambda a, b: (1 - (a & b),)),
        ("nor", (-1, -1, -2), -1, -2, lambda a, b: (1 - (a | b),)),
    ):
        made.append(
            Gate(name, ("a", "b"), ("y",), (), _full(h, (ab, y), (y,)), function, 4, HGKME)
        )
    # The inner spin of XOR is NOR of the inputs, that of XNOR their AND.
    xor = _full((-1, -1, -1, -2), (-1, -1, -2), (-1, -2), (-2,))
    xnor = _full((1, 1, 1, -2), (-1, -1, 2), (-1, 2), (2,))
    made += [
        Gate(
            "xor",
            ("a", "b"),
            ("y",),
            ("nor",),
            xor,
            lambda a, b: (a ^ b, 1 - (a | b)),
            2,
            HGKME,
        ),
        Gate(
            "xnor",
            ("a", "b"),
            ("y",),
            ("and",),
            xnor,
            lambda a, b: (1 - (a ^ b), a & b),
            2,
            HGKME,
        ),
        Gate(
            "majority",
            ("a", "b", "c"),
            ("y",),
            (),
            _full((0, 0, 0, 0), (-1, -1, 2), (-1, 2), (2,)),
            lambda a, b, c: (int(a + b + c >= 2),),
            4,
            LINEAR_PROGRAM,
        ),
        Gate(
            "mux",
            ("s", "a", "b"),
            ("y",),
            ("x",),
            _full((-2, 1, -1, 2, -4), (1, -1, 2, -4), (0, 0, 2), (2, -2), (4,)),
            lambda s, a, b: (b if s else a, (1 - s) & a),
            4,
            LINEAR_PROGRAM,
        ),
        Gate(
            "half_adder",
            ("a", "b"),
            ("s", "c"),
            (),
            _full((1, 1, -1, -2), (-1, 1, 2), (1, 2), (-2,)),
            lambda a, b: (a ^ b, a & b),
            2,
            HGKME,
        ),
        Gate(
            "full_adder",
            ("a", "b", "c"),
            ("s", "d"),
            (),
            _full((0,) * 5, (-1, -1, 1, 2), (-1, 1, 2), (1, 2), (-2,)),
            lambda a, b, c: (a ^ b ^ c, int(a + b + c >= 2)),
            2,
            HGKME,
        ),
        Gate(
            "multiply_add",
            ("a", "b", "c", "d"),
            ("s", "e"),
            (),
            _full(
                (1, 1, 2, 2, -2, -4),
                (-1, -2, -2, 2, 4),
                (-2, -2, 2, 4),
                (-4, 4, 8),
                (4, 8),
                (-8,),
            ),
            lambda a, b, c, d: ((a & b) ^ c ^ d, int((a & b) + c + d >= 2)),
            4,
            LINEAR_PROGRAM,
        ),
    ]
    return {gate.name: gate for gate in made}


# Every gate by its name.
GATES = _gates()


def gate(name: str) -> Gate:
    """Return a gate of the library by its name."""
    return GATES[check_choice("gate", name, tuple(GATES))]
