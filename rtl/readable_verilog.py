"""Verilog that a stranger can read: plain names, documented order of ports, nothing unused."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from fixedpoint.circuit.verilog_keywords import VERILOG_KEYWORDS

from .verilog_module import Instance, Module, Net, is_anonymous, plain, rename
from .verilog_nets import MergedNets

__all__ = ["readable"]

WIDTH = 96
CONTROL = ("clk", "rst", "enable")
WAKE = "\\$wake"
# Yosys initializes the register in its declaration. In simulators that follow SystemVerilog
# that comes before the blocks wait for a change; a nonblocking assignment comes after it.
WHY_WAKE = "  // lets simulators evaluate the blocks below at time 0"
WHOLE_OR_SLICE = re.compile(r"(\\\S+ |[A-Za-z_]\w*)(?:\[(\d+)(?::(\d+))?\])?")
NEXT = re.compile(r"  always @\(posedge clk\)\n    (\\\S+ |\w+) <= (\\\$\d+) ;")
LONG_ZERO = re.compile(r"(?<='h)0{9,}\b")


def readable(verilog: str, ports: Sequence[str]) -> str:
    """Return a text with plain names, and with ports in a documented order.

    Parameters
    ----------
    verilog : str
        The text of Yosys, made canonical. Its first module is the top.
    ports : sequence of str
        The ports of the top module in their documented order.

    Returns
    -------
    str
        The same circuit. Names of the source stay. A net without a name is called after what
        it is: ``count_next`` for the next value of a register, ``generator_word`` for the
        output of an instance, else ``n1``, ``n2`` and so on. What nothing reads is left out.
    """
    modules = {module.key: MergedNets(module) for module in Module.all(verilog)}
    # A module stands before those that it instantiates. Names of outputs come from inside.
    for nets in reversed(modules.values()):
        _hint_outputs(nets)
    top = next(iter(modules))
    named = {top: {port: port for port in ports}}
    names = {key: plain(key).replace(".", "__") for key in modules}
    texts = []
    for key, nets in modules.items():
        own = _Names(nets, named[key])
        for instance in nets.module.instances:
            named[instance.module] = _port_names(modules[instance.module], instance, nets)
        own.add_nets(named)
        texts.append(_printed(nets, own, names, named))
    return "\n".join(texts)


def _hint_outputs(nets: MergedNets) -> None:
    """Call outputs without a name after the pins inside that drive them."""
    for instance in nets.module.instances:
        for pin, connected in instance.pins.items():
            port = nets.find(connected.rstrip())
            if port in nets.module.ports and is_anonymous(port) and not is_anonymous(pin):
                nets.hints.setdefault(port, plain(pin))


def _port_names(inside: MergedNets, instance: Instance, outside: MergedNets) -> dict[str, str]:
    """Return the names of a module's ports in their order: control, inputs, outputs."""
    module = inside.module
    taken: set[str] = set()
    names = {}
    for key in module.ports:
        name: str | None = plain(key)
        if is_anonymous(key):
            name = inside.hints.get(key) or _connected(instance.pins[key], outside)
        names[key] = _unique(name or f"{module.nets[key].direction}_1", taken)

    def rank(key: str) -> tuple[int, int]:
        if names[key] in CONTROL:
            return (0, CONTROL.index(names[key]))
        return (1 + (module.nets[key].direction == "output"), 0)

    return {key: names[key] for key in sorted(names, key=rank)}


def _connected(expression: str, nets: MergedNets) -> str | None:
    """Return a name for a pin that is connected to a named net or to a part of one."""
    found = WHOLE_OR_SLICE.fullmatch(expression)
    if found is None:
        return None
    key = nets.find(found[1].rstrip())
    name = nets.hints.get(key) if is_anonymous(key) else plain(key)
    return "_".join(part for part in (name, found[2], found[3]) if part) if name else None


def _unique(name: str, taken: set[str]) -> str:
    """Return a plain identifier that is new, and note it."""
    name = re.sub(r"\W|_(?=_)", "_", name).strip("_") or "n"
    if name[0].isdigit() or name in VERILOG_KEYWORDS:
        name = f"{name}_1" if name in VERILOG_KEYWORDS else f"n{name}"
    stem, number = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()  # type: ignore[union-attr]
    number = int(number or 1)
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


