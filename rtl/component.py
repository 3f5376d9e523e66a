"""From parameters to hardware: every component stands where its model does."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from amaranth.hdl import Shape, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fixedpoint.circuit import Circuit, Port

__all__ = ["Component", "component", "create", "elements"]

# The packages whose circuits have their hardware at mirrored places here.
MODELS = ("fixedpoint", "stochastic")

_components: dict[type, Callable[[Any], wiring.Component]] = {}
_general: set[type] = set()


class Component(wiring.Component):
    """Base of all circuits in hardware.

    The signature follows from the parameters: one port for each of `Circuit.ports`, named
    alike, ``count`` elements side by side, and ``enable`` where the circuit is sequential.

    Attributes
    ----------
    parameters : Circuit
        What the hardware is made from.
    """

    def __init__(self, parameters: Circuit) -> None:
        self.parameters = parameters
        members = {port.name: _member(port) for port in parameters.ports}
        if parameters.sequential:
            members["enable"] = In(1)
        super().__init__(members)


def _member(port: Port) -> wiring.Member:
    flow = In if port.direction == "in" else Out
    one = Shape(port.width, port.signed)
    return flow(one if port.count == 1 else unsigned(port.width * port.count))


def component(kind: type[Circuit], *, subclasses: bool = False):
    """Register the decorated component class as the hardware of a parameter class.

    The components of goldstream are found by their path: the model in
    ``stochastic/FAMILY/NAME.py`` or ``fixedpoint/FAMILY/NAME.py`` has its component in
    ``rtl/FAMILY/NAME.py``. Components of other packages register when they are imported.

    Parameters
    ----------
    kind : type
        The parameter class.
    subclasses : bool
        Whether the component also serves subclasses that have none of their own.
    """

    def register(cls):
        _components[kind] = cls
        if subclasses:
            _general.add(kind)
        return cls

    return register


def create(parameters: Circuit) -> wiring.Component:
    """Make the Amaranth component of a circuit.

    Parameters
    ----------
    parameters : Circuit
        Any circuit's parameters.

    Returns
    -------
    amaranth.lib.wiring.Component

    Raises
    ------
    TypeError
        If there is no hardware for these parameters, or for a generator in them.
    """
    for part in _parts(parameters):
        if _component_of(type(part)) is None:
            raise TypeError(f"there is no hardware for {type(part).__name__}")
    make = _component_of(type(parameters))
    assert make is not None
    return make(parameters)


def _component_of(kind: type) -> Callable[[Any], wiring.Component] | None:
    """Return the component class of a parameter class, or of a base that serves it."""
    for base in kind.__mro__:
        _import_mirrored(base)
        if base in _components and (base is kind or base in _general):
            return _components[base]
    return None


def _import_mirrored(kind: type) -> None:
    """Import the module whose path mirrors that of a model, if there is one."""
    package, _, path = kind.__module__.partition(".")
    if kind in _components or package not in MODELS:
        return
    name = f"{__package__}.{path}"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        # A package that the component itself needs may be missing: that is another error.
        if error.name is None or not name.startswith(error.name):
            raise


def _parts(parameters: Any) -> Iterator[Any]:
    """Yield a circuit, its generators, and those that are inside of them."""
    for part in (parameters, *getattr(parameters, "generators", ())):
        while part is not None:
            yield part
            part = getattr(part, "generator", None)


def elements(value, port: Port) -> list:
    """Return the elements of a port's value, each with the port's signedness."""
    parts = [value[i * port.width : (i + 1) * port.width] for i in range(port.count)]
    return [part.as_signed() if port.signed else part for part in parts]
