"""What every optimizer of PyTorch shares whose updates are those of a circuit."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.update.base import UpdateCircuit
from fixedpoint.update.tensor_slices import TENSOR_SLICE

from ...generators.generator import Generator
from .gradient_scale import INFINITY, Scale, automatic_offset, choose_exponent, finite_pieces

__all__ = ["Batch", "CircuitOptimizer", "decay_shift", "learning_rate"]

# A sample needs more different words than that to have the right mean.
_FEW = 64
# Below that many parameters more threads cost more than they save.
_THREADED = 1 << 20
# About how many elements one call of a kernel takes, shared among the threads.
_BATCH = 1 << 22


class CircuitOptimizer(torch.optim.Optimizer):
    """Base of the optimizers each of whose updates is, bit for bit, that of a circuit.

    Every parameter is a register of the circuit, whose value is a whole number of units.
    The tensors given are rounded to that grid when the optimizer is made, and stay on it.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or parameter groups, as for any optimizer of torch: dense
        float32 on any device, each but once. A group may have an `lr` of its own, and a
        `scale` where the circuit takes scaled gradients. The update takes the elements in
        their logical order, whatever the memory format. What is not on the CPU passes
        through its memory, so that the bits are the same.
    circuit : UpdateCircuit
        Whose bits the updates are.
    lr : float
        See the class.
    scale : "auto", "auto+K", "auto-K" or int
        Exponent s of the gradients' scale: gradients times 2^s are what the circuit takes.
        Where gradients have k bits behind the binary point, s is in -126..126 and s + k in
        -126..127, so that the power of two which makes their codes is one of float32.
        ``"auto"`` chooses one for each tensor, see Notes, and ``"auto-2"`` one that is 2
        less.
    scale_interval : int
        Steps between two looks at an automatic scale.
    **settings
        The attributes that `SETTINGS` names.

    Attributes
    ----------
    circuit : UpdateCircuit
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
    The automatic scale of a tensor makes the root mean square of its gradients about 1. It
    is chosen at the first step that has a gradient other than 0, and looked at again every
    `scale_interval` steps; then it is kept while the root mean square is between 1/2 and 2.
    Otherwise s is the whole number that brings it into [1/sqrt(2), sqrt(2)). The sum of
    squares behind this is taken on integers, and so is the same on any machine and with any
    number of threads. So the size of an update does not depend on the size of the
    gradients, as in sign SGD: `lr` has another meaning than in `torch.optim.SGD`.

    A step runs through the tensors with gradients in the order of the groups; each begins
    in a new group of lanes. Gradients that are not finite raise a ValueError before
    anything is changed.

    A step takes the same number of cycles each time, so a parameter meets every word of a
    generator only if that number and the generator's period have no common divisor; a
    warning in the first step says if the divisor leaves fewer than 64 words.

    **A subclass** sets in `_prepare`, from its circuit and settings, the attributes `unit`
    (the weight whose code is 1), `rate_unit` (the learning rate at which the port `rate`
    is 1), `gradient_unit` (the scaled gradient whose code is 1) and `momentum_type` (the
    dtype in which momenta are kept), and gives `_update`, which updates one `Batch` in
    place. It may also give `_start` (before a step's batches), `_check` (a look at one batch
    before any is changed), `momentum_codes` where momenta are not kept as their codes, and
    all that depends on the units (`rate`, `gradient_codes`, `weight_codes`, `_check_lr`,
    `_check_values`, `_round`) where numbers are not multiples of one.
    """

    # Whether gradients are brought to a scale before they become codes.
    SCALED: ClassVar[bool] = True
    # Attributes that shape the bits beside the circuit; a checkpoint has the same.
    SETTINGS: ClassVar[tuple[str, ...]] = ()
    # The bits of the least magnitude of a gradient, in float32, that counts as infinite.
    INFINITY: ClassVar[int] = INFINITY

    unit: float
    rate_unit: float
    gradient_unit: float
    momentum_type: type[np.signedinteger]

    def __init__(
        self,
        params: Any,
        circuit: UpdateCircuit,
        *,
        lr: float,
        scale: str | int = "auto",
        scale_interval: int = 64,
        **settings: Any,
    ) -> None:
        self.circuit = circuit
        self.scale_interval = check_integer("scale_interval", scale_interval, 1, 2**31)
        for name in self.SETTINGS:
            setattr(self, name, settings[name])
        self.position = 0
        self.steps = 0
        self.scale_history: list[Scale] = []
        self._ready()
        super().__init__(params, {"lr": lr, **({"scale": scale} if self.SCALED else {})})

    def _ready(self) -> None:
        self._ports = {port.name: port for port in self.circuit.ports}
        self._prepare()
        self._digits = 1 - math.frexp(self.gradient_unit)[1]
        self._scales = max(-126, -126 - self._digits), min(126, 127 - self._digits)
        self._momentum_dtype = torch.from_numpy(np.zeros(0, self.momentum_type)).dtype

    def _prepare(self) -> None:
        """Derive from the circuit what every step needs."""
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        names = ("circuit", *self.SETTINGS, "scale_interval", "position", "steps")
        own = {name: getattr(self, name) for name in (*names, "scale_history")}
        return {**super().__getstate__(), **own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "circuit" in state:
            self._ready()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of tensors, and round them to the weights' grid."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            self._check_lr(group)
            if self.SCALED and automatic_offset(group["scale"]) is None:
                group["scale"] = check_integer("scale", group["scale"], *self._scales)
            seen: set[torch.Tensor] = set()
            for name, tensor, owner in self.tensors():
                if owner is group:
                    self._check_tensor(name, tensor)
                    if tensor in seen:
                        raise ValueError(
                            f"an optimizer takes each tensor once, but {name} is there again"
                        )
                    seen.add(tensor)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise
        with torch.no_grad():
            for tensor in group["params"]:
                self._round(tensor)

    def _check_lr(self, group: dict[str, Any]) -> None:
        if not self.rate(group) and group["lr"]:
            raise ValueError(
                f"lr must be 0 or at least half of {self.rate_unit}, which is rate 1, "
                f"not {group['lr']}"
            )

    def _check_tensor(self, name: str, tensor: torch.Tensor) -> None:
        own = type(self).__name__
        if tensor.device.type == "meta" or tensor.layout is not torch.strided:
            raise TypeError(
                f"{own} updates dense tensors that have values, but {name} is "
                f"{tensor.layout} on {tensor.device}"
            )
        if tensor.dtype != torch.float32:
            raise TypeError(f"{own} updates float32, but {name} is {tensor.dtype}")
        _check_memory(name, tensor)
        self._check_values(name, tensor.detach())

    def _check_values(self, name: str, values: torch.Tensor) -> None:
        low, high = (end * self.unit for end in self._ports["weight_in"].range)
        wrong = values[~((values >= low) & (values <= high))]
        if wrong.numel():
            raise ValueError(
                f"weights must be between {low} and {high}, but {name} holds {wrong[0].item()}"
            )

    def _round(self, tensor: torch.Tensor) -> None:
        """Bring a tensor's values to the grid of the weights."""
        tensor.mul_(1 / self.unit).round_().mul_(self.unit)

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

    @property
    def rate_limit(self) -> int:
        """The largest rate that the circuit's port takes."""
        return self._ports["rate"].range[1]

    def rate(self, group: dict[str, Any]) -> int:
        """Return what the circuit's port `rate` gets for a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative, not finite, or too large for the port.
        """
        lr = learning_rate(group)
        if not 0 <= lr / self.rate_unit < self.rate_limit + 0.5:
            top = self.rate_limit * self.rate_unit
            raise ValueError(f"lr must be between 0 and {top}, not {lr}")
        return round(lr / self.rate_unit)

    def scale_of(self, tensor: torch.Tensor) -> int | None:
        """Return the exponent of a tensor's gradients in its last step; None without one."""
        return self.state.get(tensor, {}).get("scale")

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's gradient under the scale of the last step, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        codes = np.rint(_flat(tensor.grad) * np.float32(self._factor(self.scale_of(tensor))))
        return np.clip(codes, *self._ports["gradient"].range).astype(np.int32)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return a tensor's momenta as codes, flat; zeros before its first step."""
        if "momentum" not in self.state.get(tensor, {}):
            return np.zeros(tensor.numel(), np.int32)
        return self.state[tensor]["momentum"].numpy().reshape(-1).astype(np.int32)

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return a tensor's weights as codes, flat."""
        return np.rint(_flat(tensor) / np.float32(self.unit)).astype(np.int32)

    def _factor(self, exponent: int | None) -> float:
        """Return the power of two that makes codes of gradients, a float32 number."""
        return 2.0 ** ((exponent or 0) + self._digits)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew and returns it.

        Raises
        ------
        TypeError, ValueError
            If a gradient is sparse or not finite; nothing has been changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        rates = {id(group): self.rate(group) for group in self.param_groups}
        moving = [found for found in self.tensors() if found[1].grad is not None]
        written = {_memory(tensor) for _, tensor, _ in moving}
        work = [
            self._begin(name, tensor, group, rates[id(group)], written)
            for name, tensor, group in moving
        ]
        size = sum(one.tensor.numel() for one in work)
        threads = torch.get_num_threads() if size >= _THREADED else 1
        batches = self._batches(work, _BATCH // threads)
        cycles = sum(batch.cycles for batch in batches)
        if self.position == 0 and work:
            self._warn_of_few_words(cycles)
        self._start(size)
        for batch, sound in zip(batches, _each(self._check, batches, threads), strict=True):
            if sound < len(batch.names):
                raise ValueError(f"the gradient of {batch.names[sound]} is not finite")
        _each(self._update, batches, threads)
        for one in work:
            self._end(one)
        self.position += cycles
        self.steps += 1
        return loss

    def _batches(self, work: list[Work], size: int) -> list[Batch]:
        """Cut the step's tensors into pieces, and these into batches of about `size`."""
        rows: list[tuple[int | float, ...]] = []
        names: list[str] = []
        begin, position = 0, self.position
        for one in work:
            factor = self._factor(one.exponent)
            places = [
                (tensor.data_ptr(), tensor.element_size())
                for tensor in (one.gradient, one.weight, one.momentum)
            ]
            for part, cycles in self.circuit.slices(one.tensor.numel()):
                addresses = (place + part.start * width for place, width in places)
                count = part.stop - part.start
                rows.append((*addresses, count, begin, position, one.rate, factor))
                names.append(one.name)
                begin += count
                position += cycles
        pieces = np.array(rows, TENSOR_SLICE)
        edges = np.flatnonzero(np.diff(pieces["begin"] // size, prepend=-1, append=-1))
        positions = [*pieces["position"].tolist(), position]
        return [
            Batch(pieces[i:j], names[i:j], positions[i], positions[j] - positions[i])
            for i, j in itertools.pairwise(edges.tolist())
        ]

    def _warn_of_few_words(self, cycles: int) -> None:
        """Warn if a parameter meets the same few words in all steps, of so many cycles each."""
        for field in dataclasses.fields(self.circuit):
            generator = getattr(self.circuit, field.name)
            if not isinstance(generator, Generator):
                continue
            words = generator.period // math.gcd(generator.period, cycles)
            if words < min(_FEW, generator.period):
                warnings.warn(
                    f"every parameter meets only {words} of the {generator.period} words of "
                    f"the {field.name}, because a step takes {cycles} cycles: choose another "
                    "width or zero_state",
                    stacklevel=4,
                )

    def _begin(
        self,
        name: str,
        tensor: torch.Tensor,
        group: dict[str, Any],
        rate: int,
        written: set[int],
    ) -> Work:
        """Gather what the update of a tensor needs, and change nothing."""
        grad = tensor.grad
        assert grad is not None
        if grad.layout is not torch.strided:
            raise TypeError(
                f"{type(self).__name__} takes dense gradients, but that of {name} is sparse"
            )
        state = self.state.get(tensor, {})
        momentum = state.get("momentum")
        if momentum is None:
            momentum = torch.from_numpy(np.zeros(tensor.shape, self.momentum_type))
        # Kernels see addresses alone, and a tensor may have got other data since the last step.
        for what, values, kind in (
            ("the values", tensor, torch.float32),
            ("the gradient", grad, torch.float32),
            ("the momentum", momentum, self._momentum_dtype),
        ):
            if values.dtype is not kind:
                raise TypeError(f"{what} of {name} must be {kind}, not {values.dtype}")
            if values.shape != tensor.shape:
                raise ValueError(
                    f"{what} of {name} must have shape {tuple(tensor.shape)}, not "
                    f"{tuple(values.shape)}"
                )
        _check_memory(name, tensor)
        gradient = _on_cpu(grad)
        if _memory(gradient) in written:
            # Gradients may be weights, as those of a sum of squares are, but do not move.
            gradient = gradient.clone()
        exponent = group["scale"] if self.SCALED else None
        further = automatic_offset(exponent)
        if further is not None:
            exponent = state.get("scale")
            if exponent is None or self.steps % self.scale_interval == 0:
                exponent = choose_exponent(_flat(gradient), exponent, further, self._scales)
        elif self.SCALED:
            check_integer("scale", exponent, *self._scales)
        own = _on_cpu(tensor), _on_cpu(momentum)
        return Work(name, tensor, further is not None, exponent, rate, gradient, *own)

    def _start(self, size: int) -> None:
        """Prepare a step of so many parameters."""

    def _check(self, batch: Batch) -> int:
        """Return how many pieces come before a gradient that is not finite; change nothing."""
        return finite_pieces(batch.pieces, np.int32(self.INFINITY))

    def _update(self, batch: Batch) -> None:
        """Update the momenta and weights of a batch in place; several run at a time."""
        raise NotImplementedError

    def _end(self, one: Work) -> None:
        """Store what the update of a tensor has changed."""
        state = self.state[one.tensor]
        state["momentum"] = one.momentum
        if one.automatic and one.exponent is not None and one.exponent != state.get("scale"):
            self.scale_history.append(Scale(self.steps, one.name, one.exponent))
        state["scale"] = one.exponent
        if one.weight is not one.tensor:
            one.tensor.copy_(one.weight)

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a run needs to go on with the same bits.

        Beside the usual entries: ``circuit`` (JSON), the settings by name,
        ``scale_interval``, ``position``, ``steps``, ``scale_history``, and ``tensors``, the
        names and shapes.
        """
        return {
            **super().state_dict(),
            **self._identity(),
            "scale_interval": self.scale_interval,
            "position": self.position,
            "steps": self.steps,
            "scale_history": [dataclasses.astuple(scale) for scale in self.scale_history],
        }

    def _identity(self) -> dict[str, Any]:
        """Return what a checkpoint must have in common with this optimizer."""
        return {
            "circuit": self.circuit.to_json(),
            **{name: getattr(self, name) for name in self.SETTINGS},
            "tensors": [(name, tuple(tensor.shape)) for name, tensor, _ in self.tensors()],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another optimizer of the same parameters stood.

        Raises
        ------
        ValueError
            If the state is of another circuit or of other tensors, or an entry is missing;
            nothing has been changed then.
        """
        self._check_state(state_dict)
        super().load_state_dict(state_dict)
        # torch has made the momenta floats on the parameters' device.
        for number, (_, tensor, _) in zip(_numbers(state_dict), self.tensors(), strict=True):
            if number in state_dict["state"]:
                momentum = state_dict["state"][number]["momentum"]
                momentum = momentum.detach().cpu().contiguous().clone()
                self.state[tensor]["momentum"] = momentum
        self.scale_interval = state_dict["scale_interval"]
        self.position = state_dict["position"]
        self.steps = state_dict["steps"]
        self.scale_history = [Scale(*scale) for scale in state_dict["scale_history"]]

    def _check_state(self, state_dict: dict[str, Any]) -> None:
        """Raise a ValueError if a checkpoint is not one of this optimizer."""
        own = type(self).__name__
        identity = self._identity()
        others = ("scale_interval", "position", "steps", "scale_history")
        for key in ("state", "param_groups", *identity, *others):
            if key not in state_dict:
                raise ValueError(f"the state is not one of {own}: it has no {key!r}")
        if state_dict["circuit"] != identity["circuit"]:
            difference = _difference(state_dict["circuit"], self.circuit)
            raise ValueError(f"the state is of another circuit: {difference}")
        for name in self.SETTINGS:
            if state_dict[name] != identity[name]:
                raise ValueError(
                    f"the state has {name} {state_dict[name]}, but the optimizer has "
                    f"{identity[name]}"
                )
        saved = [(name, tuple(shape)) for name, shape in state_dict["tensors"]]
        if len(saved) != len(identity["tensors"]):
            raise ValueError(
                f"the state is of {len(saved)} tensors, but the optimizer has "
                f"{len(identity['tensors'])}"
            )
        for i, (theirs, ours) in enumerate(zip(saved, identity["tensors"], strict=True)):
            if theirs != ours:
                raise ValueError(
                    f"the state's tensor {i} is {theirs[0]} of shape {theirs[1]}, but the "
                    f"optimizer's is {ours[0]} of shape {ours[1]}"
                )
        for i, group in enumerate(state_dict["param_groups"]):
            # Not what else torch puts among its defaults when it loads a state.
            for key in ("params", "lr", "scale") if self.SCALED else ("params", "lr"):
                if key not in group:
                    raise ValueError(f"group {i} of the state has no {key!r}")
        kind = self._momentum_dtype
        numbers = _numbers(state_dict)
        if len(numbers) != len(saved):
            raise ValueError(
                f"the groups of the state hold {len(numbers)} tensors, not {len(saved)}"
            )
        for number, (name, shape) in zip(numbers, saved, strict=True):
            entry = state_dict["state"].get(number)
            if entry is None:
                continue
            for key in ("momentum", "scale"):
                if key not in entry:
                    raise ValueError(f"the state of {name} has no {key!r}")
            momentum = entry["momentum"]
            if momentum.dtype != kind or tuple(momentum.shape) != shape:
                raise ValueError(
                    f"the momentum of {name} must be {kind} of shape {shape}, not "
                    f"{momentum.dtype} of shape {tuple(momentum.shape)}"
                )


class Work(NamedTuple):
    """One tensor's part in a step.

    Attributes
    ----------
    name : str
    tensor : torch.Tensor
    automatic : bool
        Whether the scale is chosen automatically.
    exponent : int or None
        The scale.
    rate : int
        The port `rate`.
    gradient, weight : torch.Tensor
        In the CPU's memory and in logical order; the tensor itself where it is so.
    momentum : torch.Tensor
    """

    name: str
    tensor: torch.Tensor
    automatic: bool
    exponent: int | None
    rate: int
    gradient: torch.Tensor
    weight: torch.Tensor
    momentum: torch.Tensor


class Batch(NamedTuple):
    """Some pieces of tensors that one call of a kernel updates.

    Attributes
    ----------
    pieces : array ``[n]`` of `TENSOR_SLICE`
        One after another in the order of the update. Whoever holds them holds their tensors.
    names : list of str
        The tensor of each.
    position : int
        The cycle of the first one's first group.
    cycles : int
        How many cycles they take.
    """

    pieces: NDArray[np.void]
    names: list[str]
    position: int
    cycles: int


def _each(function: Callable[[Any], Any], items: list[Any], threads: int) -> list[Any]:
    """Return the function's values, from several threads where there are more than one."""
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def _memory(tensor: torch.Tensor) -> int:
    """Return where the memory begins in which a tensor's values lie."""
    return tensor.untyped_storage().data_ptr()


def _check_memory(name: str, tensor: torch.Tensor) -> None:
    """Raise a ValueError if elements share memory, and so cannot be updated each alone."""
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    if tensor.numel() and any(size > 1 and step == 0 for size, step in sizes):
        raise ValueError(
            f"{name} has elements that share memory: it is an expanded tensor, of strides "
            f"{tensor.stride()}"
        )


def _on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor whose values lie in the CPU's memory in logical order: itself if so."""
    if tensor.is_cpu and tensor.is_contiguous() and not tensor.is_neg():
        return tensor
    return tensor.detach().cpu().resolve_neg().contiguous()


def _flat(tensor: torch.Tensor) -> NDArray[np.float32]:
    """Return the values in logical order: the tensor's own memory where that is possible."""
    return _on_cpu(tensor).detach().numpy().reshape(-1)


def _numbers(state_dict: dict[str, Any]) -> list[int]:
    """Return the numbers under which a state has its tensors, in the order of the update."""
    return [number for group in state_dict["param_groups"] for number in group["params"]]


def _difference(saved: Any, circuit: UpdateCircuit) -> str:
    """Return in words where a circuit differs from one written as JSON."""
    ours = json.loads(circuit.to_json())
    try:
        theirs = dict(json.loads(saved))
    except (TypeError, ValueError):
        return f"its description is {saved!r}"
    for key in {**theirs, **ours}:
        if theirs.get(key) != ours.get(key):
            return f"its {key} is {theirs.get(key)!r}, but the optimizer's is {ours.get(key)!r}"
    return f"its description is {saved!r}"


def learning_rate(group: dict[str, Any]) -> float:
    """Return the learning rate of a group.

    Raises
    ------
    TypeError
        If it is no number.
    """
    try:
        return float(group["lr"])
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"lr must be a number, not {group['lr']!r}") from None


def decay_shift(momentum: float) -> int:
    """Return the n of ``momentum = 1 - 2**-n``.

    Raises
    ------
    ValueError
        If there is no such n from 0 to 16.
    """
    for shift in range(17):
        if momentum == 1 - 2.0**-shift:
            return shift
    raise ValueError(
        f"momentum must be 1 - 2**-n with a whole n from 0 to 16, not {momentum!r}"
    )
