"""The nets of a Verilog module, each once, without those that nothing reads."""

from __future__ import annotations

from .verilog_module import Instance, Module, Statement, is_anonymous, plain

__all__ = ["MergedNets"]


class MergedNets:
    """A module whose nets have one name each, and the statements that are left.

    Attributes
    ----------
    module : Module
    hints : dict of str to str
        Names for ports that have none: those of nets that they are assigned to.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.hints: dict[str, str] = {}
        self._same: dict[str, str] = {}
        module.statements = [part for part in module.statements if not self._merge(part)]
        while self._drop_unread():
            pass

    def find(self, key: str) -> str:
        """Return the key of the net that stands for `key`."""
        while key in self._same:
            key = self._same[key]
        return key

    def _merge(self, part: Statement | Instance) -> bool:
        """Make one net of two that a plain assignment joins; return whether it did."""
        if isinstance(part, Instance) or part.alias is None:
            return False
        target, source = map(self.find, part.alias)
        a, b = self.module.nets[target], self.module.nets[source]
        nameless = is_anonymous(source) and not b.direction
        if not a.like(b) or (a.direction and not nameless):
            return False
        # A name of the source is worth more than none, and the driven net more than a copy.
        if nameless and (a.direction or not is_anonymous(target)):
            self._same[source] = target
            a.kind, a.initial = b.kind, b.initial
        else:
            self._same[target] = source
            if not is_anonymous(target):
                self.hints.setdefault(source, plain(target))
        return True

    def _drop_unread(self) -> bool:
        """Leave out combinational statements whose results nothing reads; say if any."""
        read = {self.find(key) for part in self.module.statements for key in part.reads}
        kept = read.union(self.module.ports)
        left = [
            part
            for part in self.module.statements
            if isinstance(part, Instance)
            or not part.combinational
            or not kept.isdisjoint(map(self.find, part.writes))
        ]
        dropped = len(left) < len(self.module.statements)
        self.module.statements = left
        return dropped
