"""Layer of neurons on integral streams, with its weights in memory."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port, Register, check_integer
from fixedpoint.circuit.checks import shown

from .layer_kernels import run_layer
from .layer_weights import check_weights
from .stream_faults import StreamFaults, fault_masks, faulty
from .stream_integers import stream_integers
from .stream_seeds import stream_seeds

__all__ = ["IntegralLayer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralLayer(Circuit):
    """Layer of neurons on integral streams: P in parallel, in turn for all neurons.

    The K input streams enter as beats of Q bits: N beats of the first Q streams, then N of
    the next Q. The layer stores them. It then runs J / P passes of N cycles. In each pass P
    neurons see all K streams, and N beats of P bits leave. If P is J and Q is K, nothing is
    stored: each beat that enters leaves in the next cycle.

    Parameters
    ----------
    weights : tuple of tuple of int
        For each of J neurons the codes of its K weights and, in the last place, of its bias:
        0..2^width, bipolar codes of w / m.
    range : int
        Range m of the weights' streams, 1..64.
    states : int, optional
        States of each neuron's counter, even, 2..2^20. Without it the layer is an output
        layer: its neurons add their sums over the N cycles of a pass, and one beat of P sums
        leaves after each pass.
    length : int
        Cycles N of the streams, 2..65536.
    width : int
        Bits n of the weights' generators, 3..16.
    seed : int
        Seed of `stream_seeds`. Stream j of weight i has the register number ``i m + j``, an
        LFSR of n bits. The neurons share the registers, which start again with each pass.
    parallel : int, optional
        P, a divisor of J; by default J.
    group : int, optional
        Q, a divisor of K; by default K.
    faults : StreamFaults, optional
        Faults on some of its wires, for the study of their effect; by default there are none.

    Notes
    -----
    Ports: ``input_valid`` and ``inputs``, Q bits, with ``input_ready`` out;
    ``output_valid`` and ``outputs``, P bits, with ``output_ready`` in. An output layer has
    ``sums``, P integers, in place of ``outputs``. A beat is transferred in a cycle in which
    valid and ready are both 1. The payload is stable until then, and has no meaning while
    valid is 0.

    In cycle t of a pass each neuron adds its bias and the weights whose input bit is 1 to its
    counter, which starts at half of its states and saturates. Bit t of its output is 1 if the
    counter then is in the upper half: at least ``states / 2``.

    Registers: ``time``, the cycle within N; ``turn``, the group that enters or the pass;
    ``running``; ``full``, which is ``output_valid``; ``counters``; and ``buffer``, the stored
    bits, N times K, which reset does not clear in hardware and which are always written
    before they are read. With late sums there is also ``previous``, each neuron's sum in the
    cycle before, without faults. Latency 1; if nothing is stored, ``input_ready`` follows
    ``output_ready`` in the same cycle, hence the latency 0. After reset the layer is empty and
    all counters are in the middle.

    An image takes ``N K / Q + N J / P`` cycles, or N if nothing is stored.

    Source: the neuron is that of A. Ardakani et al., "VLSI Implementation of Deep Neural
    Network Using Integral Stochastic Computing", IEEE Transactions on VLSI Systems 25(10),
    2017, where all neurons of a network work in parallel.

    Examples
    --------
    >>> from stochastic import IntegralLayer
    >>> layer = IntegralLayer(weights=((16, 0, 8),), range=2, states=8, length=4, width=4)
    >>> beats = {"input_valid": [1] * 5, "output_ready": [1] * 5}
    >>> outputs, _ = layer.run({**beats, "inputs": [[1, 0], [0, 1], [0, 1], [1, 1], [0, 0]]})
    >>> outputs["output_valid"][:, 0].tolist(), outputs["outputs"][:, 0].tolist()
    ([0, 1, 1, 1, 1], [1, 1, 1, 0, 0])
    """

    weights: tuple[tuple[int, ...], ...]
    range: int
    states: int | None = None
    length: int = 256
    width: int = 13
    seed: int = 1
    parallel: int | None = None
    group: int | None = None
    faults: StreamFaults | None = None

    def __post_init__(self) -> None:
        m = check_integer("IntegralLayer range", self.range, 1, 64)
        width = check_integer("IntegralLayer width", self.width, 3, 16)
        self._set(
            range=m,
            width=width,
            weights=check_weights(self.weights, width),
            length=check_integer("IntegralLayer length", self.length, 2, 1 << 16),
            seed=check_integer("IntegralLayer seed", self.seed, 1, (1 << 32) - 1),
        )
        streams = len(self.weights[0]) * m
        check_integer(f"streams of {width}-bit registers", streams, 1, (1 << width) - 1)
        if self.states is not None:
            states = check_integer("IntegralLayer states", self.states, 2, 1 << 20)
            if states % 2:
                raise ValueError(f"IntegralLayer states must be even, not {states}")
            self._set(states=states)
        for name, whole in (("parallel", self.neurons), ("group", self.fan_in)):
            given = getattr(self, name)
            part = whole if given is None else given
            part = check_integer(f"IntegralLayer {name}", part, 1, whole)
            if whole % part:
                raise ValueError(f"IntegralLayer {name} must divide {whole}, not {part}")
            self._set(**{name: part})
        if self.faults is not None:
            if not isinstance(self.faults, StreamFaults):
                raise TypeError(
                    f"IntegralLayer faults must be StreamFaults, not {shown(self.faults)}"
                )
            if self.faults.node == "counters" and self.states is None:
                raise ValueError("faults of counters need a layer with states")

    @property
    def neurons(self) -> int:
        """Number of neurons, J."""
        return len(self.weights)

    @property
    def fan_in(self) -> int:
        """Number of inputs of each neuron, K."""
        return len(self.weights[0]) - 1

    @property
    def passes(self) -> int:
        """Number of passes for an image, J / P."""
        return self.neurons // self._parallel

    @property
    def groups(self) -> int:
        """Number of groups of input streams, K / Q."""
        return self.fan_in // self._group

    @property
    def direct(self) -> bool:
        """Whether nothing is stored."""
        return self.passes == self.groups == 1

    @property
    def image_cycles(self) -> int:
        """Cycles between two images, if the layers around it do not wait."""
        return self.length * (1 if self.direct else self.groups + self.passes)

    @property
    def limit(self) -> int:
        """Largest magnitude of a neuron's sum over N cycles."""
        most = (self.fan_in + 1) * self.range
        if self._faulty("sums"):
            most = 1 << self.sum_width - 1
        return most * self.length

    @property
    def sum_width(self) -> int:
        """Bits of a neuron's sum in one cycle, with sign."""
        return ((self.fan_in + 1) * self.range).bit_length() + 1

    @property
    def state_width(self) -> int:
        """Bits of a neuron's counter, or 0 in an output layer."""
        return 0 if self.states is None else (self.states - 1).bit_length()

    def _faulty(self, node: str) -> bool:
        return self.faults is not None and self.faults.node == node

    @functools.cached_property
    def fault_masks(self) -> dict[str, NDArray[np.int64]]:
        """The masks of faults by node, ``[N, count]``; empty without faults on the node.

        Those of inputs have K columns of one bit, those of sums and counters J columns.
        """
        shapes = {
            "inputs": (self.fan_in, 1, False),
            "sums": (self.neurons, self.sum_width, True),
            "counters": (self.neurons, self.state_width, False),
        }
        return fault_masks(self.faults, self.length, shapes)

    @property
    def _parallel(self) -> int:
        assert self.parallel is not None
        return self.parallel

    @property
    def _group(self) -> int:
        assert self.group is not None
        return self.group

    @functools.cached_property
    def stream_seeds(self) -> tuple[int, ...]:
        """The seeds of the weights' registers: stream j of weight i has number ``i m + j``."""
        return stream_seeds((self.fan_in + 1) * self.range, self.width, self.seed)

    @functools.cached_property
    def integers(self) -> NDArray[np.int8]:
        """The weights' integers of each pass and cycle, ``[passes, N, K + 1, P]``."""
        codes = np.array(self.weights, np.int32).T
        integers = stream_integers(
            codes, self.range, self.width, self.seed, self.length, self.faults
        )
        parts = integers.reshape(self.length, -1, self.passes, self._parallel)
        return np.ascontiguousarray(parts.transpose(2, 0, 1, 3))

    @property
    def ports(self) -> tuple[Port, ...]:
        if self.states is None:
            result = Port.output(
                "sums",
                self.limit.bit_length() + 1,
                signed=True,
                count=self._parallel,
                minimum=-self.limit,
                maximum=self.limit,
                meaning="sums of the pass",
            )
        else:
            result = Port.output("outputs", count=self._parallel, meaning="output bits")
        return (
            Port.input("input_valid", meaning="a beat is offered"),
            Port.input("inputs", count=self._group, meaning="input bits, unipolar"),
            Port.input("output_ready", meaning="the output can be taken"),
            Port.output("input_ready", meaning="a beat can be taken"),
            Port.output("output_valid", meaning="an output is offered"),
            result,
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        signed = self.states is None
        largest = self.limit if self.states is None else self.states - 1
        width = largest.bit_length() + signed
        faulty = self.faults is not None and self.faults.node == "counters"
        counters = Register(
            name="counters",
            width=width,
            signed=signed,
            reset=(self.states or 0) // 2,
            count=self._parallel,
            # A fault of the counter's bits can bring it anywhere.
            maximum=None if faulty else largest,
        )
        time = Register.counting("time", self.length - 1)
        full = Register(name="full", width=1)
        late: tuple[Register, ...] = ()
        if self.faults is not None and self.faults.late:
            bits, count = self.sum_width, self._parallel
            late = (Register(name="previous", width=bits, signed=True, count=count),)
        if self.direct:
            return time, full, counters, *late
        last = max(self.groups, self.passes) - 1
        return (
            time,
            Register.counting("turn", last),
            Register(name="running", width=1),
            full,
            counters,
            Register(name="buffer", width=1, count=self.length * self.fan_in),
            *late,
        )

    @property
    def latency(self) -> int:
        return 0 if self.direct else 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        counters = _listed(registers["counters"], self._parallel)
        time, full = registers["time"], registers["full"]
        turn, running = registers.get("turn", 0), registers.get("running", 1)
        bits = _listed(inputs["inputs"], self._group)
        can_move = not full or inputs["output_ready"]
        taken = can_move if self.direct else not running
        if taken and inputs["input_valid"]:
            place = turn * self._group
            bits = [self._fault("inputs", bit, time, place + k) for k, bit in enumerate(bits)]
        outputs: dict[str, Any] = {"input_ready": int(taken), "output_valid": full}
        if self.states is None:
            outputs["sums"] = _single(list(counters), self._parallel)
        else:
            upper = [int(c >= self.states // 2) for c in counters]
            outputs["outputs"] = _single(upper, self._parallel)
        after = dict(registers)
        if inputs["output_ready"]:
            after["full"] = 0
        if self.direct:
            seen, works = bits, bool(taken and inputs["input_valid"])
        else:
            buffer = _listed(registers["buffer"], self.length * self.fan_in)
            seen = buffer[time * self.fan_in : (time + 1) * self.fan_in]
            works = bool(running and can_move)
        if works:
            table = self.integers[turn, time]
            previous = _listed(registers.get("previous", [0] * self._parallel), self._parallel)
            for p in range(self._parallel):
                neuron = turn * self._parallel + p
                gated = (int(w) for w, bit in zip(table[:-1, p], seen, strict=True) if bit)
                start = (self.states or 0) // 2 if time == 0 else counters[p]
                right = sum(gated) + int(table[-1, p])
                counters[p] = start + self._fault("sums", right, time, neuron, previous[p])
                previous[p] = right
                if self.states is not None:
                    counters[p] = max(0, min(counters[p], self.states - 1))
                counters[p] = self._fault("counters", counters[p], time, neuron)
            if "previous" in registers:
                after["previous"] = _single(previous, self._parallel)
            after["counters"] = _single(counters, self._parallel)
            if self.states is not None or time == self.length - 1:
                after["full"] = 1
        loads = not running and inputs["input_valid"]
        if loads:
            buffer = list(buffer)
            place = time * self.fan_in + turn * self._group
            buffer[place : place + self._group] = bits
            after["buffer"] = buffer
        if works or loads:
            after["time"] = (time + 1) % self.length
            if after["time"] == 0 and not self.direct:
                turns = self.passes if running else self.groups
                after["turn"] = (turn + 1) % turns
                after["running"] = running ^ (after["turn"] == 0)
        return after, outputs

    def _fault(self, node: str, value: int, time: int, place: int, before: int = 0) -> int:
        """Return a word with its faults of a cycle."""
        if self.faults is None or self.faults.node != node:
            return value
        mask = int(self.fault_masks[node][time, place])
        return int(faulty(value, before, mask, self.faults.kind_number))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        run_layer(
            enable,
            (inputs["input_valid"], inputs["inputs"], inputs["output_ready"]),
            self.sizes,
            self.integers,
            self.kernel_faults,
            self.kernel_registers(registers),
            (outputs["input_ready"], outputs["output_valid"], outputs[self.outputs[-1].name]),
        )

    @property
    def sizes(self) -> tuple[int, int, int, int, int]:
        """What the kernels need besides the integers."""
        return int(self.direct), self.length, self.fan_in, self._group, self.states or 0

    @property
    def kernel_faults(self) -> tuple[Any, ...]:
        """The number of the faults' kind, and their masks."""
        number = 0 if self.faults is None else self.faults.kind_number
        return number, *self.fault_masks.values()

    def kernel_registers(
        self, registers: dict[str, NDArray[np.int64]], prefix: str = ""
    ) -> tuple[NDArray[np.int64], ...]:
        """Return the registers in the order of the kernels, with zeros for missing ones."""
        lanes = len(registers[f"{prefix}time"])
        sizes = {"buffer": lanes * self.fan_in, "previous": lanes * self._parallel}
        return tuple(
            registers.get(prefix + name, np.zeros(sizes.get(name, lanes), np.int64))
            for name in ("time", "turn", "running", "full", "counters", "buffer", "previous")
        )


def _listed(values: Any, count: int) -> list[int]:
    return list(values) if count > 1 else [values]


def _single(values: list[int], count: int) -> Any:
    return values if count > 1 else values[0]