class _Names:
    """Names of a module's nets and instances, by their keys."""

    def __init__(self, nets: MergedNets, ports: Mapping[str, str]) -> None:
        self._nets = nets
        self.nets: dict[str, str] = dict(ports)
        self._taken = set(ports.values())
        self.instances = {
            part.name: _unique(plain(part.name), self._taken) for part in nets.module.instances
        }
        self.numbered: list[str] = []

    def add_nets(self, port_names: Mapping[str, Mapping[str, str]]) -> None:
        """Name all other nets, given the names of the ports of all instances."""
        find, module = self._nets.find, self._nets.module
        used = list(dict.fromkeys(find(key) for part in module.statements for key in part.keys))
        for key in used:
            if not is_anonymous(key):
                self._add(key, plain(key))
        for part in module.statements:
            if isinstance(part, Instance):
                for pin, connected in part.pins.items():
                    if (key := find(connected.rstrip())) in module.nets:
                        port = port_names[part.module][pin]
                        self._add(key, f"{self.instances[part.name]}_{port}")
            elif found := NEXT.fullmatch(part.text):
                register = self.nets.get(find(found[1].rstrip()))
                if register:
                    self._add(find(found[2]), f"{register}_next")
        if WAKE in used:
            self._add(WAKE, "wake")
        for key in used:
            if key not in self.nets:
                self.nets[key] = _numbered(self._taken, len(self.numbered) + 1)
                self.numbered.append(key)

    def _add(self, key: str, name: str) -> None:
        if key not in self.nets:
            self.nets[key] = _unique(name, self._taken)

    def __call__(self, key: str) -> str:
        return self.nets[self._nets.find(key)]


def _numbered(taken: set[str], number: int) -> str:
    """Return the name of a net that has none."""
    name = f"n{number}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _printed(
    nets: MergedNets,
    own: _Names,
    names: Mapping[str, str],
    port_names: Mapping[str, Mapping[str, str]],
) -> str:
    module = nets.module
    ports = port_names[module.key]
    lines = _wrapped(f"module {names[module.key]}(", list(ports.values()), ");")
    for key, name in ports.items():
        net = module.nets[key]
        lines.append(f"  {net.direction} {net.signed}{net.range}{name};")
        if net.kind == "reg":
            lines.append(_declaration(net, name))
    inside = {name: key for key, name in own.nets.items() if key not in ports}
    for name in sorted(inside.keys() - {own.nets[key] for key in own.numbered}, key=_order):
        net = module.nets[inside[name]]
        if inside[name] == WAKE:
            net.initial = ""
        lines.append(_declaration(net, name))
    alike: dict[str, list[str]] = {}
    for key in own.numbered:
        net = module.nets[key]
        if net.initial or net.depth:
            lines.append(_declaration(net, own.nets[key]))
        else:
            shape = f"  {net.kind} {net.signed}{net.range}"
            alike.setdefault(shape, []).append(own.nets[key])
    for shape, members in alike.items():
        lines += textwrap.wrap(f"{shape}{', '.join(members)};", WIDTH, subsequent_indent="    ")
    if WAKE in own.nets:
        lines.append(f"  initial {own.nets[WAKE]} <= 1'h0;{WHY_WAKE}")
    for part in module.statements:
        if isinstance(part, Instance):
            inner = port_names[part.module]
            pins = [f"    .{inner[p]}({rename(part.pins[p], own).strip()})" for p in inner]
            lines.append(f"  {names[part.module]} {own.instances[part.name]} (")
            lines += [",\n".join(pins), "  );"]
        else:
            lines.append(LONG_ZERO.sub("0", rename(part.text, own)))
    return "\n".join([*lines, "endmodule", ""])


def _order(name: str) -> list[tuple[str, int]]:
    """Return a key that puts a_2 before a_10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D+)(\d*)", name)]


def _declaration(net: Net, name: str) -> str:
    initial = LONG_ZERO.sub("0", net.initial)
    return f"  {net.kind} {net.signed}{net.range}{name}{net.depth}{initial};"


def _wrapped(begin: str, members: list[str], end: str) -> list[str]:
    """Return a list in one line, or in several ones between its brackets."""
    line = begin + ", ".join(members) + end
    if len(line) <= WIDTH:
        return [line]
    indent = "  "
    inside = textwrap.wrap(
        ", ".join(members), WIDTH, initial_indent=indent, subsequent_indent=indent
    )
    return [begin, *inside, end]
