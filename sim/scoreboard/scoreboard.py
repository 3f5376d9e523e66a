"""The golden model beside a circuit that a cocotb bench of one's own drives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from fixedpoint.circuit import Circuit, Port, State, check_integer

from .lanes import unpack_lanes

__all__ = ["Scoreboard"]


class _Pin(NamedTuple):
    """A signal of the bench, and whether it has the opposite level."""

    handle: Any
    inverted: bool


class _Cycle(NamedTuple):
    """The values of one cycle before its clock edge; None where bits are unknown."""

    time: float
    rst: bool
    enable: bool
    inputs: dict[str, int | None]
    outputs: dict[str, int | None]


class Scoreboard:
    """Compare a circuit with its golden model in every cycle of a cocotb test.

    At each rising edge of the clock the scoreboard reads the inputs and outputs as they stood
    before it, as a register would. It feeds the inputs to the golden model and compares the
    outputs. A difference fails the test. Before the first reset nothing is compared, since
    registers may have any value then.

    Parameters
    ----------
    dut : handle of cocotb
        The circuit, or a module around it with the signals.
    parameters : Circuit
        What the circuit is.
    clock : handle of cocotb, optional
        By default ``dut.clk``, or what `names` calls ``clk``.
    names : mapping of str to str, optional
        What ports of the golden model, ``clk``, ``rst`` and ``enable`` are called in `dut`,
        with points for signals deeper inside. ``~rst_n`` is a signal with the opposite level.
        An empty name means that there is no reset or enable: it never or always is 1. By
        default all signals are called like the ports.
    lanes : int
        How many circuits stand side by side in the signals, with a common reset and enable.
    first : {"low", "high"}
        Whether element 0 of lane 0 is in the lowest bits of each signal or in the highest.
    block : int
        How many cycles the golden model computes at once. A difference is told so much later.

    Attributes
    ----------
    compared : int
        Cycles that were compared.

    Raises
    ------
    ValueError
        If a signal is missing or has another number of bits than its port.

    Notes
    -----
    It begins when it is created, and `check` ends it::

        scoreboard = Scoreboard(dut, parameters)
        ...
        scoreboard.check()
    """

    def __init__(
        self,
        dut: Any,
        parameters: Circuit,
        clock: Any = None,
        *,
        names: Mapping[str, str] | None = None,
        lanes: int = 1,
        first: Literal["low", "high"] = "low",
        block: int = 64,
    ) -> None:
        import cocotb

        if not isinstance(parameters, Circuit):
            raise TypeError(
                f"a scoreboard takes the parameters of a circuit, not {parameters!r}"
            )
        self.parameters = parameters
        self.lanes = check_integer("lanes", lanes, 1, 2**20)
        self.block = check_integer("block", block, 1, 2**20)
        if first not in ("low", "high"):
            raise ValueError(f"first must be 'low' or 'high', not {first!r}")
        self.first = first
        self.compared = 0
        self._cycles: list[_Cycle] = []
        self._seen = 0
        self._state: State | None = None
        # A gate is compared at the edges of a clock, too.
        known = {"clk", *(port.name for port in parameters.interface)}
        for name in names or ():
            if name not in known:
                raise ValueError(f"{type(parameters).__name__} has no port {name!r}")
        if clock is not None and "clk" in (names or ()):
            raise ValueError("the clock is given by clock= or by names=, not by both")
        self._names = {name: name for name in known} | dict(names or {})
        control = ("rst", "enable") if parameters.sequential else ()
        self._control = {name: self._pin(dut, name) for name in control}
        self._signals = {port.name: self._port(dut, port) for port in parameters.ports}
        # A circuit without a reset is taken to begin in its reset state.
        self._known_state = self._control.get("rst") is None
        self._clock = clock if clock is not None else self._signal(dut, "clk")
        self._task = cocotb.start_soon(self._watch())

    def check(self) -> int:
        """End the comparison and return the number of compared cycles.

        Raises
        ------
        AssertionError
            If a cycle differs, or none was compared.
        """
        if not self._task.done():
            self._task.cancel()
        self._compare()
        assert self.compared, f"no cycle was compared in {self._seen} cycles" + (
            "" if self._known_state else ": the circuit was never reset"
        )
        return self.compared

    async def _watch(self) -> None:
        from cocotb.triggers import RisingEdge
        from cocotb.utils import get_sim_time

        while True:
            await RisingEdge(self._clock)
            levels = {name: self._level(name, pin) for name, pin in self._control.items()}
            values = {name: _value(signal) for name, signal in self._signals.items()}
            p = self.parameters
            self._cycles.append(
                _Cycle(
                    get_sim_time("ns"),
                    levels.get("rst", False),
                    levels.get("enable", True),
                    {port.name: values[port.name] for port in p.inputs},
                    {port.name: values[port.name] for port in p.outputs},
                )
            )
            if len(self._cycles) >= self.block:
                self._compare()

    def _level(self, name: str, pin: _Pin | None) -> bool:
        """Return the level of rst or enable in this cycle."""
        if pin is None:
            return name == "enable"
        value = _value(pin.handle)
        if value is None:
            assert not self._known_state, f"{name} is unknown in cycle {self._cycle_number()}"
            return False
        return bool(value) != pin.inverted

    def _cycle_number(self) -> int:
        return self._seen + len(self._cycles)

    def _compare(self) -> None:
        """Compute the cycles that were read, and compare them."""
        cycles, self._cycles = self._cycles, []
        begin = self._seen
        self._seen += len(cycles)
        if not self._known_state:
            # A reset takes effect at the end of its cycle.
            resets = [number for number, cycle in enumerate(cycles) if cycle.rst]
            skipped = resets[0] + 1 if resets else len(cycles)
            cycles, begin = cycles[skipped:], begin + skipped
            self._known_state = bool(resets)
        if not cycles:
            return
        inputs = {
            port.name: self._rows(port, [c.inputs[port.name] for c in cycles], begin)
            for port in self.parameters.inputs
        }
        expected, self._state = self.parameters.run(
            inputs,
            cycles=len(cycles),
            lanes=self.lanes,
            enable=[c.enable for c in cycles],
            rst=[c.rst for c in cycles],
            state=self._state,
        )
        for number, cycle in enumerate(cycles):
            for port in self.parameters.outputs:
                self._compare_port(port, cycle, begin + number, expected[port.name][number])
        self.compared += len(cycles)

    def _rows(self, port: Port, values: list[int | None], begin: int) -> np.ndarray:
        if None in values:
            cycle = begin + values.index(None)
            raise AssertionError(f"input {port.name} has unknown bits in cycle {cycle}")
        rows = [self._lanes(port, value) for value in values if value is not None]
        return np.stack(rows)

    def _lanes(self, port: Port, value: int) -> np.ndarray:
        return unpack_lanes(
            value,
            port.width,
            port.count * self.lanes,
            signed=port.signed,
            first=self.first,
        )

    def _compare_port(self, port: Port, cycle: _Cycle, number: int, row: np.ndarray) -> None:
        where = f"{type(self.parameters).__name__}, cycle {number} at {cycle.time:g} ns"
        value = cycle.outputs[port.name]
        assert value is not None, f"{where}: output {port.name} has unknown bits"
        found = self._lanes(port, value)
        differs = np.flatnonzero(found != row)
        if len(differs):
            lane, element = divmod(int(differs[0]), port.count)
            place = f", lane {lane}" if self.lanes > 1 else ""
            place += f", element {element}" if port.count > 1 else ""
            raise AssertionError(
                f"{where}: output {port.name}{place} is {found[differs[0]]}, "
                f"not {row[differs[0]]}"
            )

    def _pin(self, dut: Any, name: str) -> _Pin | None:
        given = self._names[name]
        if not given:
            return None
        return _Pin(self._find(dut, name, given.removeprefix("~")), given.startswith("~"))

    def _signal(self, dut: Any, name: str) -> Any:
        """Return the handle of a port that is neither inverted nor left out."""
        pin = self._pin(dut, name)
        if pin is None or pin.inverted:
            raise ValueError(f"port {name} needs a signal of the same level")
        return pin.handle

    def _port(self, dut: Any, port: Port) -> Any:
        signal = self._signal(dut, port.name)
        bits = port.width * port.count * self.lanes
        if len(signal) != bits:
            raise ValueError(
                f"signal {self._names[port.name]} must have {bits} bits for port {port.name}, "
                f"not {len(signal)}"
            )
        return signal

    def _find(self, dut: Any, name: str, path: str) -> Any:
        handle = dut
        for part in path.split("."):
            handle = getattr(handle, part, None)
            if handle is None:
                raise ValueError(
                    f"the bench has no signal {path} for {name}: give its name by names="
                )
        return handle


def _value(handle: Any) -> int | None:
    """Return the bits of a signal as an integer, or None if some are unknown."""
    value = handle.value
    return int(value) if value.is_resolvable else None
