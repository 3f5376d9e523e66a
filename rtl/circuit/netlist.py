"""Netlists: the parts as submodules, and the wires between them."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module

from stochastic.circuit import Netlist

from ..component import Component, component, create

__all__ = ["NetlistComponent"]


@component(Netlist)
class NetlistComponent(Component):
    """One submodule a part, called by its name."""

    def elaborate(self, platform):
        m = Module()
        circuits = {part.name: part.circuit for part in self.parameters.parts}
        modules = {}
        for name, circuit in circuits.items():
            m.submodules[name] = modules[name] = create(circuit)
            if circuit.sequential:
                m.d.comb += modules[name].enable.eq(self.enable)
        driven = {}
        for end, source in self.parameters.wires:
            part, _, port = end.rpartition(".")
            name, _, index = port.rstrip("]").partition("[")
            if part:
                driven.setdefault((part, name), {})[index] = source
            else:
                m.d.comb += getattr(self, name).eq(self._value(source, modules, circuits))
        for (part, name), sources in driven.items():
            port = _port(circuits[part], name)
            elements = [
                self._value(sources.get("", sources.get(str(i))), modules, circuits, port)
                for i in range(port.count)
            ]
            whole = "" in sources and isinstance(sources[""], str)
            m.d.comb += getattr(modules[part], name).eq(
                elements[0] if whole or port.count == 1 else Cat(*elements)
            )
        return m

    def _value(self, source, modules, circuits, port=None):
        """Return the signal of what drives an end."""
        if isinstance(source, int):
            return Const(source, port.width + 1)[: port.width]
        part, _, name = source.rpartition(".")
        if not part:
            return getattr(self, name)
        name, _, index = name.rstrip("]").partition("[")
        value = getattr(modules[part], name)
        if not index:
            return value
        width = _port(circuits[part], name).width
        return value[int(index) * width : (int(index) + 1) * width]


def _port(circuit, name):
    return next(port for port in circuit.ports if port.name == name)
