"""Catalogue entries."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

from .simulation.stimulus import random_stimulus

__all__ = ["Entry", "Expectation", "no_oracle"]

Ports = dict[str, NDArray[np.int64]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Expectation:
    """The theoretical result of a run.

    Attributes
    ----------
    inputs : dict of str to int array ``[cycles, lanes * count]``
        The inputs of the run.
    measure : callable
        From the run's outputs to the measured values.
    expected : array
        The values in closed form.
    tolerance : array or float
        Largest allowed difference of measured and expected values; 0 if theory is exact.
    source : str
        The equation, and the formula of the tolerance.
    """

    inputs: Ports
    measure: Callable[[Ports], Any]
    expected: Any
    tolerance: Any
    source: str


def no_oracle(parameters: Circuit, *_: object) -> NoReturn:
    """Say that theory is not known; the cross-check does not need it."""
    raise NotImplementedError(f"there is no oracle for {type(parameters).__name__}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A circuit of the catalogue. Listing, Verilog, checks and tests follow from its entry.

    Attributes
    ----------
    name : str
        Its name on the command line, and that of its files and its Verilog module.
    default : Circuit
        The parameters that represent the circuit.
    edges : tuple of Circuit
        Further parameters, at the ends of every range. All are cross-checked.
    planted : Circuit, optional
        Parameters in which faults are planted, by default `default`. Small ones show faults
        that large ones hide: a window counter of 8 bits restarts after 256 cycles even if its
        comparator is broken.
    oracle : callable
        ``oracle(parameters, cycles, lanes, rng) -> Expectation``; by default there is none.
    stimulus : callable
        ``stimulus(parameters, cycles, lanes, rng) -> dict``; by default random values of
        every input with its extremes well represented.
    directed : callable, optional
        ``directed(parameters) -> dict`` of arrays ``[cycles, count]``: inputs that lead from
        the reset state to what no input at its ends and no random one reaches, such as two
        counters that rise in turn. They become a part of every stimulus, once with
        a reset in their last cycle and once with a pause after it; more than 32768 cycles
        only once, with the pause.
    law : callable, optional
        ``law(parameters, values, encoding) -> array or dict``: the function that the circuit
        is for, on real values. `values` are arrays by input port, with the elements of a port
        of several along the last axis. It returns the value of the first output port, or those
        of some by name; NaN where the function is not defined. `encoding` is the one of ports
        that take any. An output of more than one bit has the mean of its integers.
        Studies compare what streams give with it.
    """

    name: str
    default: Circuit
    edges: tuple[Circuit, ...] = ()
    planted: Circuit | None = None
    oracle: Callable[[Any, int, int, np.random.Generator], Expectation] = no_oracle
    stimulus: Callable[[Any, int, int, np.random.Generator], Ports] = random_stimulus
    directed: Callable[[Any], Ports] | None = None
    law: Callable[[Any, dict[str, NDArray[np.float64]], str], Any] | None = None

    @property
    def family(self) -> str:
        """The folder of the circuit's model, which its hardware, entry and tests share.

        For a model outside of a package, its module.
        """
        *folders, module = type(self.default).__module__.split(".")
        return folders[-1] if folders else module

    def with_parameters(self, parameters: Circuit) -> Entry:
        """Return the entry with one set of parameters; faults stay where they were."""
        planted = self.planted or self.default
        return dataclasses.replace(self, default=parameters, edges=(), planted=planted)

    @property
    def all(self) -> tuple[Circuit, ...]:
        """The default parameters and the edges."""
        return (self.default, *self.edges)
