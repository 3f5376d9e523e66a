"""Momentum SGD in stochastic logic: per parameter one momentum and one weight counter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from fixedpoint.circuit import Circuit, Port, Register
from fixedpoint.parameters import check_choice, check_integer

from .generator import Generator, same_sequence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MomentumSgd", "update"]

# Elements that `update` works on at a time: they and their words stay in the L1 cache.
BLOCK = 1024
# Words that are made at a time for one tensor.
WORDS = 1 << 22


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgd(Circuit):
    """Gradient descent with momentum: per lane a momentum counter and a weight counter.

    In each enabled cycle, with this cycle's words R1 of the gradient generator and R2 of
    the momentum generator, lane by lane::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        G = sign(gradient) * [R1 < |gradient|]
        S = sign(C) * [R2 < |C|]
        momentum <- saturate(C + 2**(momentum_bits - n) * (G - S))
        weight   <- saturate(W - rate * S)

    Here ``n = decay_shift + log2(cycles_per_step)``. With words uniform over their range the
    expected change of C is ``2**-n`` times the gradient (on C's scale) less C: an
    exponential moving average of decay ``1 - 2**-n`` a cycle, beta = 1 - 2**-decay_shift
    a step; and W falls by `rate` units for every full-scale C.

    Parameters
    ----------
    lanes : int
        Parameters P that are updated side by side, 1..4096.
    momentum_bits : int
        Magnitude bits of C, 1..16: C is in -2^momentum_bits..2^momentum_bits, both ends
        included, saturating. At least ``n``, so that the step of C is whole.
    weight_bits : int
        Bits of a weight, 2..32. W is two's complement of
        ``weight_bits + log2(cycles_per_step)`` bits, at most 32, saturating at both ends.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..16. At 0 there is no momentum: C is the last G.
    cycles_per_step : int
        L, a power of two: cycles that one update takes. The decay per cycle and the unit
        of W both shrink by L, so that more cycles buy less noise for the same update.
    rate_bits : int
        Width of the port `rate`, 1..24. A rate that is always 1 is the plain counter.
    gradient_generator : Generator
        Yields R1; its width k, 1..16, is also the number of magnitude bits of a gradient
        code, -2^k..2^k with both ends included.
    momentum_generator : Generator
        Yields R2; its width is `momentum_bits`.
    sharing : {"rotation", "per-lane"}
        ``"rotation"``: the lanes share both generators, and lane l sees each word rotated
        left by l modulo its width. ``"per-lane"``: lane l has generators of its own, the
        given ones ``l * (period // lanes)`` cycles further on.

    Raises
    ------
    ValueError
        If a value is out of range, or the two generators give the same sequence: then G
        and S would not be independent.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate`` (unsigned), ``gradient``, ``momentum_in``,
    ``weight_in`` in; ``momentum``, ``weight`` out, both registers. All but the first two
    have one element a lane. The latency is 1 cycle; both registers are 0 after reset.

    A tensor passes in groups of P elements: element i is lane i mod P of group i div P.
    A group takes `cycles_per_step` cycles, the first with ``load`` high; the generators
    step in every enabled cycle, from group to group and from step to step. The last
    group's lanes past the tensor's end get zero gradients and are ignored.

    From C = 0 every C is a multiple of 2^(momentum_bits - n), and the momentum never
    saturates; only a loaded C between the multiples can reach past an end.

    The idea is that of S. Liu and W. J. Gross, "Gradient Descent with Momentum using
    Dynamic Stochastic Computing", HAET workshop at ICLR 2021, and of the stochastic
    integrator and ADDIE in S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic
    Stochastic Computing", IEEE Circuits and Systems Magazine 20(3), 2020. They publish no
    widths and no generators: the widths, the saturation, `rate`, `cycles_per_step` and the
    ways of sharing are this project's own definition.

    Examples
    --------
    >>> from stochastic import Counter, MomentumSgd
    >>> lane = MomentumSgd(
    ...     lanes=1, momentum_bits=2, weight_bits=8, decay_shift=1,
    ...     gradient_generator=Counter(width=3),
    ...     momentum_generator=Counter(width=2, direction="down"),
    ... )
    >>> momentum, weight, position = lane.step_tensor([8, -8, 0], [0, 0, 4], [5, 5, 5])
    >>> momentum.tolist(), weight.tolist(), position
    ([2, -2, 2], [5, 5, 4], 3)
    """

    lanes: int
    momentum_bits: int
    weight_bits: int
    decay_shift: int
    cycles_per_step: int = 1
    rate_bits: int = 1
    gradient_generator: Generator
    momentum_generator: Generator
    sharing: str = "rotation"

    def __post_init__(self) -> None:
        check = check_integer
        cycles = check("MomentumSgd cycles_per_step", self.cycles_per_step, 1, 1 << 16)
        if cycles & (cycles - 1):
            raise ValueError(f"MomentumSgd cycles_per_step must be a power of two, not {cycles}")
        self._set(
            lanes=check("MomentumSgd lanes", self.lanes, 1, 4096),
            momentum_bits=check("MomentumSgd momentum_bits", self.momentum_bits, 1, 16),
            weight_bits=check("MomentumSgd weight_bits", self.weight_bits, 2, 32),
            decay_shift=check("MomentumSgd decay_shift", self.decay_shift, 0, 16),
            cycles_per_step=cycles,
            rate_bits=check("MomentumSgd rate_bits", self.rate_bits, 1, 24),
        )
        check_choice("MomentumSgd sharing", self.sharing, ("rotation", "per-lane"))
        for name in ("gradient_generator", "momentum_generator"):
            generator = getattr(self, name)
            if not isinstance(generator, Generator):
                raise TypeError(f"MomentumSgd {name} must be a generator, not {generator!r}")
        check("MomentumSgd gradient_generator width", self.gradient_generator.width, 1, 16)
        if self.momentum_bits < self.cycle_shift:
            raise ValueError(
                "MomentumSgd momentum_bits must be at least decay_shift + "
                f"log2(cycles_per_step) = {self.cycle_shift}, not {self.momentum_bits}"
            )
        if self.weight_width > 32:
            raise ValueError(
                "MomentumSgd weight_bits + log2(cycles_per_step) must be at most 32, "
                f"not {self.weight_width}"
            )
        if self.momentum_generator.width != self.momentum_bits:
            raise ValueError(
                f"MomentumSgd momentum_generator must be {self.momentum_bits} bits wide, as "
                f"momentum_bits is, not {self.momentum_generator.width}"
            )
        first, second = self.gradient_generator, self.momentum_generator
        if same_sequence(first, second, min(first.period, 1 << 16)):
            raise ValueError(
                "MomentumSgd needs two generators of different sequences, "
                f"not {first!r} and {second!r}"
            )

    @property
    def cycle_shift(self) -> int:
        """The decay of C in one cycle is 1 - 2^-cycle_shift."""
        return self.decay_shift + self.cycles_per_step.bit_length() - 1

    @property
    def increment(self) -> int:
        """By how much one G or S moves C."""
        return 1 << (self.momentum_bits - self.cycle_shift)

    @property
    def weight_width(self) -> int:
        """Bits of W, sign included."""
        return self.weight_bits + self.cycles_per_step.bit_length() - 1

    @property
    def gradient_limit(self) -> int:
        """The largest gradient code, full scale."""
        return 1 << self.gradient_generator.width

    @property
    def momentum_limit(self) -> int:
        """The largest C, full scale."""
        return 1 << self.momentum_bits

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest W."""
        return -(1 << (self.weight_width - 1)), (1 << (self.weight_width - 1)) - 1

    @property
    def ports(self) -> tuple[Port, ...]:
        def vector(name, direction, width, limit=None):
            return Port(
                name=name,
                direction=direction,
                width=width,
                signed=True,
                count=self.lanes,
                minimum=None if limit is None else -limit,
                maximum=limit,
            )

        gradient_width = self.gradient_generator.width + 2
        momentum_width = self.momentum_bits + 2
        return (
            Port(name="load", direction="in", width=1),
            Port(name="rate", direction="in", width=self.rate_bits),
            vector("gradient", "in", gradient_width, self.gradient_limit),
            vector("momentum_in", "in", momentum_width, self.momentum_limit),
            vector("weight_in", "in", self.weight_width),
            vector("momentum", "out", momentum_width, self.momentum_limit),
            vector("weight", "out", self.weight_width),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(
                name="momentum", width=self.momentum_bits + 2, signed=True, count=self.lanes
            ),
            Register(name="weight", width=self.weight_width, signed=True, count=self.lanes),
        )

    def lane_generators(self, generator: Generator) -> tuple[Generator, ...]:
        """Return the generator of each lane where every lane has its own.

        They are the given one at phases ``period // lanes`` apart.
        """
        spacing = generator.period // self.lanes
        return tuple(
            generator.replace(phase=(generator.phase + lane * spacing) % generator.period)
            for lane in range(self.lanes)
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        pair = (self.gradient_generator, self.momentum_generator)
        if self.sharing == "rotation":
            return pair
        return tuple(own for generator in pair for own in self.lane_generators(generator))

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words, **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        many = self.lanes > 1

        def listed(values):
            return list(values) if many else [values]

        outputs = {name: registers[name] for name in ("momentum", "weight")}
        load, rate = inputs["load"], inputs["rate"]
        momentum = listed(inputs["momentum_in"] if load else registers["momentum"])
        weight = listed(inputs["weight_in"] if load else registers["weight"])
        gradient = listed(inputs["gradient"])
        low, high = self.weight_range
        for lane in range(self.lanes):
            if self.sharing == "rotation":
                first = rotate(words[0], lane, self.gradient_generator.width)
                second = rotate(words[1], lane, self.momentum_bits)
            else:
                first, second = words[lane], words[self.lanes + lane]
            g, c, w = gradient[lane], momentum[lane], weight[lane]
            G = sign(g) * (first < abs(g))
            S = sign(c) * (second < abs(c))
            c += self.increment * (G - S)
            momentum[lane] = max(-self.momentum_limit, min(self.momentum_limit, c))
            weight[lane] = max(low, min(high, w - rate * S))
        after = {"momentum": momentum, "weight": weight}
        return (after if many else {name: v[0] for name, v in after.items()}), outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        half = len(words) // 2
        _run(
            enable,
            (np.stack(words[:half], axis=1), self.gradient_generator.width),
            (np.stack(words[half:], axis=1), self.momentum_bits),
            tuple(inputs[port.name] for port in self.inputs),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
            self.lanes,
            self.increment,
            self.momentum_limit,
            self.weight_range,
        )

    def cycles(self, size: int) -> int:
        """Return how many cycles one update of a tensor of `size` elements takes."""
        return -(-size // self.lanes) * self.cycles_per_step

    def words(self, n: int, start: int = 0) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return R1 and R2 of cycles ``start .. start + n - 1`` as the generators yield them.

        Returns
        -------
        two uint32 arrays ``[n, columns]``
            One column where the lanes share a generator (they are not rotated yet), else
            one for each lane.
        """
        columns = [generator.words(n, start) for generator in self.generators]
        half = len(columns) // 2
        return np.stack(columns[:half], axis=1), np.stack(columns[half:], axis=1)

    def step_tensor(
        self,
        gradient: ArrayLike,
        momentum: ArrayLike,
        weight: ArrayLike,
        *,
        rate: int = 1,
        position: int = 0,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """Update a whole tensor once: the very bits of `run`, without its cycles.

        Parameters
        ----------
        gradient, momentum, weight : integer array, all of one shape
            Codes, as on the ports `gradient`, `momentum_in` and `weight_in`; taken in
            C order.
        rate : int
            As on the port.
        position : int
            Cycle since reset at which the tensor's first group starts.

        Returns
        -------
        momentum, weight : int32 array of that shape
            The counters after the update; the arguments are not changed.
        position : int
            The cycle after the last group: where the next tensor starts.

        Raises
        ------
        TypeError, ValueError
            If a code is not an integer or is out of its port's range, or the shapes
            differ.
        """
        ports = {port.name: port for port in self.inputs}
        named = {"gradient": gradient, "momentum_in": momentum, "weight_in": weight}
        arrays = {name: np.asarray(values) for name, values in named.items()}
        shape = arrays["gradient"].shape
        for name, array in arrays.items():
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
            if array.size:
                one = dataclasses.replace(ports[name], count=1)
                arrays[name] = one.check(array.reshape(-1))[:, 0]
        check_integer("rate", rate, 0, (1 << self.rate_bits) - 1)
        size = arrays["gradient"].size
        c = arrays["momentum_in"].astype(np.int32).reshape(-1)
        # Every code is below 2^53, so double precision is exact.
        g = arrays["gradient"].astype(np.float64).reshape(-1)
        w = arrays["weight_in"].astype(np.float64).reshape(-1)
        columns = 1 if self.sharing == "rotation" else self.lanes
        groups = max(1, WORDS // (columns * self.cycles_per_step))
        for begin in range(0, size, groups * self.lanes):
            part = slice(begin, min(begin + groups * self.lanes, size))
            first, second = self.words(self.cycles(part.stop - begin), position)
            update(
                (g[part], 1.0),
                (c[part], self.increment, self.momentum_limit),
                (w[part], float(rate), *(float(end) for end in self.weight_range)),
                (first, self.gradient_generator.width, 0),
                (second, self.momentum_bits, 0),
                self.lanes,
                self.cycles_per_step,
            )
            position += len(first)
        return c.reshape(shape), w.astype(np.int64).astype(np.int32).reshape(shape), position


def sign(value: int) -> int:
    """Return -1, 0 or 1."""
    return (value > 0) - (value < 0)


def rotate(word: int, by: int, width: int) -> int:
    """Return a `width`-bit word rotated left by `by` bits, modulo the width."""
    by %= width
    return ((word << by) | (word >> (width - by))) & ((1 << width) - 1)


@njit(cache=True)
def _own_word(words, cycle, lane, width):
    """Return the word that a lane sees: its own, or the shared one rotated."""
    if words.shape[1] > 1:
        return np.int64(words[cycle, lane])
    word = np.int64(words[cycle, 0])
    by = lane % width
    return ((word << by) | (word >> (width - by))) & ((1 << width) - 1)


@njit(cache=True)
def _run(
    enable, first, second, inputs, registers, outputs, lanes, increment, limit, weight_range
):
    """Run all cycles of all lanes, one column for each parameter."""
    first_words, first_width = first
    second_words, second_width = second
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    low, high = weight_range
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i] = momentum[i]
            outputs[1][t, i] = weight[i]
            if not enable[t]:
                continue
            circuit, lane = i // lanes, i % lanes
            c = momentum_in[t, i] if load[t, circuit] else momentum[i]
            w = weight_in[t, i] if load[t, circuit] else weight[i]
            g = gradient[t, i]
            G = int(_own_word(first_words, t, lane, first_width) < abs(g))
            S = int(_own_word(second_words, t, lane, second_width) < abs(c))
            G = G if g > 0 else -G
            S = S if c > 0 else -S
            momentum[i] = min(max(c + increment * (G - S), -limit), limit)
            weight[i] = min(max(w - rate[t, circuit] * S, low), high)


@njit(cache=True, nogil=True)
def update(gradient, momentum, weight, first, second, lanes, cycles_per_step):
    """Update one tensor in place, blocks of elements at a time.

    The gradient and the weight may be on any scale on which the codes are exact, so that
    an optimizer's own tensors can serve as they are.

    Parameters
    ----------
    gradient : (float array [n], scale)
        Finite values, and the factor that makes codes of them: an element's code is
        ``rint(gradient * scale)``, and full scale where it is larger.
    momentum : (integer array [n], increment, limit)
        C in any unit that divides its increment; written.
    weight : (float array [n], amount, low, high)
        W in any unit; what one S subtracts, which is the rate in that unit; the range of
        W in that unit; written.
    first, second : (uint32 array [cycles, 1 or lanes], width, shift)
        Words R1 and R2, as `MomentumSgd.words` gives them; bits of a word; how many of
        its low bits to drop, where the momentum's unit is 2^shift.
    lanes, cycles_per_step : int
    """
    g, scale = gradient
    c, increment, limit = momentum
    w, amount, low, high = weight
    increment, limit = np.int32(increment), np.int32(limit)
    groups = max(1, BLOCK // lanes)
    # Whole groups. Floats, because the compiler trusts arrays of other types not to overlap.
    r1 = np.empty(groups * lanes, g.dtype)
    r2 = np.empty(groups * lanes, g.dtype)
    rotations1 = _rotations(lanes, first[1], first[2])
    rotations2 = _rotations(lanes, second[1], second[2])
    for begin in range(0, len(g), groups * lanes):
        n = min(groups * lanes, len(g) - begin)
        end = begin + n
        row = begin // lanes * cycles_per_step
        for cycle in range(cycles_per_step):
            _block_words(first, rotations1, row + cycle, cycles_per_step, r1[:n])
            _block_words(second, rotations2, row + cycle, cycles_per_step, r2[:n])
            _update_block(
                g[begin:end], scale, c[begin:end], increment, limit,
                w[begin:end], amount, low, high, r1, r2,
            )  # fmt: skip


@njit(cache=True, nogil=True)
def _rotations(lanes, width, shift):
    """Return by how much each lane shifts a word written twice, to see it rotated."""
    shifts = np.empty(lanes, np.uint32)
    for lane in range(lanes):
        shifts[lane] = width - lane % width + shift
    return shifts


@njit(cache=True, nogil=True)
def _block_words(generator, rotations, row, step, out):
    """Write the words that elements see; their groups' rows are `step` apart."""
    words, width, shift = generator
    mask = np.uint32((1 << (width - shift)) - 1)
    lanes = len(rotations)
    for begin in range(0, len(out), lanes):
        part = out[begin : min(begin + lanes, len(out))]
        if words.shape[1] > 1:
            own = words[row]
            for lane in range(len(part)):
                part[lane] = np.int32(own[lane] >> np.uint32(shift))
        else:
            word = words[row, 0]
            _rotate(np.uint32(word | (word << np.uint32(width))), rotations, mask, part)
        row += step


@njit(cache=True, nogil=True)
def _rotate(twice, rotations, mask, out):
    for lane in range(len(out)):
        out[lane] = np.int32((twice >> rotations[lane]) & mask)


@njit(cache=True, nogil=True)
def _update_block(g, scale, c, increment, limit, w, amount, low, high, r1, r2):
    """Do one cycle of some elements: a flat loop, which the compiler vectorises."""
    for i in range(len(g)):
        code = np.rint(g[i] * scale)
        old = w.dtype.type(c[i])
        G = increment if code > r1[i] else np.int32(0)
        G = np.int32(-increment) if -code > r1[i] else G
        S = increment if old > r2[i] else np.int32(0)
        S = np.int32(-increment) if -old > r2[i] else S
        new = np.int32(np.int32(c[i]) + np.int32(G - S))
        new = new if new < limit else limit
        c[i] = new if new > -limit else np.int32(-limit)
        change = amount if old > r2[i] else w.dtype.type(0)
        change = -amount if -old > r2[i] else change
        value = w[i] - change
        value = value if value < high else high
        w[i] = value if value > low else low
