"""Circuits of gates that run in all directions, composed of nets and ports."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_integer

from .gates import Gate, gate
from .hamiltonian import Hamiltonian
from .spin_gate import check_weight

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LogicNetwork", "LogicProblem"]


class LogicNetwork:
    """Gates on nets; each net is one spin.

    Nets are integers. Gates on one net share its spin. Two nets become one by `join`, pull
    each other by `copy`, or only one the other by `direct`. Clamped nets are constants: `build`
    folds them into the biases of their neighbours.

    Examples
    --------
    >>> network = LogicNetwork()
    >>> a, b = network.port("a"), network.port("b")
    >>> (y,) = network.add("and", *a, *b)
    >>> network.name("y", (y,))
    >>> network.clamp("y", 1)
    >>> problem = network.build()
    >>> problem.values(problem.hamiltonian.ground_states()[0])
    {'a': 1, 'b': 1, 'y': 1}
    """

    def __init__(self) -> None:
        self.nets = 0
        self.ports: dict[str, tuple[int, ...]] = {}
        self.gates: list[tuple[Gate, tuple[int, ...]]] = []
        self._parents: list[int] = []
        self._clamps: list[tuple[int, int, str]] = []
        self._copies: list[tuple[int, int, int]] = []
        self._directed: list[tuple[int, int, int]] = []
        self._terms: list[tuple[Hamiltonian, tuple[int, ...], int]] = []

    def net(self) -> int:
        """Return a new net."""
        self._parents.append(self.nets)
        self.nets += 1
        return self.nets - 1

    def port(self, name: str, width: int = 1) -> tuple[int, ...]:
        """Return new nets under a name, the lowest bit first."""
        nets = tuple(self.net() for _ in range(check_integer("port width", width, 1, 2**12)))
        self.name(name, nets)
        return nets

    def name(self, name: str, nets: Sequence[int]) -> None:
        """Make a port of nets that exist, the lowest bit first."""
        if name in self.ports:
            raise ValueError(f"there is a port {name!r} already")
        self.ports[name] = tuple(self._check(net) for net in nets)

    def constant(self, bit: int) -> int:
        """Return a new net that is clamped to a bit."""
        net = self.net()
        self.clamp((net,), check_integer("constant", bit, 0, 1))
        return net

    def add(self, name: str, *nets: int) -> tuple[int, ...]:
        """Add a gate of the library.

        Parameters
        ----------
        name : str
            A gate of `GATES`.
        *nets : int
            Its inputs, or its inputs and outputs. Without outputs new nets are made.

        Returns
        -------
        tuple of int
            The nets of its outputs.
        """
        kind = gate(name)
        inputs, visible = len(kind.inputs), len(kind.inputs) + len(kind.outputs)
        given = tuple(self._check(net) for net in nets)
        if len(given) not in (inputs, visible):
            raise ValueError(f"{name} takes {inputs} or {visible} nets, not {len(given)}")
        new = len(kind.spins) - len(given)
        spins = given + tuple(self.net() for _ in range(new))
        self.gates.append((kind, spins))
        self.add_hamiltonian(kind.hamiltonian, spins, kind.hamiltonian.ground_energy)
        return spins[inputs:visible]

    def add_hamiltonian(
        self, hamiltonian: Hamiltonian, nets: Sequence[int], ground_energy: int
    ) -> None:
        """Add the energy of any function of nets; `ground_energy` is its least value."""
        if len(nets) != hamiltonian.size:
            raise ValueError(f"the Hamiltonian has {hamiltonian.size} spins, not {len(nets)}")
        checked = tuple(self._check(net) for net in nets)
        self._terms.append((hamiltonian, checked, ground_energy))

    def join(self, a: int, b: int) -> None:
        """Make one spin of two nets."""
        self._parents[self._root(self._check(a))] = self._root(self._check(b))

    def copy(self, a: int, b: int, weight: int = 1) -> None:
        """Let two nets pull each other: a COPY gate of a weight, 1 or more."""
        if check_weight("weight of a copy", weight) < 1:
            raise ValueError(f"weight of a copy must be 1 or more, not {weight}")
        self._copies.append((self._check(a), self._check(b), weight))

    def direct(self, target: int, source: int, weight: int = 1) -> None:
        """Let the net `target` follow `source`, and not the other way round."""
        self._directed.append(
            (self._check(target), self._check(source), check_weight("weight", weight))
        )

    def clamp(self, where: str | Sequence[int], value: int) -> None:
        """Force a port, or nets with the lowest bit first, to an unsigned value."""
        if isinstance(where, str):
            if where not in self.ports:
                names = ", ".join(self.ports) or "none"
                raise ValueError(f"there is no port {where!r}; the ports are {names}")
            label, nets = f"port {where}", self.ports[where]
        else:
            label, nets = "a net", tuple(self._check(net) for net in where)
        value = check_integer(f"value of {label}", value, 0, (1 << len(nets)) - 1)
        for k, net in enumerate(nets):
            self._clamps.append((net, 2 * (value >> k & 1) - 1, f"bit {k} of {label}"))

    def _check(self, net: Any) -> int:
        number = check_integer("net", net, -(2**31), 2**31)
        if not 0 <= number < self.nets:
            raise ValueError(f"there is no net {number}; the nets are 0 to {self.nets - 1}")
        return number

    def _root(self, net: int) -> int:
        while self._parents[net] != net:
            net = self._parents[net]
        return net

    def build(self) -> LogicProblem:
        """Return the Hamiltonian of the free nets, of no spins where all are clamped.

        Raises
        ------
        ValueError
            If one net is clamped to both values.
        """
        values: dict[int, int] = {}
        for net, value, label in self._clamps:
            root = self._root(net)
            if values.setdefault(root, value) != value:
                raise ValueError(f"the clamps contradict each other at {label}")
        roots = sorted({self._root(net) for net in range(self.nets)})
        place = {root: k for k, root in enumerate(roots)}
        index = [place[self._root(net)] for net in range(self.nets)]
        h = [0] * len(roots)
        J, ground = [], 0
        for hamiltonian, nets, least in self._terms:
            ground += least
            for net, bias in zip(nets, hamiltonian.h, strict=True):
                h[index[net]] += bias
            for i, j, weight in hamiltonian.J:
                a, b = index[nets[i]], index[nets[j]]
                if a == b:
                    ground += weight  # The product of a spin with itself is 1.
                else:
                    J.append((a, b, weight))
        for a, b, weight in self._copies:
            if index[a] != index[b]:
                J.append((index[a], index[b], weight))
                ground -= weight
        whole = Hamiltonian(h=tuple(h), J=tuple(J))
        clamps = {place[root]: value for root, value in values.items()}
        folded, constant, free = whole.fold(clamps)
        spin = {old: new for new, old in enumerate(free)}
        biases, directed = list(folded.h), []
        for target, source, weight in self._directed:
            to, of = index[target], index[source]
            if to in spin and of in spin:
                directed.append((spin[to], spin[of], weight))
            elif to in spin:
                biases[spin[to]] += weight * clamps[of]
        # 0 or more is a spin; -1 a net that is 0, -2 one that is 1.
        where = [spin.get(k, -1 - (clamps.get(k, -1) > 0)) for k in index]
        return LogicProblem(
            hamiltonian=Hamiltonian(h=tuple(biases), J=folded.J),
            directed=tuple(directed),
            ground_energy=ground - constant,
            ports={
                name: tuple(where[net] for net in nets) for name, nets in self.ports.items()
            },
            gates=tuple((kind, tuple(where[n] for n in nets)) for kind, nets in self.gates),
        )


@dataclasses.dataclass(frozen=True)
class LogicProblem:
    """What `LogicNetwork.build` makes: the free spins, and where the ports are among them.

    Attributes
    ----------
    hamiltonian : Hamiltonian
        Of the free spins.
    directed : tuple of (int, int, int)
        One-way links among them, as `SpinEngine` takes them.
    ground_energy : int
        The energy of a state in which all gates are right, if there is one. Directed links
        are not counted, but for those from clamped nets.
    ports : dict of str to tuple of int
        The spins of each port's bits, the lowest first; -1 for a bit that is 0, -2 for 1.
    gates : tuple of (Gate, tuple of int)
        Each gate with its spins, in the same way.
    """

    hamiltonian: Hamiltonian
    directed: tuple[tuple[int, int, int], ...]
    ground_energy: int
    ports: Mapping[str, tuple[int, ...]]
    gates: tuple[tuple[Gate, tuple[int, ...]], ...]

    def bits(self, spins: ArrayLike, where: Sequence[int]) -> NDArray[np.int64]:
        """Return bits 0 or 1 of places ``[b]`` for states ``[..., n]``, ``[..., b]``."""
        states = np.asarray(spins)
        # Place -1 is the last column and -2 the one before it.
        ends = np.broadcast_to([1, -1], (*states.shape[:-1], 2))
        whole = np.concatenate([states, ends], axis=-1)
        return (whole[..., list(where)] > 0).astype(np.int64)

    def values(self, spins: ArrayLike) -> dict[str, int]:
        """Return the value of each port in one state ``[n]``."""
        return {
            name: sum(int(bit) << k for k, bit in enumerate(self.bits(spins, where)))
            for name, where in self.ports.items()
        }

    def wrong_gates(self, spins: ArrayLike) -> list[str]:
        """Return the names of the gates that break their truth table in one state ``[n]``."""
        wrong = []
        for kind, where in self.gates:
            row = tuple((2 * self.bits(spins, where) - 1).tolist())
            if row not in kind.rows:
                wrong.append(kind.name)
        return wrong
