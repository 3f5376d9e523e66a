"""Momentum SGD in stochastic logic as an optimizer of PyTorch."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.parameters import Parameters, check_integer

from ..generator import Generator
from ..lfsr import Lfsr
from ..momentum_sgd import MomentumSgd
from ..momentum_update import LaneWords, pieces, sample, update
from .scale import Scale, choose_exponent

__all__ = ["MomentumSGD"]

# What an optimizer has beside torch's state.
_OWN_STATE = (
    "circuit",
    "weight_fraction",
    "scale_interval",
    "position",
    "steps",
    "scale_history",
)
# A sample needs more different words than that to have the right mean.
_FEW = 64
# Below that many parameters more threads cost more than they save.
_THREADED = 1 << 20


class MomentumSGD(torch.optim.Optimizer):
    """SGD with momentum, every update bit for bit that of the circuit `MomentumSgd`.

    Each parameter is a weight counter: its value is a whole number of units of
    ``2**-(weight_fraction + log2(cycles_per_step))``. The tensors given are rounded to
    that grid when the optimizer is made, and stay on it. Beside it each parameter has a
    momentum counter of one or two bytes.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or parameter groups, as for any optimizer of torch: float32
        on the CPU. A group may have an `lr` and a `scale` of its own. The update takes the
        elements in their logical order, whatever the memory format.
    lr : float
        By how much one step moves a weight whose momentum is at full scale. The circuit
        subtracts whole units: ``rate = round(lr * 2**weight_fraction)``, half to even.
        A learning rate that is not 0 must not round to 0 when the optimizer is made; a
        scheduler may go there, and then the weights rest.
    momentum : float
        beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    momentum_bits : int
        Magnitude bits of the momentum counter.
    weight_bits, weight_fraction : int
        Bits of a weight, and how many of them lie behind the binary point; the range is
        ``-2**(weight_bits - 1 - weight_fraction)`` up to just below the opposite. With
        log2(cycles_per_step) they are at most 24 bits, which float32 holds exactly.
    cycles_per_step : int
        L, a power of two: cycles of the circuit per update. More cost time and buy less
        noise.
    lanes : int
        P, parameters that the circuit updates side by side.
    gradient_generator, momentum_generator : Generator, optional
        Sources of the words; by default ``Lfsr(width=13)`` and an `Lfsr` of width
        `momentum_bits`. Their periods are odd, so that the words which one parameter gets
        in successive steps repeat late even in a network whose sizes are powers of two.
    sharing : {"rotation", "per-lane"}
        How lanes share the generators; see `MomentumSgd`.
    scale : "auto" or int
        Exponent s of the gradients' scale: the code of a gradient g is
        ``round(g * 2**s * 2**k)``, half to even, clipped to full scale 2^k, with k the
        width of the gradient generator. ``"auto"`` chooses one for each tensor; see Notes.
    scale_interval : int
        Steps between two looks at an automatic scale.

    Attributes
    ----------
    circuit : MomentumSgd
        The circuit whose bits these are.
    position : int
        Cycles since reset: where the circuit's generators stand.
    steps : int
        Updates done.
    scale_history : list of Scale
        Every scale that was chosen automatically, in the order of the steps.

    Raises
    ------
    TypeError, ValueError
        If a tensor cannot be updated here, its values do not fit the weights' range, or a
        parameter is out of range.

    Notes
    -----
    The automatic scale of a tensor makes the root mean square of its gradients about 1, so
    that typical gradients saturate their comparators: at one cycle a step a smaller scale
    wastes the few samples there are. It is chosen at the first step that has a gradient
    other than 0, and looked at again every `scale_interval` steps; then it is kept while
    the root mean square is between 1/2 and 2. Otherwise s is the whole number that brings
    it into [1/sqrt(2), sqrt(2)). The sum of squares behind this is taken on integers, and
    so is the same on any machine and with any number of threads.

    So the size of an update does not depend on the size of the gradients, as in sign SGD:
    `lr` has another meaning than in `torch.optim.SGD`.

    A step runs through the tensors with gradients in the order of the groups; each begins
    in a new group of lanes. Gradients that are not finite raise a ValueError before
    anything is changed.

    A step takes the same number of cycles each time, so a parameter meets every word of a
    generator only if that number and the generator's period have no common divisor; a
    warning in the first step says if the divisor leaves fewer than 64 words.

    Source: as for `MomentumSgd`; the scale choice is this project's own.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import MomentumSGD
    >>> weight = torch.nn.Parameter(torch.zeros(4))
    >>> optimizer = MomentumSGD([weight], lr=0.25, momentum=0.0)
    >>> weight.grad = torch.tensor([4.0, -4.0, 0.0, 4.0])
    >>> for _ in range(2):
    ...     optimizer.step()
    >>> weight.tolist()
    [-0.25, 0.25, 0.0, -0.25]
    """

    def __init__(
        self,
        params: Any,
        lr: float = 3e-3,
        *,
        momentum: float = 0.9375,
        momentum_bits: int = 14,
        weight_bits: int = 20,
        weight_fraction: int = 17,
        cycles_per_step: int = 1,
        lanes: int = 64,
        gradient_generator: Generator | None = None,
        momentum_generator: Generator | None = None,
        sharing: str = "rotation",
        scale: str | int = "auto",
        scale_interval: int = 64,
    ) -> None:
        weight_bits = check_integer("weight_bits", weight_bits, 2, 24)
        self.circuit = MomentumSgd(
            lanes=lanes,
            momentum_bits=momentum_bits,
            weight_bits=weight_bits,
            decay_shift=_decay_shift(momentum),
            cycles_per_step=cycles_per_step,
            rate_bits=weight_bits - 1,
            gradient_generator=gradient_generator or Lfsr(width=13),
            momentum_generator=momentum_generator or Lfsr(width=momentum_bits),
            sharing=sharing,
        )
        if self.circuit.weight_width > 24:
            raise ValueError(
                "weight_bits + log2(cycles_per_step) must be at most 24, "
                f"not {self.circuit.weight_width}"
            )
        self.weight_fraction = check_integer(
            "weight_fraction", weight_fraction, 0, weight_bits - 1
        )
        self.scale_interval = check_integer("scale_interval", scale_interval, 1, 2**31)
        self.position = 0
        self.steps = 0
        self.scale_history: list[Scale] = []
        self._prepare()
        super().__init__(params, {"lr": lr, "scale": scale})

    def _prepare(self) -> None:
        """Derive from the circuit what every step needs."""
        circuit = self.circuit
        fraction = self.weight_fraction + circuit.weight_width - circuit.weight_bits
        self.unit = 2.0**-fraction
        # Counters that start at 0 only hold multiples of the increment: count those.
        self._shift = circuit.momentum_bits - circuit.cycle_shift
        self._limit = 1 << circuit.cycle_shift
        self._type = next(
            kind
            for kind in (np.int8, np.int16, np.int32)
            if 2 * self._limit <= np.iinfo(kind).max + 1
        )
        self._samples = np.empty(0, np.int8)
        self._range = tuple(np.float32(end) for end in (self.unit, *circuit.weight_range))
        first, second = circuit.gradient_generator, circuit.momentum_generator
        self._first = LaneWords(
            circuit.lane_generators(first), circuit.lanes, np.uint16, keep=True
        )
        self._second = LaneWords(
            circuit.lane_generators(second), circuit.lanes, self._type, self._shift, keep=True
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), **{name: getattr(self, name) for name in _OWN_STATE}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._prepare()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of tensors, and round them to the weights' grid."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            if group["lr"] and not self.rate(group):
                raise ValueError(
                    f"lr must be 0 or at least half of {2.0**-self.weight_fraction}, the "
                    f"change of a weight at rate 1, not {group['lr']}"
                )
            if group["scale"] != "auto":
                group["scale"] = check_integer("scale", group["scale"], -126, 126)
            for name, tensor, owner in self.tensors():
                if owner is group:
                    self._check_tensor(name, tensor)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise
        with torch.no_grad():
            for tensor in group["params"]:
                tensor.mul_(1 / self.unit).round_().mul_(self.unit)

    def _check_tensor(self, name: str, tensor: torch.Tensor) -> None:
        if tensor.device.type != "cpu" or tensor.layout is not torch.strided:
            raise TypeError(
                f"MomentumSGD updates dense tensors on the CPU, but {name} is "
                f"{tensor.layout} on {tensor.device}"
            )
        if tensor.dtype != torch.float32:
            raise TypeError(f"MomentumSGD updates float32, but {name} is {tensor.dtype}")
        low, high = (end * self.unit for end in self.circuit.weight_range)
        values = tensor.detach()
        wrong = values[~((values >= low) & (values <= high))]
        if wrong.numel():
            raise ValueError(
                f"weights must be between {low} and {high}, but {name} holds {wrong[0].item()}"
            )

    def tensors(self) -> Iterator[tuple[str, torch.Tensor, dict[str, Any]]]:
        """Yield name, tensor and group of every parameter, in the order of the update.

        Tensors given without names are called ``"parameter 0"`` and so on.
        """
        number = 0
        for group in self.param_groups:
            names = group.get("param_names")
            for i, tensor in enumerate(group["params"]):
                yield (names[i] if names else f"parameter {number}"), tensor, group
                number += 1

    def rate(self, group: dict[str, Any]) -> int:
        """Return what the circuit's port `rate` gets for a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative, not finite, or too large for the weights.
        """
        lr = float(group["lr"])
        top = (1 << self.circuit.rate_bits) - 1
        if not 0 <= lr * 2.0**self.weight_fraction < top + 0.5:
            raise ValueError(
                f"lr must be between 0 and {top * 2.0**-self.weight_fraction}, not {lr}"
            )
        return round(lr * 2.0**self.weight_fraction)

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's gradient under the scale of the last step, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        codes = np.rint(_flat(tensor.grad) * self._factor(self.state[tensor]["scale"] or 0))
        limit = self.circuit.gradient_limit
        return np.clip(codes, -limit, limit).astype(np.int32)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return a tensor's momentum counters, flat; zeros before its first step."""
        if "momentum" not in self.state.get(tensor, {}):
            return np.zeros(tensor.numel(), np.int32)
        steps = self.state[tensor]["momentum"].numpy().reshape(-1)
        return steps.astype(np.int32) << self._shift

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return a tensor's weight counters, flat."""
        return np.rint(_flat(tensor) / np.float32(self.unit)).astype(np.int32)

    def _factor(self, exponent: int) -> np.float32:
        """Return what makes codes of gradients."""
        width = self.circuit.gradient_generator.width
        return np.float32(2.0 ** min(max(exponent + width, -126), 127))

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew and returns it.

        Raises
        ------
        ValueError
            If a gradient is not finite; nothing has been changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        work = [
            self._begin(name, tensor, tensor.grad, group)
            for name, tensor, group in self.tensors()
            if tensor.grad is not None
        ]
        size = sum(len(one.gradient) for one in work)
        if self._samples.size < size:
            self._samples = np.empty(size, np.int8)
        parts, position, begin = [], self.position, 0
        for one in work:
            samples = self._samples[begin : begin + len(one.gradient)]
            begin += len(one.gradient)
            for part, cycles in pieces(
                len(one.gradient), self.circuit.lanes, self.circuit.cycles_per_step
            ):
                parts.append((one, part, samples[part], position, cycles))
                position += cycles
        if self.steps == 0:
            self._warn_of_few_words(position - self.position)
        threads = torch.get_num_threads() if size >= _THREADED else 1
        for (one, *_), finite in zip(parts, _each(self._sample, parts, threads), strict=True):
            if not finite:
                raise ValueError(f"the gradient of {one.name} is not finite")
        _each(self._update, parts, threads)
        for one in work:
            self._end(one)
        self.position = position
        self.steps += 1
        return loss

    def _warn_of_few_words(self, cycles: int) -> None:
        """Warn if a parameter meets the same few words in all steps, of so many cycles each."""
        for name in ("gradient_generator", "momentum_generator"):
            period = getattr(self.circuit, name).period
            words = period // math.gcd(period, cycles)
            if words < min(_FEW, period):
                warnings.warn(
                    f"every parameter meets only {words} of the {period} words of the {name}, "
                    f"because a step takes {cycles} cycles: choose another width or zero_state",
                    stacklevel=4,
                )

    def _begin(
        self, name: str, tensor: torch.Tensor, grad: torch.Tensor, group: dict[str, Any]
    ) -> _Work:
        """Gather what the update of a tensor needs, and change nothing."""
        if grad.layout is not torch.strided:
            raise TypeError(f"MomentumSGD takes dense gradients, but that of {name} is sparse")
        state = self.state.get(tensor, {})
        gradient = _flat(grad)
        exponent = group["scale"]
        if exponent == "auto":
            exponent = state.get("scale")
            if exponent is None or self.steps % self.scale_interval == 0:
                exponent = choose_exponent(gradient, exponent)
        momentum = state.get("momentum")
        if momentum is None:
            momentum = torch.from_numpy(np.zeros(tensor.shape, self._type))
        return _Work(
            name=name,
            tensor=tensor,
            automatic=group["scale"] == "auto",
            exponent=exponent,
            factor=self._factor(exponent or 0),
            rate=np.float32(self.rate(group)),
            gradient=gradient,
            weight=_flat(tensor),
            momentum=momentum.numpy().reshape(-1),
            counters=momentum,
        )

    def _sample(self, part: _Part) -> bool:
        one, where, samples, position, cycles = part
        return sample(
            (one.gradient[where], one.factor),
            self._first.rows(position, cycles),
            self._second.rows(position, cycles),
            self.circuit.cycles_per_step,
            samples,
        )

    def _update(self, part: _Part) -> None:
        one, where, samples, position, cycles = part
        unit, low, high = self._range
        update(
            (one.gradient[where], one.factor),
            (one.momentum[where], 1, self._limit),
            (one.weight[where], unit, one.rate, low, high),
            self._first.rows(position, cycles),
            self._second.rows(position, cycles),
            self.circuit.cycles_per_step,
            samples,
        )

    def _end(self, one: _Work) -> None:
        """Store what the update of a tensor has changed."""
        state = self.state[one.tensor]
        state["momentum"] = one.counters
        if one.automatic and one.exponent is not None and one.exponent != state.get("scale"):
            self.scale_history.append(Scale(self.steps, one.name, one.exponent))
        state["scale"] = one.exponent
        if not one.tensor.is_contiguous():
            one.tensor.copy_(torch.from_numpy(one.weight).reshape(one.tensor.shape))

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a run needs to go on with the same bits.

        Beside the usual entries: ``circuit`` (JSON), ``weight_fraction``,
        ``scale_interval``, ``position``, ``steps`` and ``scale_history``.
        """
        return {
            **super().state_dict(),
            "circuit": self.circuit.to_json(),
            "weight_fraction": self.weight_fraction,
            "scale_interval": self.scale_interval,
            "position": self.position,
            "steps": self.steps,
            "scale_history": [dataclasses.astuple(scale) for scale in self.scale_history],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another optimizer of the same parameters stood.

        Raises
        ------
        ValueError
            If the state is of another circuit, or its groups do not match.
        """
        for key in ("circuit", "weight_fraction", "position", "steps", "scale_history"):
            if key not in state_dict:
                raise ValueError(f"the state is not one of MomentumSGD: it has no {key!r}")
        circuit = Parameters.from_json(state_dict["circuit"])
        if circuit != self.circuit or state_dict["weight_fraction"] != self.weight_fraction:
            raise ValueError(
                f"the state is of {circuit} with weight_fraction "
                f"{state_dict['weight_fraction']}, but the optimizer has {self.circuit} with "
                f"weight_fraction {self.weight_fraction}"
            )
        super().load_state_dict(state_dict)
        # torch has made the counters floats, as the parameters are.
        for state in self.state.values():
            counters = state["momentum"].numpy().astype(self._type)
            state["momentum"] = torch.from_numpy(counters)
        self.scale_interval = state_dict["scale_interval"]
        self.position = state_dict["position"]
        self.steps = state_dict["steps"]
        self.scale_history = [Scale(*scale) for scale in state_dict["scale_history"]]


@dataclasses.dataclass
class _Work:
    """One tensor's part in a step."""

    name: str
    tensor: torch.Tensor
    automatic: bool
    exponent: int | None
    factor: np.float32
    rate: np.float32
    gradient: NDArray[np.float32]
    weight: NDArray[np.float32]
    momentum: NDArray[np.signedinteger]
    counters: torch.Tensor


# Work, which of its elements, their samples, the cycle of the first, and their cycles.
_Part = tuple[_Work, slice, NDArray[np.int8], int, int]


def _each(function: Callable[[Any], Any], items: list[Any], threads: int) -> list[Any]:
    """Return the function's values, from several threads where there are more than one."""
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def _flat(tensor: torch.Tensor) -> NDArray[np.float32]:
    """Return the values in logical order: the tensor's own memory if it is contiguous."""
    return np.ascontiguousarray(tensor.detach().numpy()).reshape(-1)


def _decay_shift(momentum: float) -> int:
    """Return the n of ``momentum = 1 - 2**-n``."""
    for shift in range(17):
        if momentum == 1 - 2.0**-shift:
            return shift
    raise ValueError(
        f"momentum must be 1 - 2**-n with a whole n from 0 to 16, not {momentum!r}"
    )
