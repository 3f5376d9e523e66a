"""Base of the PyTorch optimizers that update parameters bit for bit as a circuit does."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.update.base import UpdateCircuit

from .checkpoint import check_state, tensor_numbers
from .gradient_scale import (
    INFINITY_BITS,
    Scale,
    automatic_offset,
    choose_exponent,
    count_finite_slices,
)
from .hyperparameters import learning_rate
from .step_batches import SliceBatch, TensorStep, cut_into_batches, map_batches
from .tensor_memory import (
    check_memory,
    check_tensor,
    flat_values,
    in_cpu_memory,
    storage_address,
)
from .word_coverage import warn_of_few_words

__all__ = ["CircuitOptimizer"]

# With fewer parameters, threads cost more time than they save.
MINIMUM_SIZE_FOR_THREADS = 1 << 20
# Approximate number of elements that all threads together process in one call of a kernel.
BATCH_SIZE = 1 << 22


class CircuitOptimizer(torch.optim.Optimizer):
    """Base of the optimizers whose every update is bit for bit that of a circuit.

    Every parameter is a register of the circuit, whose value is an integer number of units.
    The constructor rounds the given tensors to this grid, and updates keep them on it.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or parameter groups, as for any optimizer of torch. Tensors are
        dense float32 tensors on any device, and each appears once. A group may have its own
        `lr`, and its own `scale` if the circuit takes scaled gradients. Elements are updated
        in logical order for every memory format. Tensors on other devices are updated in CPU
        memory, so that the bits are the same.
    circuit : UpdateCircuit
        The circuit.
    lr : float
        See the class.
    scale : "auto", "auto+K", "auto-K" or int
        Exponent s of the gradients' scale: the circuit takes the gradients times 2^s. If
        gradients have k fraction bits, s is in -126..126 and s + k in -126..127, so that the
        power of two from gradients to codes is a float32 number. ``"auto"`` chooses an
        exponent for each tensor, see Notes, and ``"auto-2"`` one that is smaller by 2.
    scale_interval : int
        Number of steps between two checks of an automatic scale.
    **settings
        The attributes named in `SETTINGS`.

    Attributes
    ----------
    circuit : UpdateCircuit
    position : int
        Cycles since reset of the circuit's generators.
    steps : int
        Number of updates.
    scale_history : list of Scale
        Every automatic choice of a scale, in the order of the steps.

    Raises
    ------
    TypeError, ValueError
        If a tensor cannot be updated, its values are outside the range of the weights, or a
        parameter is out of range.

    Notes
    -----
    The automatic scale of a tensor makes the root mean square of its gradients about 1. It is
    chosen in the first step with a gradient other than 0, and checked every `scale_interval`
    steps. It is kept while the root mean square is between 1/2 and 2. Otherwise s becomes the
    integer that brings it into [1/sqrt(2), sqrt(2)). The sum of squares is computed with
    integers, and is therefore the same on every machine and for any number of threads. The
    size of an update does not depend on the size of the gradients, as in sign SGD, and `lr`
    has another meaning than in `torch.optim.SGD`.

    A step processes the tensors with gradients in the order of the groups. Each tensor starts
    in a new group of lanes. A gradient that is not finite raises a ValueError before anything
    is changed.

    Every step takes the same number of cycles. A parameter therefore meets every word of a
    generator only if this number and the generator's period have no common divisor. The first
    step warns if fewer than 64 words are left.

    **A subclass** sets in `_prepare`, from its circuit and settings, the attributes `unit`
    (the weight with the code 1), `rate_unit` (the learning rate with the rate 1),
    `gradient_unit` (the scaled gradient with the code 1) and `momentum_type` (the dtype in
    which momenta are stored), and defines `_update_batch`. It may also define `_begin_step`,
    `_count_finite`, and `momentum_codes` if momenta are not stored as their codes. If numbers
    are not multiples of a unit, it defines all that depends on units: `rate`,
    `gradient_codes`, `weight_codes`, `_check_lr`, `_check_values` and `_round_to_grid`.
    """

    # Whether gradients are scaled before they become codes.
    SCALED: ClassVar[bool] = True
    # Attributes beside the circuit that determine the bits. A checkpoint must have the same.
    SETTINGS: ClassVar[tuple[str, ...]] = ()
    # Bits, in float32, of the smallest magnitude of a gradient that counts as infinite.
    INFINITY_BITS: ClassVar[int] = INFINITY_BITS

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
        self._derive_constants()
        super().__init__(params, {"lr": lr, **({"scale": scale} if self.SCALED else {})})

    def _derive_constants(self) -> None:
        self._ports = {port.name: port for port in self.circuit.ports}
        self._prepare()
        self._gradient_bits = 1 - math.frexp(self.gradient_unit)[1]
        self._exponent_range = (
            max(-126, -126 - self._gradient_bits),
            min(126, 127 - self._gradient_bits),
        )
        self._momentum_dtype = torch.from_numpy(np.zeros(0, self.momentum_type)).dtype

    def _prepare(self) -> None:
        """Derive from the circuit and the settings what every step needs."""
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        names = ("circuit", *self.SETTINGS, "scale_interval", "position", "steps")
        attributes = {name: getattr(self, name) for name in (*names, "scale_history")}
        return {**super().__getstate__(), **attributes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "circuit" in state:
            self._derive_constants()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of tensors, and round them to the grid of the weights."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            self._check_lr(group)
            if self.SCALED and automatic_offset(group["scale"]) is None:
                group["scale"] = check_integer("scale", group["scale"], *self._exponent_range)
            seen: set[torch.Tensor] = set()
            for name, tensor, owner in self.tensors():
                if owner is group:
                    self._check_parameter(name, tensor)
                    if tensor in seen:
                        raise ValueError(
                            f"an optimizer takes each tensor once, but {name} is repeated"
                        )
                    seen.add(tensor)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise
        with torch.no_grad():
            for tensor in group["params"]:
                self._round_to_grid(tensor)

    def _check_lr(self, group: dict[str, Any]) -> None:
        if not self.rate(group) and group["lr"]:
            raise ValueError(
                f"lr must be 0 or at least half of {self.rate_unit}, which is rate 1, "
                f"not {group['lr']}"
            )

    def _check_parameter(self, name: str, tensor: torch.Tensor) -> None:
        optimizer = type(self).__name__
        if tensor.device.type == "meta" or tensor.layout is not torch.strided:
            raise TypeError(
                f"{optimizer} updates dense tensors that have values, but {name} is "
                f"{tensor.layout} on {tensor.device}"
            )
        if tensor.dtype != torch.float32:
            raise TypeError(f"{optimizer} updates float32, but {name} is {tensor.dtype}")
        check_memory(name, tensor)
        self._check_values(name, tensor.detach())

    def _check_values(self, name: str, values: torch.Tensor) -> None:
        low, high = (end * self.unit for end in self._ports["weight_in"].range)
        outside = values[~((values >= low) & (values <= high))]
        if outside.numel():
            raise ValueError(
                f"weights must be between {low} and {high}, but {name} holds "
                f"{outside[0].item()}"
            )

    def _round_to_grid(self, tensor: torch.Tensor) -> None:
        """Round a tensor's values in place to weights that the circuit can hold."""
        tensor.mul_(1 / self.unit).round_().mul_(self.unit)

    def tensors(self) -> Iterator[tuple[str, torch.Tensor, dict[str, Any]]]:
        """Yield name, tensor and group of every parameter, in the order of the update.

        Tensors without names are called ``"parameter 0"`` and so on.
        """
        number = 0
        for group in self.param_groups:
            names = group.get("param_names")
            for i, tensor in enumerate(group["params"]):
                yield (names[i] if names else f"parameter {number}"), tensor, group
                number += 1

    @property
    def rate_limit(self) -> int:
        """The largest value of the circuit's port `rate`."""
        return self._ports["rate"].range[1]

    def rate(self, group: dict[str, Any]) -> int:
        """Return the value of the circuit's port `rate` for a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative, not finite, or too large for the port.
        """
        lr = learning_rate(group)
        if not 0 <= lr / self.rate_unit < self.rate_limit + 0.5:
            largest = self.rate_limit * self.rate_unit
            raise ValueError(f"lr must be between 0 and {largest}, not {lr}")
        return round(lr / self.rate_unit)

    def scale_of(self, tensor: torch.Tensor) -> int | None:
        """Return the exponent of a tensor's gradients in its last step; None without one."""
        return self.state.get(tensor, {}).get("scale")

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's gradient with the scale of the last step, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        factor = np.float32(self._code_factor(self.scale_of(tensor)))
        codes = np.rint(flat_values(tensor.grad) * factor)
        return np.clip(codes, *self._ports["gradient"].range).astype(np.int32)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's momenta, flat; zeros before its first step."""
        if "momentum" not in self.state.get(tensor, {}):
            return np.zeros(tensor.numel(), np.int32)
        return self.state[tensor]["momentum"].numpy().reshape(-1).astype(np.int32)

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the codes of a tensor's weights, flat."""
        return np.rint(flat_values(tensor) / np.float32(self.unit)).astype(np.int32)

    def _code_factor(self, exponent: int | None) -> float:
        """Return the power of two from gradients to codes, a float32 number."""
        return 2.0 ** ((exponent or 0) + self._gradient_bits)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss.

        Raises
        ------
        TypeError, ValueError
            If a gradient is sparse or not finite. Nothing has been changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        rates = {id(group): self.rate(group) for group in self.param_groups}
        updated = [entry for entry in self.tensors() if entry[1].grad is not None]
        storages = {storage_address(tensor) for _, tensor, _ in updated}
        tensor_steps = [
            self._tensor_step(name, tensor, group, rates[id(group)], storages)
            for name, tensor, group in updated
        ]
        size = sum(tensor.numel() for _, tensor, _ in updated)
        threads = torch.get_num_threads() if size >= MINIMUM_SIZE_FOR_THREADS else 1
        batches = cut_into_batches(
            self.circuit, tensor_steps, self.position, BATCH_SIZE // threads
        )
        cycles = sum(batch.cycles for batch in batches)
        if self.position == 0 and tensor_steps:
            warn_of_few_words(self.circuit, cycles, stacklevel=4)
        self._begin_step(size)
        finite_counts = map_batches(self._count_finite, batches, threads)
        for batch, count in zip(batches, finite_counts, strict=True):
            if count < len(batch.names):
                raise ValueError(f"the gradient of {batch.names[count]} is not finite")
        map_batches(self._update_batch, batches, threads)
        for tensor_step in tensor_steps:
            self._store(tensor_step)
        self.position += cycles
        self.steps += 1
        return loss

    def _tensor_step(
        self,
        name: str,
        tensor: torch.Tensor,
        group: dict[str, Any],
        rate: int,
        storages: set[int],
    ) -> TensorStep:
        """Return what the update of a tensor needs, without changing anything."""
        gradient = tensor.grad
        assert gradient is not None
        if gradient.layout is not torch.strided:
            raise TypeError(
                f"{type(self).__name__} takes dense gradients, but that of {name} is sparse"
            )
        state = self.state.get(tensor, {})
        momentum = state.get("momentum")
        if momentum is None:
            momentum = torch.from_numpy(np.zeros(tensor.shape, self.momentum_type))
        # Kernels see only addresses, and the data may have been replaced since the last step.
        check_tensor(f"the values of {name}", tensor, torch.float32, tensor.shape)
        check_tensor(f"the gradient of {name}", gradient, torch.float32, tensor.shape)
        check_tensor(f"the momentum of {name}", momentum, self._momentum_dtype, tensor.shape)
        check_memory(name, tensor)
        gradient = in_cpu_memory(gradient)
        if storage_address(gradient) in storages:
            # A gradient may share memory with weights, as that of a sum of squares may. It
            # must not change during the update.
            gradient = gradient.clone()
        exponent = group["scale"] if self.SCALED else None
        offset = automatic_offset(exponent)
        if offset is not None:
            exponent = state.get("scale")
            if exponent is None or self.steps % self.scale_interval == 0:
                values = flat_values(gradient)
                exponent = choose_exponent(values, exponent, offset, self._exponent_range)
        elif self.SCALED:
            check_integer("scale", exponent, *self._exponent_range)
        return TensorStep(
            name=name,
            tensor=tensor,
            automatic=offset is not None,
            exponent=exponent,
            factor=self._code_factor(exponent),
            rate=rate,
            gradient=gradient,
            weight=in_cpu_memory(tensor),
            momentum=in_cpu_memory(momentum),
        )

    def _begin_step(self, size: int) -> None:
        """Prepare a step of `size` parameters."""

    def _count_finite(self, batch: SliceBatch) -> int:
        """Return the number of slices before a gradient that is not finite."""
        return count_finite_slices(batch.slices, np.int32(self.INFINITY_BITS))

    def _update_batch(self, batch: SliceBatch) -> None:
        """Update the momenta and weights of a batch in place; several threads call this."""
        raise NotImplementedError

    def _store(self, tensor_step: TensorStep) -> None:
        """Store what the update of a tensor has changed."""
        state, exponent = self.state[tensor_step.tensor], tensor_step.exponent
        state["momentum"] = tensor_step.momentum
        if tensor_step.automatic and exponent is not None and exponent != state.get("scale"):
            self.scale_history.append(Scale(self.steps, tensor_step.name, exponent))
        state["scale"] = exponent
        if tensor_step.weight is not tensor_step.tensor:
            tensor_step.tensor.copy_(tensor_step.weight)

    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to continue with the same bits.

        In addition to torch's entries: ``circuit`` (JSON), the settings by name,
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
        """Return the entries in which a checkpoint must be equal to this optimizer."""
        return {
            "circuit": self.circuit.to_json(),
            **{name: getattr(self, name) for name in self.SETTINGS},
            "tensors": [(name, tuple(tensor.shape)) for name, tensor, _ in self.tensors()],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the state of another optimizer of the same parameters.

        Raises
        ------
        ValueError
            If the state is of another circuit or of other tensors, or if an entry is missing.
            Nothing has been changed then.
        """
        check_state(
            type(self).__name__,
            state_dict,
            self._identity(),
            self.circuit,
            ("params", "lr", "scale") if self.SCALED else ("params", "lr"),
            self._momentum_dtype,
        )
        super().load_state_dict(state_dict)
        # torch has converted the momenta to floats on the device of the parameters.
        numbers = tensor_numbers(state_dict)
        for number, (_, tensor, _) in zip(numbers, self.tensors(), strict=True):
            if number in state_dict["state"]:
                momentum = state_dict["state"][number]["momentum"]
                momentum = momentum.detach().cpu().contiguous().clone()
                self.state[tensor]["momentum"] = momentum
        self.scale_interval = state_dict["scale_interval"]
        self.position = state_dict["position"]
        self.steps = state_dict["steps"]
        self.scale_history = [Scale(*scale) for scale in state_dict["scale_history"]]
